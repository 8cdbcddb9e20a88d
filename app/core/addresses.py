"""Addresses: the hosts that are this machine, and the names of databases for people, without role and password."""

from typing import Final
from urllib.parse import parse_qs, urlsplit

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Those that no other machine can reach: for them plain http and plain passwords are allowed."""


def format_database_name(url: str) -> str:
    """Format the address of a database as a name: host, port and database, each from the address or its query.

    Raises ValueError if the port is no number.
    """
    address = urlsplit("//" + url.partition("://")[2].rpartition("@")[2])
    query = parse_qs(address.query)
    hosts = [address.hostname or "", *query.get("host", ()), *query.get("hostaddr", ())]
    ports = [str(address.port or ""), *query.get("port", ())]
    place = ":".join(part for part in (*hosts, *ports) if part)
    return "/".join(part for part in (place, address.path.strip("/")) if part)
