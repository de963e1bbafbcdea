"""One-time codes by SMS: possession of the phone that a number leads to."""
