"""Balances and payments: what is bound to an approval, and what a statement says."""
