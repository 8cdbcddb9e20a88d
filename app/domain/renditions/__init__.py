"""Renditions of a file for reading: a PDF, its text, a picture of its first page. They never replace the file."""
