"""Encrypted and signed bodies (RFC 7515, 7516): pure functions over keys, and the keys."""
