"""The shell that all dialects share: from bytes to a caller and a shape, and back."""
