"""People, the claims that identify them, and their sessions."""
