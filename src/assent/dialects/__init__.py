"""One folder a way of speaking; unaware of each other."""
