"""What became of documents, as far as an actor may see it: items, decisions, outputs, action points and what followed.

It has no tables: it reads what other packages store. A new kind of outcome is a class of `rules.outcomes` and an entry
of `queries.kinds`; how a page words it is in `app/web/views/documents/outcome_words.py`.
"""
