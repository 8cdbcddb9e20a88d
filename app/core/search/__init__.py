"""Full-text search in the six languages: words of a text, what a person asks for, and passages that answer it.

Nothing here knows what the texts are, or reads a table.
"""
