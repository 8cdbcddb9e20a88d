"""The report of a meeting, corrections that delegations ask for, and what has to be done because of decisions."""
