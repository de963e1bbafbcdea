"""Device fingerprints: a text by which an app names its device, kept as a keyed hash."""
