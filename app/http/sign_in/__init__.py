"""Sign-in as portal and read path share it: its steps, and the pages of refusals."""
