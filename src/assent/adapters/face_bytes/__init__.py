"""Faces for a sandbox: a face map matches its own octets and nothing else."""
