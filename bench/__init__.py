"""Benchmarks of a small installation, for comparing versions of the code on the same machine."""
