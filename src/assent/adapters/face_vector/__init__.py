"""Faces as vectors, encrypted to a key of ours: an open format, for any model that makes them."""
