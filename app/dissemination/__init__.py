"""The read path: its own process, database role, cookie and templates. It cannot write."""
