"""Backups of the whole record, and their restoration (docs/backup.md)."""
