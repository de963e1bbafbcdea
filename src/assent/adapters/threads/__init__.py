"""Slow computations on threads, bounded."""
