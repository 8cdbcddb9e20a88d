"""Translations that are due: who translates what until when, how texts leave and come back."""
