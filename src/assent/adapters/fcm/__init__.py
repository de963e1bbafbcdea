"""Devices woken by Firebase Cloud Messaging."""
