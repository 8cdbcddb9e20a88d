"""The hosts of this machine, which no other can reach: for them plain http and plain passwords are allowed."""

from typing import Final

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
