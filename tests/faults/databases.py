"""The database is killed, hangs, or acknowledges a commit that is not on the disk."""

import time
from contextlib import suppress
from threading import Thread

import httpx2
import psycopg

from tests.faults.common_steps import Outcome, ensure_portal, run_checker, superuser_address
from tests.faults.delegation import Delegation
from tests.faults.installation import Installation
from tests.waiting import stopped_processes, wait_until

TRIES = 8  # of a control that loses nothing if another process commits in time


def killed_database(installation: Installation, delegation: Delegation, title: str, after: float) -> Outcome:
    """`kill -9` of PostgreSQL and its child processes during a submission; then it is started again."""
    server = installation.postmaster()
    paper = Thread(target=delegation.hand_in_until_done, args=(title,), daemon=True)
    paper.start()
    time.sleep(after)
    server.kill()
    began = time.monotonic()
    server.start()
    paper.join(120)
    seconds = time.monotonic() - began
    delegation.hand_in_until_done(f"{title}, and the next one")
    return Outcome(
        f"kill -9 of the database after {after:.2f} s",
        True,
        run_checker(installation, delegation.notes.parent),
        seconds,
        "kill -9 of the database while a paper is on its way",
    )


def hanging_database(installation: Installation, delegation: Delegation, title: str) -> Outcome:
    """Stop the database without ending it: the portal is alive and not ready, and continues afterwards."""
    seen = []

    def probe() -> None:
        began = time.monotonic()
        seen.append(httpx2.get(f"{installation.settings.portal_url}/healthz", timeout=5).status_code)
        with suppress(httpx2.HTTPError):
            seen.append(httpx2.get(f"{installation.settings.portal_url}/readyz", timeout=20).status_code)
        seen.append(time.monotonic() - began)

    with stopped_processes(installation.postmaster().processes()):
        probe()
    delegation.hand_in_until_done(title)
    alive, *ready, seconds = seen
    wrong = [] if alive == 200 else [f"/healthz said {alive}"]
    wrong += [] if ready == [503] else [f"/readyz said {ready or 'nothing in 20 s'}"]
    return Outcome("database hangs", True, (*wrong, *run_checker(installation, delegation.notes.parent)), seconds)


def database_without_sync_commit(installation: Installation, delegation: Delegation, title: str) -> Outcome:
    """Control: PostgreSQL says that it committed before that is on the disk. What was acknowledged must be lost.

    Any other process that commits meanwhile also writes it to the disk, so it is tried several times.
    """
    found: tuple[str, ...] = ()
    with psycopg.connect(superuser_address(installation), autocommit=True, connect_timeout=10) as connection:
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("ALTER ROLE cwg_portal SET synchronous_commit = off")
    try:
        ensure_portal(installation, restart=True)
        for attempt in range(1, TRIES + 1):
            delegation.hand_in_until_done(f"{title}, {attempt}")
            server = installation.postmaster()
            server.kill()
            server.start()
            ensure_portal(installation, restart=True)
            if found := run_checker(installation, delegation.notes.parent):
                break
    finally:
        wait_until(lambda: _reset(installation))
        ensure_portal(installation, restart=True)
    return Outcome("control: answer before the commit is on the disk", True, found)


def database_answers(installation: Installation) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(superuser_address(installation), connect_timeout=10):
        return True
    return False


def _reset(installation: Installation) -> bool:
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(superuser_address(installation), autocommit=True, connect_timeout=10) as connection,
    ):
        connection.execute("ALTER SYSTEM RESET wal_writer_delay")
        connection.execute("ALTER ROLE cwg_portal RESET synchronous_commit")
        return True
    return False
