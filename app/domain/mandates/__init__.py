"""Mandates: the resolutions, decisions and WSIS action lines under which the work is done, by version and clause."""
