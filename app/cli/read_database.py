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

from app.cli.migrate import PROJECT_ROOT, READER_ROLE, alembic_config, create_role, grant_membership
from app.core.db import to_libpq_address
from app.core.locks import AdvisoryLock, lock_until_connection_ends
from app.domain.preservation.models import RestoreHoldBase
from app.domain.releases.models import ReleaseBase
from app.http.restore_hold import PORTAL_RESTORED

PUBLICATION = SUBSCRIPTION = "cwg_release"
COPY_TIMEOUT = 600.0
"""Seconds for the first copy of all rows."""
READER_CONNECTIONS = 60
"""Connections that the role of the read path may have at a time; each of its processes has three."""
TABLES = sorted(
    f"release.{table.name}" for base in (ReleaseBase, RestoreHoldBase) for table in base.metadata.sorted_tables
)
"""All tables of the read path's database: what is copied, and the hold."""


class NotPublished(Exception):
    """The portal's database has no publication yet: it has to be migrated first."""


def migrate_read_database(owner_url: str, reader_url: str, replication_url: str) -> bool:
    """Migrate the read path's database as its owner, and subscribe it to what is released; return whether it is
    subscribed.

    It is not while the portal's database has no publication: then run it again after `migrate`. The owner may create
    subscriptions. Idempotent; a new table of the publication is subscribed to, and a new address is taken over.
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

    One transaction: the read path sees the old rows until it, and none of the new ones until the copy is whole
    (`app.dissemination.release_watcher`). Raises NotPublished.
    """
    with _connect(owner_url) as connection:
        lock_until_connection_ends(connection, AdvisoryLock.MIGRATION)
        old_slot = _find_slot(connection)
        connection.commit()
        slot = _create_slot(replication_url)
        if old_slot is not None:
            for change in ("DISABLE", "SET (slot_name = NONE)"):
                connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} {change}")
            connection.exec_driver_sql(f"DROP SUBSCRIPTION {SUBSCRIPTION}")
        connection.exec_driver_sql(f"TRUNCATE {', '.join(TABLES)}")
        _create_subscription(connection, replication_url, slot)
        connection.commit()
        if old_slot:
            _drop_slot(replication_url, old_slot)
        wait_until_copied(connection)


def hold_read_database(owner_url: str) -> None:
    """Let the read path serve nothing until its database is rebuilt: the portal's was restored, and may know less."""
    with _connect(owner_url) as connection:
        connection.execute(
            text("INSERT INTO release.hold VALUES (1, now(), :doubt) ON CONFLICT DO NOTHING"),
            {"doubt": PORTAL_RESTORED},
        )
        connection.commit()


def wait_until_copied(connection: Connection) -> None:
    """Wait until every table is copied. Raises TimeoutError after `COPY_TIMEOUT` seconds."""
    limit = monotonic() + COPY_TIMEOUT
    while connection.scalar(text("SELECT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r')")):
        connection.commit()
        if monotonic() > limit:
            raise TimeoutError("the rows are not copied yet: look at the log of the read path's PostgreSQL")
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


def _restrict_reader(connection: Connection, user: str) -> None:
    """Let the role of the read path fill neither the disk nor the connections of its database."""
    database = sql.Identifier(connection.scalar(text("SELECT current_database()")) or "")
    for statement in (
        sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(sql.Identifier(user), sql.Literal(READER_CONNECTIONS)),
    ):
        connection.exec_driver_sql(statement.as_string())


def _subscribe_or_refresh(connection: Connection, replication_url: str) -> None:
    """Create the subscription, or bring the one that there is up to date. Raises NotPublished."""
    if _find_slot(connection) is None:
        _create_subscription(connection, replication_url, _create_slot(replication_url))
    else:
        address = sql.Literal(to_libpq_address(replication_url)).as_string()
        connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} CONNECTION {address}".replace("%", "%%"))
        connection.exec_driver_sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} REFRESH PUBLICATION")
    wait_until_copied(connection)


def _find_slot(connection: Connection) -> str | None:
    """Find the slot of the subscription; None if there is no subscription."""
    query = "SELECT subslotname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE subname = :name"
    slot: str | None = connection.scalar(text(f"{query} AND datname = current_database()"), {"name": SUBSCRIPTION})
    return slot


def _create_slot(replication_url: str) -> str:
    """Create a slot on the portal's side and return its name. Raises NotPublished."""
    slot = f"{SUBSCRIPTION}_{token_hex(4)}"
    with psycopg.connect(to_libpq_address(replication_url), autocommit=True, connect_timeout=5) as publisher:
        if publisher.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [PUBLICATION]).fetchone() is None:
            raise NotPublished
        publisher.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [slot])
    return slot


def _drop_slot(replication_url: str, slot: str) -> None:
    """Drop a slot on the portal's side, if it is there: a restored database has none."""
    with psycopg.connect(to_libpq_address(replication_url), autocommit=True, connect_timeout=5) as publisher:
        for _attempt in range(100):
            try:
                publisher.execute("SELECT pg_drop_replication_slot(%s)", [slot])
            except errors.ObjectInUse:  # the worker of the subscription that was dropped is about to end
                sleep(0.1)
                continue
            except errors.UndefinedObject:
                pass
            return


def _create_subscription(connection: Connection, replication_url: str, slot: str) -> None:
    """Subscribe to the publication: copies all rows that there are, and then each transaction."""
    statement = sql.SQL(
        "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (create_slot = false, slot_name = {})"
    ).format(
        sql.Identifier(SUBSCRIPTION),
        sql.Literal(to_libpq_address(replication_url)),
        sql.Identifier(PUBLICATION),
        sql.Literal(slot),
    )
    connection.exec_driver_sql(statement.as_string().replace("%", "%%"))
