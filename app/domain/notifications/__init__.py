"""Notifications by e-mail: their types and recipients, people's choice of categories, and delivery."""
