"""Who takes part in a meeting: registered by their State, by the secretariat, and whether they were there."""
