"""What does not fit in an installation, one line for each fault: settings, keys, folders, databases, services, clocks.

Each process logs what does not fit when it starts, `python -m app doctor` prints it, and the page of the monitoring
shows what the portal finds. The lines are for operators, in English.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx2
import psycopg
import structlog
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.core import clock
from app.core.clamav import VirusScanner
from app.core.database.encoding import require_utf8
from app.core.database.schema_revision import PORTAL_HISTORY, READ_HISTORY
from app.core.database.session_settings import SessionsShared, require_session_per_connection
from app.core.db import to_libpq_address
from app.core.errors import Unavailable
from app.core.file_service.client import get_service_status
from app.core.storage import Store
from app.core.storage.outages import describe_disk_error
from app.http.oidc.metadata import discovery_url
from app.settings import Settings

log = structlog.get_logger()

ANSWER_TIMEOUT: Final = 5
"""Seconds that a database or the provider may take."""
OLDEST_POSTGRESQL: Final = 150_000
NO_DATABASE_ADDRESS: Final = "this is no address of a database; @ : / in a password are written %40 %3A %2F"
LARGEST_CLOCK_DIFFERENCE: Final = timedelta(seconds=10)


class InstallationPart(StrEnum):
    """A kind of process, by what it is given."""

    PORTAL = "portal"
    READ = "read"
    WORKER = "worker"
    MAINTENANCE = "maintenance"


class CheckSubject(StrEnum):
    """What a fault is about."""

    SETTINGS = "settings"
    FOLDER = "folder"
    BUCKET = "bucket"
    DATABASE = "database"
    SCHEMA = "schema"
    CLOCK = "clock"
    FILE_SERVICE = "file service"
    PROVIDER = "identity provider"
    SCANNER = "virus scanner"
    COURIER = "courier"


@dataclass(frozen=True, slots=True)
class InstallationFault:
    """Something that does not fit."""

    subject: CheckSubject
    text: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass(frozen=True, slots=True)
class PartNeeds:
    """What a part needs: settings with addresses of databases, and of stores, with whether it writes there."""

    check_settings: Callable[[Settings], object]
    databases: Sequence[str]
    stores: Mapping[str, bool]


NEEDS: Mapping[InstallationPart, PartNeeds] = MappingProxyType(
    {
        InstallationPart.PORTAL: PartNeeds(Settings.require_portal_settings, ("database_url",), {"store_url": True}),
        InstallationPart.READ: PartNeeds(
            Settings.require_read_path_settings, ("reader_database_url",), {"release_store_url": False}
        ),
        InstallationPart.WORKER: PartNeeds(
            Settings.require_worker_settings,
            ("worker_database_url",),
            {"store_url": True, "release_store_url": True},
        ),
        InstallationPart.MAINTENANCE: PartNeeds(
            Settings.list_public_keys_by_purpose,
            ("owner_database_url", "read_owner_database_url"),
            {"store_url": True, "release_store_url": True},
        ),
    }
)


def find_faults(settings: Settings, part: InstallationPart) -> Iterator[InstallationFault]:
    """Yield what does not fit this part here, without asking other organizations."""
    needs = NEEDS[part]
    try:
        needs.check_settings(settings)
    except ValueError as error:
        yield InstallationFault(CheckSubject.SETTINGS, str(error))
    for name, is_written in needs.stores.items():
        open_this = settings.open_store if name == "store_url" else settings.open_release_store
        room = settings.largest_file if is_written else 0
        yield from find_store_faults(getattr(settings, name), open_this, is_written=is_written, room=room)
    if part is InstallationPart.PORTAL and settings.staging_folder:
        yield from find_folder_faults(settings.staging_folder)
    for name in needs.databases:
        if url := getattr(settings, name):
            yield from find_database_faults(name, url)
    if settings.file_service and part in {InstallationPart.PORTAL, InstallationPart.WORKER}:
        yield from find_file_service_faults(settings)


def find_store_faults(
    url: str, open_this: Callable[[], Store], *, is_written: bool, room: int = 0
) -> Iterator[InstallationFault]:
    """Yield why a store cannot be used, or that so many bytes do not fit."""
    if urlsplit(url).scheme == "file":
        yield from find_folder_faults(Path(unquote(urlsplit(url).path)), is_written=is_written, room=room)
        return
    try:
        open_this().check_available()
    except Unavailable as error:
        yield InstallationFault(CheckSubject.BUCKET, error.cause)


def find_folder_faults(folder: Path, *, is_written: bool = True, room: int = 0) -> Iterator[InstallationFault]:
    """Yield why a folder cannot be read, or written to, or that so many bytes do not fit. One that is missing may be
    made later."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        if is_written:
            TemporaryFile(dir=existing).close()
        else:
            next(existing.iterdir(), None)
        if (free := disk_usage(existing).free) < room:
            text = f"{folder}: {free / 1e6:.0f} MB are free, and a file may have {room / 1e6:.0f} (CWG_LARGEST_FILE)"
            yield InstallationFault(CheckSubject.FOLDER, text)
    except OSError as error:
        yield InstallationFault(CheckSubject.FOLDER, describe_disk_error(error, folder))


def find_database_faults(setting: str, url: str) -> Iterator[InstallationFault]:
    """Yield why a database cannot be used: it does not answer, is too old, not UTF-8, has another schema or clock."""
    history, name = READ_HISTORY if "read" in setting else PORTAL_HISTORY, f"CWG_{setting.upper()}"
    if (address := _parse_database_address(url)) is None:
        yield InstallationFault(CheckSubject.DATABASE, f"{name}: {NO_DATABASE_ADDRESS}")
        return
    try:
        with psycopg.connect(address, connect_timeout=ANSWER_TIMEOUT, application_name="cwg-doctor") as connection:
            version = connection.info.server_version
            require_utf8(connection)
            now = connection.execute("SELECT clock_timestamp()").fetchone()
            revision = _read_revision(connection, str(history.query))
    except (psycopg.Error, UnicodeError, ValueError) as error:
        yield InstallationFault(CheckSubject.DATABASE, f"{name}: {str(error).strip().splitlines()[0]}")
        return
    if version < OLDEST_POSTGRESQL:
        yield InstallationFault(CheckSubject.DATABASE, f"{name}: PostgreSQL {version // 10_000} is older than 15")
    if now:
        yield from find_clock_faults(f"the server of {name}", now[0])
    missing = [] if revision == "" else history.list_after(revision)
    if missing:
        text = f"{name}: the schema has {revision or 'nothing'}, and this version needs {missing[-1]}"
        yield InstallationFault(CheckSubject.SCHEMA, f"{text}: run `python -m app {history.command}`")


def find_pooler_faults(settings: Settings, part: InstallationPart) -> Iterator[InstallationFault]:
    """Yield where a pooler shares sessions of a database. A process that starts was refused before it logs faults."""
    for name in NEEDS[part].databases:
        try:
            if url := getattr(settings, name):
                require_session_per_connection(to_libpq_address(url))
        except SessionsShared as error:
            yield InstallationFault(CheckSubject.DATABASE, f"CWG_{name.upper()}: {error}")
        except (psycopg.Error, UnicodeError, ValueError):
            continue  # `find_database_faults` says why


def _parse_database_address(url: str) -> str | None:
    """Return the address as psycopg understands it; None if a part of its password may be taken for its host or its
    port, which errors name."""
    try:
        parsed, address = make_url(url), to_libpq_address(url)
    except (ArgumentError, ValueError):
        return None
    return None if "@" in (parsed.host or "") else address


def find_clock_faults(place: str, now: datetime) -> Iterator[InstallationFault]:
    """Yield how far a clock is from the one here, if that is too far."""
    difference = now - clock.now()
    if abs(difference) > LARGEST_CLOCK_DIFFERENCE:
        seconds = round(difference.total_seconds())
        direction = "ahead" if seconds > 0 else "behind"
        yield InstallationFault(CheckSubject.CLOCK, f"{place} is {abs(seconds)} s {direction}")


def find_file_service_faults(settings: Settings) -> Iterator[InstallationFault]:
    """Yield why the service that opens files cannot be used."""
    try:
        get_service_status(settings.file_service_options)
    except Unavailable:
        yield InstallationFault(CheckSubject.FILE_SERVICE, f"nothing answers at {settings.file_service}")


def find_scanner_faults(settings: Settings) -> Iterator[InstallationFault]:
    """Yield that the virus scanner does not answer. It needs minutes to start, so processes do not wait for it."""
    if settings.clamd and VirusScanner(settings.clamd).signatures_date(ANSWER_TIMEOUT) is None:
        text = f"CWG_CLAMD: {settings.clamd} does not answer with the date of its signatures"
        yield InstallationFault(CheckSubject.SCANNER, text)


def find_courier_faults(settings: Settings) -> Iterator[InstallationFault]:
    """Yield that the courier does not answer: nothing is sent to organizations by machine meanwhile."""
    if not settings.courier:
        return
    try:
        httpx2.get(f"{settings.courier}/healthz", timeout=ANSWER_TIMEOUT).raise_for_status()
    except httpx2.HTTPError as error:
        yield InstallationFault(
            CheckSubject.COURIER, f"CWG_COURIER: {settings.courier}: {error or type(error).__name__}"
        )


def find_provider_faults(settings: Settings, part: InstallationPart) -> Iterator[InstallationFault]:
    """Ask the identity provider, and yield why it cannot be used, or that its clock differs."""
    issuer = settings.read_path_provider()[0] if part is InstallationPart.READ else settings.oidc_issuer
    address = discovery_url(issuer)
    try:
        answer = httpx2.get(address, timeout=ANSWER_TIMEOUT)
        answer.raise_for_status()
        if answer.json().get("issuer") != issuer:
            yield InstallationFault(CheckSubject.PROVIDER, f"{address} names another issuer than {issuer}")
    except (httpx2.HTTPError, ValueError, AttributeError) as error:
        yield InstallationFault(CheckSubject.PROVIDER, f"{address}: {error or type(error).__name__}")
        return
    with suppress(KeyError, ValueError):
        yield from find_clock_faults(issuer, parsedate_to_datetime(answer.headers["date"]).astimezone(UTC))


def log_faults(settings: Settings, part: InstallationPart) -> None:
    """Log what does not fit, when a process starts."""
    for fault in find_faults(settings, part):
        log.error("the installation does not fit", part=part.value, about=fault.subject.value, cause=fault.text)


def _read_revision(connection: psycopg.Connection[tuple[object, ...]], question: str) -> str | None:
    """Return the revision of a schema, None if it is empty.

    An empty text if that cannot be known: this role may not read it, or both sides have one database.
    """
    try:
        row = connection.execute(question.encode()).fetchone()
    except psycopg.errors.UndefinedTable:
        connection.rollback()
        shared = connection.execute("SELECT to_regclass('release.hold') IS NOT NULL").fetchone()
        return "" if shared and shared[0] else None
    except psycopg.errors.InsufficientPrivilege:
        return ""
    return str(row[0]) if row else None
