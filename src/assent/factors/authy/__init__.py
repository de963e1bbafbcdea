"""The factor kind `authy`: a vendor's app on the person's phone."""
