"""Passcodes: four to six digits the person chose, kept as a peppered argon2id hash."""
