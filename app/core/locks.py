"""Advisory locks of PostgreSQL: every number is here, and each kind of lock is taken by one function.

Old and new processes run side by side, so a number never changes and is never used again.
"""

from enum import IntEnum
from hashlib import sha256

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Connection, func, select

from app.core.db import WriteSession


class AdvisoryLock(IntEnum):
    """What is done by one transaction or process at a time."""

    JOURNAL = 7_510_075
    """Write lines of the journal: numbers have no gaps."""
    BULK_REGISTRATION = 7_510_076
    """Register several contributions: each may lock several counters, in any order."""
    LEDGER = 7_510_077
    """Extend the ledger and sign its heads."""
    CATALOGUE = 7_510_078
    """Add manifests, each naming the one before, or remove released files."""
    MIGRATION = 7_510_079
    """Migrate the database."""
    FILE_REMOVAL = 7_510_080
    """Remove files: exclusive for the jobs that do, shared by backups."""
    PROVIDER_SESSION = 7_510_081
    """Begin or end sessions under one session of the identity provider; taken by name."""
    STATE_DECISION = 7_510_082
    """Decide for one State in one body, set who decides, or accredit its head of delegation; taken by name."""
    PUBLIC_DUTIES = 7_510_083
    """Copy the reporting duties that are public to the read path."""


def lock_until_commit(session: WriteSession | Connection, lock: AdvisoryLock) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(lock.value)))


def lock_name_until_commit(session: WriteSession, lock: AdvisoryLock, name: str) -> None:
    """Wait for the lock of this kind for a name, and hold it until the transaction ends."""
    digest = int.from_bytes(sha256(name.encode()).digest()[:4], signed=True)  # two names that share it wait in vain
    session.execute(select(func.pg_advisory_xact_lock(lock.value, digest)))


def try_lock_until_commit(session: WriteSession, lock: AdvisoryLock) -> bool:
    """Take the lock until the transaction ends, and return False at once if another holds it."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(lock.value))))


def lock_until_connection_ends(connection: Connection, lock: AdvisoryLock) -> None:
    """Wait for the lock and hold it over all transactions until the connection ends."""
    connection.execute(select(func.pg_advisory_lock(lock.value)))


def share_lock_until_connection_ends(connection: psycopg.Connection[TupleRow], lock: AdvisoryLock) -> None:
    """Wait until no connection holds the lock exclusively, and share it until the connection ends."""
    connection.execute("SELECT pg_advisory_lock_shared(%s)", [lock.value])
