"""Releases: copies of adopted outputs in schema `release`, and the signed catalogue of them."""
