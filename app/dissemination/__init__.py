"""The read path: a separate process with its own database role, cookie and templates.

It cannot write to the database.
"""
