"""Measurements of a small system, for comparing one day's code with another's on the same machine."""
