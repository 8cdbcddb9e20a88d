"""Liaisons in words, for lists and pages."""
