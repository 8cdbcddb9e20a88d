"""Organizations: members of ITU that are no States, units of ITU, and other organizations that it works with.

A party is a State, a body or an organization; this register knows the organizations, each by its code.
"""
