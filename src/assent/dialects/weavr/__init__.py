"""Weavr's Multi API: its authentication and identities, under /multi."""
