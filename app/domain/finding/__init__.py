"""Finding documents: lists by filter and order, full-text search, symbols in any spelling. Nothing changes by it."""
