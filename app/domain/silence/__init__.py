"""Adoption by silence, what States say with a text, and the record of how it was adopted."""
