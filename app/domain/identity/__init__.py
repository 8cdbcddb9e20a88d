"""People, who they are by their tokens, and their sessions."""
