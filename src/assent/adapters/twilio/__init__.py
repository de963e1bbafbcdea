"""Text messages, WhatsApp messages and calls through Twilio."""
