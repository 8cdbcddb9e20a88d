"""Resumable uploads: files sent in chunks, possibly over several days and devices."""
