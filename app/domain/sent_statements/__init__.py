"""Liaison statements that bodies sent: whether their recipients have answered, and who is late."""
