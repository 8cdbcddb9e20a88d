"""Sign-in as portal and read path share it: its steps, the pages of refusals, and the hint of a sign-out."""
