"""The encoding of a database: a text may be in any script."""

import psycopg
from psycopg.rows import TupleRow


class EncodingUnfit(ValueError):
    """The database cannot hold the texts of every language."""

    def __init__(self, encoding: str | None) -> None:
        super().__init__(
            f"the encoding of the database is {encoding}, and has to be UTF8: create it with"
            " CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


def require_utf8(connection: "psycopg.Connection[TupleRow]") -> None:
    """Raise EncodingUnfit unless the database is in UTF-8."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise EncodingUnfit(encoding)
