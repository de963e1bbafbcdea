"""The SCA API's way of speaking: one-time tokens, PIN, face map, device fingerprints, phones."""
