"""Preservation of the record: file fixity, verification of the whole record, backups and restores."""
