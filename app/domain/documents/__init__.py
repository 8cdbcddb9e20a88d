"""Registered documents: series, symbols, language versions and the digests of their files."""
