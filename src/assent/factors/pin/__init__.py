"""PINs: four digits the person chose, kept as a peppered argon2id hash."""
