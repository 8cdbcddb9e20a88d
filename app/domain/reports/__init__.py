"""The report of a meeting, corrections that delegations request, and action points of decisions."""
