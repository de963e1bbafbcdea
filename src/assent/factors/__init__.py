"""The kinds of factor: one folder each, pure, unaware of each other."""
