"""The server's side of the secure frames: pages on an origin of their own, and what they send."""
