"""Decisions of a meeting, the positions that States put on record with them, and action points that follow from
them."""
