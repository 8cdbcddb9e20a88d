"""Search for documents: filtered and sorted lists, full-text search, and symbols in any spelling. Read only."""
