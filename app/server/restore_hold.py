"""Restore hold: no server and no worker runs on a record that was restored from a backup and may be incomplete."""

import os
import signal
import threading
import time

import psycopg
import structlog

from app.core.db import to_libpq_address

log = structlog.get_logger()
RESTORE_HOLD_QUERY = "SELECT doubt FROM release.hold"
RETRY_SECONDS = 1.0  # seconds between two attempts to reach the database


class RestoreInDoubt(ValueError):
    """The record was restored and is in doubt; the message says what to do."""


def require_no_restore_hold(database_url: str) -> None:
    """Raise RestoreInDoubt if the record is in doubt, psycopg.OperationalError if the database does not answer.

    Works with any of the three roles. A schema without the table of holds counts as released.
    """
    with psycopg.connect(
        to_libpq_address(database_url), connect_timeout=5, application_name="cwg-opening"
    ) as connection:
        try:
            hold = connection.execute(RESTORE_HOLD_QUERY).fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege):
            return
    if hold:
        raise RestoreInDoubt(
            f"the record was restored from a copy and is in doubt ({hold[0]}): see docs/backup.md, then"
            " `python -m app reopen --reason …`"
        )


def check_restore_hold_at_start(database_url: str) -> None:
    """Raise RestoreInDoubt if the record is in doubt; if the database does not answer yet, check later in a thread.

    A server without its database stays alive and answers that it is not ready. If the record turns out to be in doubt,
    the thread ends this process with SIGTERM.
    """
    try:
        require_no_restore_hold(database_url)
    except psycopg.OperationalError:
        threading.Thread(target=_check_until_answered, args=(database_url,), name="opening", daemon=True).start()


def _check_until_answered(address: str) -> None:
    """Check until the database answers; end this process if the record is in doubt."""
    while True:
        time.sleep(RETRY_SECONDS)
        try:
            return require_no_restore_hold(address)
        except psycopg.OperationalError:
            continue
        except RestoreInDoubt as doubt:
            log.error("held", why=str(doubt))
            os.kill(os.getpid(), signal.SIGTERM)
            return None
