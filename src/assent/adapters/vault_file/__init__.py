"""A vault whose root keys lie in one file, kept apart from the database."""
