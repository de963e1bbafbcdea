"""One-time codes by WhatsApp: possession of the phone that a number leads to."""
