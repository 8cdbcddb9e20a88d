"""Reporting duties: organizations that report to a body under a clause, and the reports that are expected of them."""
