"""Queries on the audit trail."""
