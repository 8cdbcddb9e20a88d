"""Measurements of a small house, for comparing one day's code with another's on the same machine."""
