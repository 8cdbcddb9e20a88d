"""Full-text search in six languages: tokenizer, query parser and highlighter.

Knows neither what the texts are nor any table.
"""
