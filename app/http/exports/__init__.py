"""Exports of lists and documents as files: CSV, PDF and ZIP."""
