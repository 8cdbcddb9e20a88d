"""Witness: a separate process, run by another organization, that cosigns checkpoints of ledgers and refuses forks."""
