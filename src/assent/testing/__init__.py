"""What a test of Assent, or of a program that uses it, can lean on: time, chance, a database."""
