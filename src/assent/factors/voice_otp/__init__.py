"""One-time codes by telephone call: possession of the phone that a number leads to."""
