"""The report of a meeting, corrections that delegations request, comments, and action points of decisions."""
