"""Migrates the portal's database to the newest revision: schemas, tables, grants, and the group roles; then notes the
rows that were there before their table was recorded.

Rights are granted to the group roles `cwg_portal`, `cwg_worker`, `cwg_reader` and `cwg_replica`; the users of the
addresses become members. The worker's role is a member of the portal's. If the read path has a database of its own, its
role gets nothing in this one.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, InternalError, ProgrammingError

from app.core import journal
from app.core.db import CONNECT_TIMEOUT, to_libpq_address
from app.core.locks import AdvisoryLock, lock_until_commit, lock_until_connection_ends
from app.domain.preservation.events import RecordInventoried
from app.server.database_urls import REPLICA_ROLE

PROJECT_ROOT = Path(__file__).parents[2]
PORTAL_ROLE, WORKER_ROLE, READER_ROLE = "cwg_portal", "cwg_worker", "cwg_reader"
ROWS_PER_LINE = 20_000
"""Rows that an inventory notes in one transaction, for which others wait that write to the journal."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Build Alembic's configuration from `pyproject.toml`, bound to `connection` if one is given."""
    configuration = Config(toml_file=PROJECT_ROOT / "pyproject.toml")
    if connection is not None:
        configuration.attributes["connection"] = connection
    return configuration


def migrate(
    owner_url: str,
    portal_url: str,
    worker_url: str,
    reader_url: str,
    replication_url: str | None = None,
    *,
    revision: str = "head",
) -> None:
    """Migrate as the owner to a revision, then make the users of the other addresses members of their roles.

    `reader_url` may lead to another database; `replication_url` is how that one reaches this one.

    A revision that is neither `head` nor relative (`+1`) is a downgrade. The owner needs CREATEROLE unless the roles
    exist.
    """
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        lock_until_connection_ends(connection, AdvisoryLock.MIGRATION)
        for role in (PORTAL_ROLE, WORKER_ROLE, READER_ROLE, REPLICA_ROLE):
            create_role(connection, role)
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS portal"))
        connection.commit()
        if revision == "head" or "+" in revision:
            command.upgrade(alembic_config(connection), revision)
        else:
            command.downgrade(alembic_config(connection), revision)
        connection.commit()
        if connection.scalar(text("SELECT to_regclass('portal.recorded_table')")) is not None:
            take_inventory(connection)
        _grant_role(connection, PORTAL_ROLE, WORKER_ROLE)
        for address, role in ((portal_url, PORTAL_ROLE), (worker_url, WORKER_ROLE), (replication_url, REPLICA_ROLE)):
            if address:
                grant_membership(connection, address, role)
        if replication_url:
            _let_replicate(connection, make_url(replication_url).username or REPLICA_ROLE)
        _forbid_temporary_tables(connection)
        if replication_url and not is_same_database(reader_url, owner_url):
            close_to_reader(connection)
        else:
            grant_membership(connection, reader_url, READER_ROLE)
        connection.commit()
    engine.dispose()


def take_inventory(connection: Connection) -> None:
    """Record the rows that were there before their table was recorded (`app.core.row_digests`), while others write."""
    waiting = text("SELECT relation FROM portal.recorded_table WHERE NOT is_inventoried ORDER BY relation")
    while relations := connection.scalars(waiting).all():
        take_part_of_inventory(connection, relations)
        connection.commit()


def take_part_of_inventory(connection: Connection, relations: Sequence[str]) -> None:
    """Note at most `ROWS_PER_LINE` rows of these tables, and write the line that records them.

    The lock of the journal is taken before they are read, so that no other changes a row between its note and the line.
    """
    lock_until_commit(connection, AdvisoryLock.JOURNAL)
    note, rows = text("SELECT portal.take_inventory(:relation, :bound)"), 0
    for relation in relations:
        rows += connection.execute(note, {"relation": relation, "bound": ROWS_PER_LINE - rows}).scalar_one()
        if rows == ROWS_PER_LINE:
            break
    if rows:
        journal.write_line(connection, RecordInventoried(rows))


def _let_replicate(connection: Connection, user: str) -> None:
    """Give a role the attribute that replication needs. Raises ValueError if the owner may not give it."""
    statement = sql.SQL("ALTER ROLE {} REPLICATION").format(sql.Identifier(user))
    question = "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = :user"
    require_done(connection, [statement], question, {"user": user})


def is_same_database(one_url: str, other_url: str) -> bool:
    """Return whether two addresses lead to a database of one name on one server, as far as the addresses tell."""
    one, other = make_url(one_url), make_url(other_url)
    place = [(url.host, url.port or 5432, url.query.get("host"), url.database) for url in (one, other)]
    return place[0] == place[1]


def close_to_reader(connection: Connection) -> None:
    """Take all rights in the portal's database from the role of the read path, which has one of its own.

    Raises ValueError with what an administrator has to run, if this role does not own the database.
    """
    database = sql.Identifier(connection.scalar(text("SELECT current_database()")) or "")
    reader = sql.Identifier(READER_ROLE)
    for statement in (
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA release FROM {}").format(reader),
        sql.SQL("REVOKE ALL ON SCHEMA release FROM {}").format(reader),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA reading FROM {}").format(reader),
        sql.SQL("REVOKE ALL ON SCHEMA reading FROM {}").format(reader),
        *(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(role))
            for role in (PORTAL_ROLE, WORKER_ROLE, REPLICA_ROLE)
        ),
    ):
        execute_statement(connection, statement)
    statement = sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database)
    question = "SELECT NOT has_database_privilege(:reader, current_database(), 'CONNECT')"
    require_done(connection, [statement], question, {"reader": READER_ROLE})


def _forbid_temporary_tables(connection: Connection) -> None:
    """Let the roles of portal and worker make nothing of their own in the database: no code of one runs as another."""
    database = sql.Identifier(connection.scalar(text("SELECT current_database()")) or "")
    statement = sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database)
    question = "SELECT NOT has_database_privilege(:role, current_database(), 'TEMPORARY')"
    require_done(connection, [statement], question, {"role": PORTAL_ROLE})


def _role_has(connection: Connection, role: str, expression: str) -> bool:
    """Return whether the column (or SQL expression) is true for this role; false for a role that does not exist."""
    query = sql.SQL("SELECT {} FROM pg_roles WHERE rolname = {}").format(sql.SQL(expression), sql.Literal(role))
    return bool(connection.exec_driver_sql(query.as_string()).scalar())


def create_role(connection: Connection, role: str) -> None:
    """Create the role if it does not exist."""
    if not _role_has(connection, role, "true"):
        execute_statement(connection, sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))


def grant_membership(connection: Connection, address: str, role: str) -> None:
    """Create the user of this address if it is missing, let it log in with its password, and make it a member of the
    role. Raises ValueError if it has another password, which the owner may not change."""
    url = make_url(address)
    user = url.username or ""
    if not user or user == connection.engine.url.username:
        return
    create_role(connection, user)
    password = sql.SQL("PASSWORD {}").format(sql.Literal(url.password and str(url.password)))
    alter = sql.SQL("ALTER ROLE {} ").format(sql.Identifier(user))
    if not _role_has(connection, user, "rolcanlogin"):
        execute_statement(connection, alter + sql.SQL("LOGIN ") + password)
    elif _is_password_refused(address):
        _replace_password(connection, user, alter + password)
    if user != role:
        _grant_role(connection, role, user)


def _is_password_refused(address: str) -> bool:
    """Return whether the database refuses the password of an address. The error of a connection has no SQLSTATE."""
    try:
        psycopg.connect(to_libpq_address(address), connect_timeout=CONNECT_TIMEOUT).close()
    except psycopg.OperationalError as error:
        return "password authentication failed" in str(error)
    return False


def _replace_password(connection: Connection, user: str, statement: sql.Composable) -> None:
    """Give a role the password of its address. Raises ValueError, without it, if the owner may not."""
    try:
        with connection.begin_nested():
            execute_statement(connection, statement)
    except ProgrammingError as error:
        raise ValueError(
            f"the password of {user} is another one than in its address: let an administrator of PostgreSQL change it"
        ) from error


def _grant_role(connection: Connection, role: str, member: str) -> None:
    """Make a role a member of another one, unless it is one already."""
    if not _role_has(connection, member, f"pg_has_role(oid, '{role}', 'MEMBER')"):
        execute_statement(connection, sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member)))


def execute_statement(connection: Connection, statement: sql.Composable) -> None:
    """Execute a statement that takes no parameters. An error does not show it: it may contain a password."""
    try:
        connection.exec_driver_sql(statement.as_string().replace("%", "%%"))
    except DBAPIError as error:
        error.statement = None
        raise


def require_done(
    connection: Connection, statements: Sequence[sql.Composable], question: str, parameters: Mapping[str, object]
) -> None:
    """Execute these statements unless the question is answered with yes already.

    Raises ValueError with the statements, if this role may not: PostgreSQL refuses some, and of others only warns. It
    refuses too what another connection does at the same time to a role: then that has done it.
    """
    if connection.scalar(text(question), parameters):
        return
    with suppress(ProgrammingError, InternalError), connection.begin_nested():
        for statement in statements:
            execute_statement(connection, statement)
    if not connection.scalar(text(question), parameters):
        raise ValueError(
            "let an administrator of PostgreSQL run: " + "; ".join(each.as_string() for each in statements)
        )
