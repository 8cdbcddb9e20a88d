"""Assign translations that are due, and receive many of them at once."""
