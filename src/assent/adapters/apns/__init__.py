"""Devices woken by the Apple Push Notification service."""
