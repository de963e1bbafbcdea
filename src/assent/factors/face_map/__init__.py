"""Face maps: what a face looks like, as a matcher reads it."""
