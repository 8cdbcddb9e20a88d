"""The state of the house itself: what is measured of it, and what of that is reason for alarm."""
