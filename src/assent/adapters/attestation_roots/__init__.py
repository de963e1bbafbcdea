"""The roots that attestation statements must lead to."""
