"""Whether an address can be reached at all."""
