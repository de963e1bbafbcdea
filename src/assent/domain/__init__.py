"""The rules: pure, synchronous, without input or output."""
