"""What every fault needs: processes are started again, and the independent checker is run."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from app.settings import Settings
from tests.faults.checker import check
from tests.faults.installation import Installation, answers
from tests.world import LEDGER_SIGNER, RECEIPT_SIGNER


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: whether the fault struck, what the checker finds, and how long the portal was not available."""

    name: str
    struck: bool
    wrong: tuple[str, ...]
    seconds: float = 0.0
    kind: str = ""

    @property
    def is_control(self) -> bool:
        return self.name.startswith("control")

    @property
    def is_good(self) -> bool:
        """Nothing is wrong; a control has to lose what was acknowledged."""
        return any(each[0] in "12" for each in self.wrong) if self.is_control else not self.wrong


def owner_address(installation: Installation) -> str:
    return plain(str(installation.settings.owner_database_url))


def plain(address: str) -> str:
    """The address as libpq reads it."""
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


def superuser_address(installation: Installation) -> str:
    address = make_url(str(installation.settings.owner_database_url)).set(drivername="postgresql", username="postgres")
    return address.render_as_string(hide_password=False)


def run_checker(installation: Installation, notes: Path) -> tuple[str, ...]:
    """Return what the independent checker finds in this installation."""
    return run_checker_on(installation.settings, notes, installation.fetched() if installation.fetched else None)


def run_checker_on(settings: Settings, notes: Path, store: Path | None = None) -> tuple[str, ...]:
    """Return what it finds at the addresses of the settings; `store` is a copy if the store is not a folder."""
    store = store or Path(settings.store_url.removeprefix("file://"))
    keys = RECEIPT_SIGNER.public_key.text, LEDGER_SIGNER.public_key.text
    return tuple(check(notes, plain(str(settings.owner_database_url)), store, *keys))


def open_portal(installation: Installation) -> None:
    installation.begin("portal", "pages", "--port", installation.settings.portal_url.rpartition(":")[2])
    answers(installation.settings.portal_url)


def is_alive(installation: Installation, name: str) -> bool:
    return installation.running[name].poll() is None


def ensure_portal(installation: Installation, *, restart: bool = False) -> float:
    """Start the portal if it has ended, or in any case with `restart`; return the seconds until it answers."""
    began = time.monotonic()
    if restart or not is_alive(installation, "portal"):
        installation.kill("portal")
        open_portal(installation)
    return time.monotonic() - began


def restart_ended_processes(installation: Installation) -> None:
    """Start again what has ended, as a supervisor does: the worker ends when its database dies."""
    ensure_portal(installation)
    if "worker" not in installation.running or not is_alive(installation, "worker"):
        with suppress(KeyError):
            installation.kill("worker")
        installation.begin("worker", "work")


def jobs(installation: Installation) -> list[tuple[str, str, int]]:
    with psycopg.connect(owner_address(installation), connect_timeout=10) as connection:
        rows = connection.execute("SELECT task_name, status::text, priority FROM jobs.procrastinate_jobs ORDER BY id")
        return [(str(task), str(status), int(priority)) for task, status, priority in rows]
