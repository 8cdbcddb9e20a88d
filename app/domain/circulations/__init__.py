"""Versions of a draft that were circulated to the delegations, and what States say of them before it is adopted."""
