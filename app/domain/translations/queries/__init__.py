"""Translations that are due in bodies where the actor is a secretary, and files received for them."""
