"""Proposals of one secretary that another confirms: a new body, the first secretary of one, or the end of one."""
