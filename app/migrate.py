"""Brings the database to head: schemas, tables, grants, and the two roles that everything else runs under.

Rights are granted to the group roles `cwg_portal` and `cwg_reader`; whoever the addresses name is made a member.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, NullPool, create_engine, make_url, text

HOME = Path(__file__).parent.parent
PORTAL, READER = "cwg_portal", "cwg_reader"
LOCK = 7_510_079  # one migrator at a time


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, from `pyproject.toml`."""
    made = Config(toml_file=HOME / "pyproject.toml")
    if connection is not None:
        made.attributes["connection"] = connection
    return made


def migrate(owner: str, portal: str, reader: str, *, to: str = "head") -> None:
    """Migrate as the owner, then let the users of the two addresses into their roles.

    The owner needs CREATEROLE, unless the roles are there already.
    """
    engine = create_engine(owner, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        for role in (PORTAL, READER):
            _make(connection, role)
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS portal"))
        connection.commit()
        if to == "head" or "+" in to:
            command.upgrade(config(connection), to)
        else:
            command.downgrade(config(connection), to)
        connection.commit()
        for address, role in ((portal, PORTAL), (reader, READER)):
            _let_in(connection, address, role)
        connection.commit()
    engine.dispose()


def _knows(connection: Connection, role: str, column: str) -> bool:
    asked = sql.SQL("SELECT {} FROM pg_roles WHERE rolname = {}").format(sql.SQL(column), sql.Literal(role))
    return bool(connection.exec_driver_sql(asked.as_string()).scalar())


def _make(connection: Connection, role: str) -> None:
    if not _knows(connection, role, "true"):
        _run(connection, sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))


def _let_in(connection: Connection, address: str, role: str) -> None:
    """Let the user of this address sign in, making it where it is not there, and make it a member of the role."""
    url = make_url(address)
    user = url.username or ""
    if not user or user == connection.engine.url.username:
        return
    _make(connection, user)
    if not _knows(connection, user, "rolcanlogin"):
        login = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
        _run(connection, login.format(sql.Identifier(user), sql.Literal(url.password and str(url.password))))
    if user != role and not _knows(connection, user, f"pg_has_role(oid, '{role}', 'MEMBER')"):
        _run(connection, sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(user)))


def _run(connection: Connection, statement: sql.Composable) -> None:
    connection.exec_driver_sql(statement.as_string())
