"""Names of databases for people: where one is, without role and password."""

from urllib.parse import parse_qs, urlsplit


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
