"""The dockets of pages: what is asked of the reader, or of whom else, by when, and what follows."""
