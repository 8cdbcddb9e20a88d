"""The read path's own database: its schema and role, and the subscription that brings there what is released.

PostgreSQL's logical replication carries schema `release` from the portal's database (PostgreSQL manual, chapter 29). A
transaction arrives whole, in the order of the commits. The slot on the portal's side is made before the subscription:
within one cluster a subscription that makes its own would wait for its own transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from time import monotonic, sleep

import psycopg
from alembic import command
from psycopg import errors, sql
from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import OperationalError

from app.cli.migrate import (
    PROJECT_ROOT,
    READER_ROLE,
    alembic_config,
    create_role,
    execute_statement,
    grant_membership,
    require_done,
)
from app.core.db import to_libpq_address
from app.core.locks import AdvisoryLock, lock_until_connection_ends
from app.domain.preservation.models import RestoreHoldBase
from app.domain.releases.models import ReleaseBase
from app.http.restore_hold import PORTAL_RESTORED, RESTORE_HOLD_QUERY
from app.server.database_urls import SUBSCRIPTION

PUBLICATION = "cwg_release"
COPY_TIMEOUT = 600.0
"""Seconds for the first copy of all rows."""
PAUSE_TIMEOUT = 60.0
"""Seconds for the worker of the subscription to end, after the transaction that it is applying."""
EARLIER_PREFIX = f"{SUBSCRIPTION}_before_"
"""Of the names of subscriptions that a rebuild replaces."""
READER_CONNECTIONS = 60
"""Connections that the role of the read path may have at a time; each of its processes has four."""
DURABLE = "synchronous_commit = on"
"""Of a subscription: what readers see is on the disk. Otherwise it would be gone after a crash of the database, until
the portal's database has sent it again."""
FAILOVER_VERSION = 170_000
"""PostgreSQL from which a standby can have the slots of subscriptions too (manual, "Logical Replication Failover")."""
TABLES = [
    f"release.{table.name}"
    for base in (RestoreHoldBase, ReleaseBase)
    for table in reversed(base.metadata.sorted_tables)
]
"""All tables of the read path's database, those first that refer to others: what is copied, and the hold."""
RESTRICTIONS = (
    "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
    "REVOKE ALL ON pg_catalog.pg_stat_subscription FROM PUBLIC",
    "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_stat_get_subscription(oid) FROM PUBLIC",
)
"""The statistics of the subscription would show how much the portal writes at each moment."""
IS_RESTRICTED = """
    SELECT NOT has_database_privilege(:reader, current_database(), 'TEMPORARY')
        AND NOT has_table_privilege(:reader, 'pg_catalog.pg_stat_subscription', 'SELECT')
        AND NOT has_function_privilege(:reader, 'pg_catalog.pg_stat_get_subscription(oid)', 'EXECUTE')
"""
LIMITATION = "ALTER ROLE {reader} CONNECTION LIMIT {limit}"
"""Apart from the others, since all databases of a cluster have the role in common: it is changed once."""
IS_LIMITED = "SELECT rolconnlimit BETWEEN 0 AND :limit FROM pg_roles WHERE rolname = :reader"
IS_COPYING = "SELECT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r')"
IS_RUNNING = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type LIKE 'logical replication %worker')
"""
EARLIER_SUBSCRIPTIONS = """
    SELECT subname FROM pg_subscription d JOIN pg_database b ON b.oid = d.subdbid
    WHERE starts_with(subname, :prefix) AND b.datname = current_database()
"""


class NotPublished(Exception):
    """The portal's database has no publication yet: it has to be migrated first."""


def migrate_read_database(owner_url: str, reader_url: str, replication_url: str) -> bool:
    """Migrate the read path's database as its owner, and subscribe it to what is released; return whether it is
    subscribed.

    It is not while the portal's database has no publication: then run it again after `migrate`. The owner may create
    subscriptions. Idempotent; a new table of the publication is subscribed to, and a new address is taken over. Raises
    ValueError if the owner may not do something, or if the subscription cannot go on.
    """
    with _connect(owner_url) as connection:
        lock_until_connection_ends(connection, AdvisoryLock.MIGRATION)
        create_role(connection, READER_ROLE)
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS release"))
        connection.commit()
        configuration = alembic_config(connection)
        configuration.set_main_option("script_location", str(PROJECT_ROOT / "migrations" / "read"))
        command.upgrade(configuration, "head")
        connection.commit()
        grant_membership(connection, reader_url, READER_ROLE)
        connection.commit()
        _restrict_reader(connection, make_url(reader_url).username or READER_ROLE)
        connection.commit()
        with _connect(owner_url, isolation_level="AUTOCOMMIT") as subscriber:
            try:
                _subscribe_or_refresh(subscriber, replication_url)
            except NotPublished:
                return False
    return True


def rebuild_read_database(owner_url: str, replication_url: str) -> None:
    """Empty the read path's database and copy everything from the portal's database again. Lifts the hold.

    The rows are exchanged in one transaction: the read path sees the old ones until it, and none of the new ones until
    the copy is whole (`app.dissemination.release_watcher`). The subscription of before is dropped after it: a DROP
    that is rolled back would lose how far it had got, which is not part of the transaction, and it would receive again
    what it has. Interrupted, it is run again. Raises NotPublished; ValueError while the portal's database is held
    after a restore; TimeoutError.
    """
    with _connect(owner_url) as connection:
        lock_until_connection_ends(connection, AdvisoryLock.MIGRATION)
        old_slot = _find_slot(connection)
        connection.commit()
        _require_no_hold(replication_url)
        with _new_slot(replication_url) as slot, _paused_subscription(connection):
            _set_subscription_aside(connection, old_slot)
            for table in TABLES:  # not TRUNCATE: after it an older snapshot sees empty tables, and no hold
                connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - constants
            _create_subscription(connection, replication_url, slot)
            connection.commit()
        _drop_earlier_subscriptions(connection, replication_url)
        wait_until_copied(connection)


@contextmanager
def _paused_subscription(connection: Connection) -> Iterator[None]:
    """Stop the worker of the subscription, if there is one, so that nothing arrives; if the block fails, go on with it.

    Raises TimeoutError if the worker has not ended after `PAUSE_TIMEOUT` seconds.
    """
    if not _is_subscribed(connection):
        yield
        return
    connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} DISABLE")
    connection.commit()
    try:
        _wait_for(connection, IS_RUNNING, PAUSE_TIMEOUT, "the worker of the subscription does not end")
        yield
    except BaseException:
        connection.rollback()
        connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} ENABLE")
        connection.commit()
        raise


def _set_subscription_aside(connection: Connection, slot: str | None) -> None:
    """Take its slot from the subscription, if there is one, so that it is dropped without the portal, and name it after
    that."""
    if _is_subscribed(connection):
        for change in ("SET (slot_name = NONE)", f"RENAME TO {EARLIER_PREFIX}{slot or token_hex(4)}"):
            connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} {change}")


def _drop_earlier_subscriptions(connection: Connection, replication_url: str) -> None:
    """Drop the subscriptions that rebuilds have set aside, also one that was interrupted, each after its slot."""
    for name in connection.scalars(text(EARLIER_SUBSCRIPTIONS), {"prefix": EARLIER_PREFIX}).all():
        connection.commit()
        _drop_slot(replication_url, name.removeprefix(EARLIER_PREFIX))
        connection.exec_driver_sql(f"DROP SUBSCRIPTION {name}")
        connection.commit()


def hold_read_database(owner_url: str) -> bool:
    """Let the read path serve nothing until its database is rebuilt: the portal's was restored, and may know less.

    Returns False if there is nothing to hold, or the database does not answer.
    """
    try:
        with _connect(owner_url) as connection:
            if connection.scalar(text("SELECT to_regclass('release.hold')")) is None:
                return False
            connection.execute(
                text("INSERT INTO release.hold VALUES (1, now(), :doubt) ON CONFLICT DO NOTHING"),
                {"doubt": PORTAL_RESTORED},
            )
            connection.commit()
    except OperationalError:
        return False
    return True


def wait_until_copied(connection: Connection) -> None:
    """Wait until every table is copied. Raises TimeoutError after `COPY_TIMEOUT` seconds."""
    _wait_for(connection, IS_COPYING, COPY_TIMEOUT, "the rows are not copied yet")


def _wait_for(connection: Connection, obstacle: str, timeout: float, message: str) -> None:
    """Wait until a query finds nothing any more. Raises TimeoutError with the message after `timeout` seconds."""
    limit = monotonic() + timeout
    while connection.scalar(text(obstacle)):
        connection.commit()
        if monotonic() > limit:
            raise TimeoutError(f"{message}: look at the log of the read path's PostgreSQL")
        sleep(0.05)
    connection.commit()


@contextmanager
def _connect(url: str, *, isolation_level: IsolationLevel = "READ COMMITTED") -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, isolation_level=isolation_level)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _connect_to_portal(replication_url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Connect to the portal's database as the subscription does, in autocommit."""
    return psycopg.connect(to_libpq_address(replication_url), autocommit=True, connect_timeout=5)


def _restrict_reader(connection: Connection, reader: str) -> None:
    """Keep the role of the read path from temporary tables, from many connections, and from statistics of the portal.

    Raises ValueError with what an administrator has to run, if the owner may not.
    """
    names = {
        "database": sql.Identifier(connection.scalar(text("SELECT current_database()")) or ""),
        "reader": sql.Identifier(reader),
        "limit": sql.Literal(READER_CONNECTIONS),
    }
    parameters = {"reader": reader, "limit": READER_CONNECTIONS}
    require_done(connection, [sql.SQL(each).format(**names) for each in RESTRICTIONS], IS_RESTRICTED, parameters)
    require_done(connection, [sql.SQL(LIMITATION).format(**names)], IS_LIMITED, parameters)


def _subscribe_or_refresh(connection: Connection, replication_url: str) -> None:
    """Create the subscription, or bring the one that there is up to date.

    Raises NotPublished; ValueError if the portal's database dropped the slot of the subscription.
    """
    if not _is_subscribed(connection):
        with _new_slot(replication_url) as slot:
            _create_subscription(connection, replication_url, slot)
    else:
        _require_slot(replication_url, _find_slot(connection))
        _keep_slot_on_standbys(connection, replication_url)
        address = sql.Literal(to_libpq_address(replication_url))
        execute_statement(
            connection, sql.SQL("ALTER SUBSCRIPTION {} CONNECTION {}").format(sql.Identifier(SUBSCRIPTION), address)
        )
        for change in (f"SET ({DURABLE})", "ENABLE", "REFRESH PUBLICATION"):
            connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} {change}")
    wait_until_copied(connection)


def _select_subscription(columns: str) -> str:
    return (
        f"SELECT {columns} FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"  # noqa: S608 - constants
        f" WHERE subname = '{SUBSCRIPTION}' AND datname = current_database()"
    )


def _is_subscribed(connection: Connection) -> bool:
    """Return whether there is a subscription, with a slot or without."""
    return connection.scalar(text(_select_subscription("1"))) is not None


def _find_slot(connection: Connection) -> str | None:
    """Find the slot of the subscription; None if there is none."""
    slot: str | None = connection.scalar(text(_select_subscription("subslotname")))
    return slot


def _require_no_hold(replication_url: str) -> None:
    """Raise ValueError while the portal's database is held after a restore: it is not served, nor is a copy of it."""
    with _connect_to_portal(replication_url) as publisher:
        if publisher.execute(RESTORE_HOLD_QUERY).fetchone() is not None:
            raise ValueError("the portal's database was restored and is in doubt: run `python -m app reopen` first")


def _require_slot(replication_url: str, slot: str | None) -> None:
    """Raise ValueError if the portal's database does not keep what the subscription has not taken yet."""
    query = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND wal_status IS DISTINCT FROM 'lost'"
    with _connect_to_portal(replication_url) as publisher:
        if publisher.execute(query, [slot]).fetchone() is None:
            raise ValueError("the portal's database does not know this one any more: run `python -m app rebuild-read`")


def _can_fail_over(connection: Connection, replication_url: str) -> bool:
    """Return whether both servers know slots that a standby of the portal's database has too."""
    if int(connection.scalar(text("SHOW server_version_num")) or 0) < FAILOVER_VERSION:
        return False
    with _connect_to_portal(replication_url) as publisher:
        return publisher.info.server_version >= FAILOVER_VERSION


def _keep_slot_on_standbys(connection: Connection, replication_url: str) -> None:
    """Let standbys of the portal's database have the slot of a subscription that was made before that was possible."""
    if not _can_fail_over(connection, replication_url):
        return
    if not connection.scalar(text(_select_subscription("subfailover"))):
        with _paused_subscription(connection):
            connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} SET (failover = true)")


@contextmanager
def _new_slot(replication_url: str) -> Iterator[str]:
    """Create a slot on the portal's side, and on its standbys; it is dropped again if the subscription is not made.
    Raises NotPublished."""
    slot = f"{SUBSCRIPTION}_{token_hex(4)}"
    with _connect_to_portal(replication_url) as publisher:
        if publisher.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [PUBLICATION]).fetchone() is None:
            raise NotPublished
        standbys = ", failover => true" if publisher.info.server_version >= FAILOVER_VERSION else ""
        publisher.execute(f"SELECT pg_create_logical_replication_slot(%s, 'pgoutput'{standbys})".encode(), [slot])
    try:
        yield slot
    except BaseException:
        _drop_slot(replication_url, slot)
        raise


def _drop_slot(replication_url: str, slot: str) -> None:
    """Drop a slot on the portal's side, if it is there: a restored database has none.

    Raises TimeoutError if it is still in use after ten seconds.
    """
    with _connect_to_portal(replication_url) as publisher:
        for _attempt in range(100):
            try:
                publisher.execute("SELECT pg_drop_replication_slot(%s)", [slot])
            except errors.ObjectInUse:  # the worker of the subscription that was dropped is about to end
                sleep(0.1)
                continue
            except errors.UndefinedObject:
                pass
            return
    raise TimeoutError(f"the slot {slot} of the portal's database is still in use: drop it, or its log grows")


def _create_subscription(connection: Connection, replication_url: str, slot: str) -> None:
    """Subscribe to the publication: copies all rows that there are, and then each transaction.

    Without `failover` here PostgreSQL would take it from the slot again.
    """
    standbys = ", failover = true" if _can_fail_over(connection, replication_url) else ""
    statement = sql.SQL(
        "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {}"
        f" WITH (create_slot = false, slot_name = {{}}, {DURABLE}{standbys})"
    )
    names = (sql.Identifier(SUBSCRIPTION), sql.Literal(to_libpq_address(replication_url)), sql.Identifier(PUBLICATION))
    execute_statement(connection, statement.format(*names, sql.Literal(slot)))
