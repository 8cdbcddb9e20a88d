"""No door stays open, and no job is run, over a record that came back from a copy and may lack something."""

import os
import signal
import threading
import time

import psycopg
import structlog
from sqlalchemy import make_url

log = structlog.get_logger()
DOUBT = "SELECT doubt FROM release.hold"
PAUSE = 1.0  # seconds until the database is asked again


class Held(ValueError):  # noqa: N818 - what the record is
    """The message says what to do."""


def insist_on_open(address: str) -> None:
    """Raise Held where the record is in doubt, psycopg.OperationalError where the database does not answer.

    Asked with any of the three roles. A schema from before there were holds is open.
    """
    url = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, connect_timeout=5, application_name="cwg-opening") as connection:
        try:
            held = connection.execute(DOUBT).fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege):
            return
    if held:
        raise Held(
            f"the record was restored from a copy and is in doubt ({held[0]}): see docs/backup.md, then"
            " `python -m app reopen --reason …`"
        )


def open_when_it_may(address: str) -> None:
    """Raise Held; where the database does not answer yet, go on, and end this process if it turns out to be held.

    A door that is alive without its database is as it should be: it answers that it is not ready.
    """
    try:
        insist_on_open(address)
    except psycopg.OperationalError:
        threading.Thread(target=_ask_until_known, args=(address,), name="opening", daemon=True).start()


def _ask_until_known(address: str) -> None:
    while True:
        time.sleep(PAUSE)
        try:
            return insist_on_open(address)
        except psycopg.OperationalError:
            continue
        except Held as why:
            log.error("held", why=str(why))
            os.kill(os.getpid(), signal.SIGTERM)
            return None
