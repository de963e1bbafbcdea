"""The factor kind `device_key`."""
