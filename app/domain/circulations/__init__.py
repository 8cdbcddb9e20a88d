"""Circulations: versions of a draft sent to the delegations, and comments of States on them before the adoption."""
