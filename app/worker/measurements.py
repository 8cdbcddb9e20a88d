"""Measurements that only the worker can take, once a minute: the scanner, what waits for the service that opens files,
the certificate, the age of the ledger's key, and that jobs run; and for each worker by itself its disks, the service
that opens its files, and the public keys that it accepts.
"""

import shutil
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.core import clock
from app.core.clamav import VirusScanner
from app.core.db import ReadSession, transaction
from app.core.errors import Unavailable
from app.core.file_service.client import get_service_status
from app.core.signing import Signer, SigningPurpose
from app.domain.contributions.queries.submissions import find_oldest_arrival
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules.signed_notes import NoteVerifier, ledger_origin
from app.domain.monitoring import actions, queries
from app.domain.monitoring.queries import (
    ACCEPTED_KEY_PREFIX,
    DISK_PREFIX,
    ISOLATION_PREFIX,
    SIGNING_KEY_PREFIX,
    UNINSPECTED_SINCE,
)
from app.settings import Settings
from app.worker.release import WorkerContext
from app.worker.tasks import EVERY_MINUTE, PeriodicTask

PROBE_TIMEOUT = 5.0  # seconds
MEASURE_SECONDS = 60.0  # between two measurements of each worker


def measure_installation(context: WorkerContext, settings: Settings) -> None:
    """Take and save the measurements of what all workers share, as a job of one of them."""
    measurements = {"worker": 1.0, **_scanner(context.scanner), **_certificate(settings.portal_url)}
    measurements |= {"sends_letters": 1.0} if context.mail else {}
    with transaction(context.write_sessions) as session:
        measurements |= _key(session, session.get_signer(SigningPurpose.LEDGER))
        measurements[UNINSPECTED_SINCE] = (find_oldest_arrival(session) or clock.now()).timestamp()
        actions.replace_measurements(session, measurements)


def measure_worker(context: WorkerContext, settings: Settings) -> None:
    """Take and save what is measured of each worker by itself, under the name of its machine or container."""
    measurements = _disks(settings) | _accepted_keys(settings) | _file_service(settings)
    with transaction(context.write_sessions) as session:
        actions.replace_measurements(session, measurements, socket.gethostname())


def _disks(settings: Settings) -> dict[str, float]:
    """Measure the free fraction of each local disk; of an S3 bucket it is unknown."""
    places = {"store": settings.store_url, "release": settings.release_store_url}
    local = {name: Path(unquote(urlsplit(url).path)) for name, url in places.items() if url.startswith("file:")}
    if settings.staging_folder:
        local["uploads"] = settings.staging_folder
    fractions = {}
    for name, path in local.items():
        with suppress(OSError):
            usage = shutil.disk_usage(path)
            fractions[DISK_PREFIX + name] = usage.free / usage.total
    return fractions


def _scanner(scanner: VirusScanner | None) -> dict[str, float]:
    if scanner is None:
        return {}
    signed_at = scanner.signatures_date(PROBE_TIMEOUT)
    return {"scanner_answers": float(signed_at is not None)} | (
        {"signatures_made": signed_at.timestamp()} if signed_at else {}
    )


def _file_service(settings: Settings) -> dict[str, float]:
    """Ask the service that opens files what isolation it measured."""
    try:
        status = get_service_status(settings.file_service_options)
    except Unavailable:
        return {"file_service_answers": 0.0}
    parts = {f"{ISOLATION_PREFIX}{name}": float(part.is_obtained) for name, part in status.isolation.items()}
    return {"file_service_answers": 1.0} | parts


def _key(session: ReadSession, signer: Signer) -> dict[str, float]:
    """Find since when the current key signs heads. Once known it is not searched again, since there are many heads."""
    name = SIGNING_KEY_PREFIX + signer.public_key.id
    if (known := queries.find_measurement(session, name)) is not None:
        return {name: known}
    since = ledger.find_first_head_time_of_key(session, NoteVerifier(ledger_origin(signer.portal), signer.public_key))
    return {name: since.timestamp()} if since else {}


def _accepted_keys(settings: Settings) -> dict[str, float]:
    """Note which public keys this worker accepts, each with its place in the list: `rotate-key` looks for a new one."""
    return {
        f"{ACCEPTED_KEY_PREFIX}{purpose}:{key.id}": float(position)
        for purpose in SigningPurpose
        for position, key in enumerate(settings.list_configured_keys(purpose))
    }


def _certificate(url: str) -> dict[str, float]:
    """Measure when the portal's certificate ends, as browsers see it; nothing if the address cannot be reached."""
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname:
        return {}
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((address.hostname, address.port or 443), PROBE_TIMEOUT) as connection,
            context.wrap_socket(connection, server_hostname=address.hostname) as secure,
        ):
            ends = (secure.getpeercert() or {}).get("notAfter")
    except ssl.SSLCertVerificationError:
        return {"certificate_ends": datetime.now(UTC).timestamp()}  # browsers reject it already
    except OSError:
        return {}
    return {"certificate_ends": float(ssl.cert_time_to_seconds(str(ends)))} if ends else {}


TASKS_WITH_SETTINGS = (PeriodicTask("measure", measure_installation, EVERY_MINUTE, "measure"),)
