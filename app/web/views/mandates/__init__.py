"""Mandates, clauses and action lines as one reader sees them."""
