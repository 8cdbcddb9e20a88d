"""Letters: what is told to whom by mail, which of them people want, and what became of each."""
