"""Measurements that only the worker can take, once a minute: disks, the scanner, the certificate, the age of its
signing key, and that it works.
"""

import shutil
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.core.db import ReadSession, transaction
from app.core.scanner import Scanner
from app.core.signing import Signer
from app.domain.condition import actions, queries
from app.domain.condition.queries import DISK, KEY
from app.domain.ledger import queries as ledger
from app.domain.ledger.notes import Verifier, origin_of
from app.jobs.disseminate import Desk
from app.settings import Settings

PATIENCE = 5.0  # seconds


def measure(desk: Desk, settings: Settings) -> dict[str, float]:
    """Take and save all measurements; returns them by name."""
    measurements = {"worker": 1.0, **_disks(settings), **_scanner(desk.scanner), **_certificate(settings.portal_url)}
    measurements |= {"sends_letters": 1.0} if desk.post else {}
    with transaction(desk.write) as session:
        measurements |= _key(session, desk.sign)
        actions.note(session, measurements)
    return measurements


def _disks(settings: Settings) -> dict[str, float]:
    """Measure the free fraction of each local disk; of an S3 bucket it is unknown."""
    places = {"store": settings.store_url, "release": settings.release_store_url}
    local = {name: Path(unquote(urlsplit(url).path)) for name, url in places.items() if url.startswith("file:")}
    local["uploads"] = settings.staging_folder
    fractions = {}
    for name, path in local.items():
        with suppress(OSError):
            usage = shutil.disk_usage(path)
            fractions[DISK + name] = usage.free / usage.total
    return fractions


def _scanner(scanner: Scanner | None) -> dict[str, float]:
    if scanner is None:
        return {}
    signed_at = scanner.signatures_made(PATIENCE)
    return {"scanner_answers": float(signed_at is not None)} | (
        {"signatures_made": signed_at.timestamp()} if signed_at else {}
    )


def _key(session: ReadSession, signer: Signer) -> dict[str, float]:
    """Find since when the current key signs heads. Once known it is not searched again, since there are many heads."""
    name = KEY + signer.public.id
    if (known := queries.measured(session, name)) is not None:
        return {name: known}
    since = ledger.signing_since(session, Verifier(origin_of(signer.portal), signer.public))
    return {name: since.timestamp()} if since else {}


def _certificate(url: str) -> dict[str, float]:
    """Measure when the portal's certificate ends, as browsers see it; nothing if the address cannot be reached."""
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname:
        return {}
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((address.hostname, address.port or 443), PATIENCE) as connection,
            context.wrap_socket(connection, server_hostname=address.hostname) as secure,
        ):
            ends = (secure.getpeercert() or {}).get("notAfter")
    except ssl.SSLCertVerificationError:
        return {"certificate_ends": datetime.now(UTC).timestamp()}  # browsers reject it already
    except OSError:
        return {}
    return {"certificate_ends": float(ssl.cert_time_to_seconds(str(ends)))} if ends else {}
