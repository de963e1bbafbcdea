"""One file a group of operations."""
