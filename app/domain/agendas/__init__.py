"""The agenda of a meeting: the chair's draft, its releases, and the items that delegations propose for it."""
