"""What is made of a file for reading: a PDF, its text, a picture of its first page. Never a replacement for it."""
