"""One folder an outside thing; unaware of each other."""
