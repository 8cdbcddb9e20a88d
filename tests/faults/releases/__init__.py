"""Releases while worker, databases, replication and read path are killed: whole or not at all, and never early."""
