"""The witness: a process of its own, run by somebody else, that cosigns the heads of ledgers and refuses forks."""
