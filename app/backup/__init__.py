"""Copies of the whole record, and their coming back (docs/backup.md)."""
