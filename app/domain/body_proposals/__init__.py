"""Proposals of one secretary that another confirms: a new body, its first secretary, a change, or the end."""
