"""Assent: a self-hosted Strong Customer Authentication server."""
