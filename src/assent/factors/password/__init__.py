"""Passwords: a secret the person chose, kept as a peppered argon2id hash."""
