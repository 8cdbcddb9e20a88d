"""Settings of the sessions of the database, sent as the first statement of each connection.

They are no options of the connection, since a pooler in front of the database (PgBouncer) refuses those. Each
connection has to have a session of its own: `require_session_per_connection` is called before a process begins.
"""

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType
from typing import Final

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

IN_UTC: Final[Mapping[str, str]] = MappingProxyType({"TimeZone": "UTC"})
"""In which zone instants are written."""
IN_PORTAL: Final[Mapping[str, str]] = MappingProxyType({"search_path": "portal,jobs", **IN_UTC})
"""Where names without a schema are looked up as well."""
# A generic plan would read the whole archive for one page or one rare word: each statement is planned for its own
# values. No parallel workers, since other requests need the processors too; nothing is compiled for one execution.
PLANNER: Final[Mapping[str, str]] = MappingProxyType(
    {"plan_cache_mode": "force_custom_plan", "max_parallel_workers_per_gather": "0", "jit": "off"}
)
PLAN_SETTING: Final = "plan_cache_mode"
PLANNER_UNTIL_SIGNED_IN: Final[Mapping[str, str]] = MappingProxyType({**PLANNER, PLAN_SETTING: "auto"})
"""For pages: who is signed in is found by one and the same plan, which takes a third of the time. That statement sets
what is in `PLANNER` for the others of its transaction (`app.core.db.build_row_security_columns`)."""
COMPARISONS: Final = 10
"""How often two connections are compared. A pooler gives the session that was returned last, or one after the other."""


class SessionsShared(ValueError):
    """A pooler gives one session of the database to several connections."""

    def __init__(self) -> None:
        super().__init__(
            "the address of the database leads to a pooler that lends a session for one transaction, so that limits and"
            " locks of one process would be those of another: let it pool whole sessions (PgBouncer: pool_mode ="
            " session), or give the address of PostgreSQL itself"
        )


def apply_session_settings(connection: "psycopg.Connection[TupleRow]", settings: Mapping[str, str]) -> None:
    """Set these for the life of the connection, which is in no transaction afterwards. Raises psycopg.Error."""
    connection.autocommit = True
    connection.execute(_build_statement(settings))
    connection.autocommit = False


async def apply_session_settings_async(
    connection: "psycopg.AsyncConnection[TupleRow]", settings: Mapping[str, str]
) -> None:
    """Do the same for a connection of the job queue, which stays in autocommit if it was. Raises psycopg.Error."""
    was_autocommit = connection.autocommit
    await connection.set_autocommit(True)
    await connection.execute(_build_statement(settings))
    await connection.set_autocommit(was_autocommit)


def _build_statement(settings: Mapping[str, str]) -> sql.Composed:
    """Build one statement that sets all, whatever may be an option of a connection too."""
    calls = (
        sql.SQL("set_config({}, {}, false)").format(sql.Literal(name), sql.Literal(value))
        for name, value in settings.items()
    )
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls))


def require_session_per_connection(address: str) -> None:
    """Raise SessionsShared if two open connections were seen in one session of the database, or one in two.

    `address` is one that psycopg understands. Raises psycopg.OperationalError if the database does not answer.
    """
    with _connect(address) as one, _connect(address) as other:
        seen = [_find_session(each) for _, each in product(range(COMPARISONS), (one, other))]
    if len(set(seen[::2])) > 1 or len(set(seen[1::2])) > 1 or seen[0] == seen[1]:
        raise SessionsShared


def _connect(address: str) -> "psycopg.Connection[TupleRow]":
    return psycopg.connect(address, autocommit=True, connect_timeout=5, application_name="cwg-opening")


def _find_session(connection: "psycopg.Connection[TupleRow]") -> object:
    """Find which process of PostgreSQL serves the connection now."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row and row[0]
