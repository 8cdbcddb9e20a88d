"""Liaison statements that programs of organizations send each other, as docs/liaisons.md describes it."""
