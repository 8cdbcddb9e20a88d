"""Once a minute the worker measures what only it can see: disks, the scanner, the certificate, since when its key
signs, and that it works.
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

PATIENCE = 5.0  # seconds for anybody who is asked


def measure(desk: Desk, settings: Settings) -> dict[str, float]:
    """Measure and keep it; what was measured."""
    found = {"worker": 1.0, **_disks(settings), **_scanner(desk.scanner), **_certificate(settings.portal_url)}
    found |= {"sends_letters": 1.0} if desk.post else {}
    with transaction(desk.write) as session:
        found |= _key(session, desk.sign)
        actions.note(session, found)
    return found


def _disks(settings: Settings) -> dict[str, float]:
    """The free fraction of each local place; how full a bucket is, nobody says."""
    places = {"store": settings.store_url, "release": settings.release_store_url}
    local = {name: Path(unquote(urlsplit(url).path)) for name, url in places.items() if url.startswith("file:")}
    local["uploads"] = settings.staging_folder
    found = {}
    for name, path in local.items():
        with suppress(OSError):
            usage = shutil.disk_usage(path)
            found[DISK + name] = usage.free / usage.total
    return found


def _scanner(scanner: Scanner | None) -> dict[str, float]:
    if scanner is None:
        return {}
    made = scanner.signatures_made(PATIENCE)
    return {"scanner_answers": float(made is not None)} | ({"signatures_made": made.timestamp()} if made else {})


def _key(session: ReadSession, sign: Signer) -> dict[str, float]:
    """Since when the key in use signs heads. What was found once is not looked for again: there are many heads."""
    name = KEY + sign.public.id
    if (known := queries.measured(session, name)) is not None:
        return {name: known}
    since = ledger.signing_since(session, Verifier(origin_of(sign.portal), sign.public))
    return {name: since.timestamp()} if since else {}


def _certificate(url: str) -> dict[str, float]:
    """When the certificate of the portal's public address ends, as browsers are shown it; not if it is not reached."""
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname:
        return {}
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((address.hostname, address.port or 443), PATIENCE) as line,
            context.wrap_socket(line, server_hostname=address.hostname) as secure,
        ):
            ends = (secure.getpeercert() or {}).get("notAfter")
    except ssl.SSLCertVerificationError:
        return {"certificate_ends": datetime.now(UTC).timestamp()}  # nobody is let in by it any more
    except OSError:
        return {}
    return {"certificate_ends": float(ssl.cert_time_to_seconds(str(ends)))} if ends else {}
