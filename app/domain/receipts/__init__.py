"""Receipts: what the house signs when it has taken something in, so that nobody has to believe it later."""
