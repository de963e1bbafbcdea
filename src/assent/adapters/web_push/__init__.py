"""Devices woken by Web Push: browsers, and whatever else speaks it."""
