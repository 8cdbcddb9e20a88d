"""Verdicts of the virus scanner on files, by digest. A file that was never scanned has no row."""
