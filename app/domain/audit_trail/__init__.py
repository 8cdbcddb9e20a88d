"""The audit trail: what happened in a body, journal line by line, each with its proof."""
