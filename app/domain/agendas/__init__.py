"""The agenda of a meeting: the chair's draft, the versions released from it, and what delegations propose for it."""
