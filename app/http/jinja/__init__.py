"""Jinja as the pages use it: one environment for each language, with compiled templates that all share."""
