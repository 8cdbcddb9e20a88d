"""Sign the next manifest of a catalogue: one at a time, each naming the one before, and never after one that was
altered."""

import json
from base64 import b64encode

from sqlalchemy import func, select

from app.core.canonical import canonical
from app.core.db import WriteSession
from app.core.signing import Signer
from app.domain.releases import manifests, queries
from app.domain.releases.models import Audience
from app.domain.releases.queries import Manifest, Released, Withdrawn

LOCK = 7_510_078
"""Number of the advisory lock that orders manifests: no gaps, each names the one before."""


class NotAsSigned(Exception):  # noqa: N818 - a fault that stops the release and is looked into by people
    """A manifest of the catalogue is not what the portal signed; nothing is added."""


def take_turn(session: WriteSession) -> None:
    """Wait for the catalogue lock, held until the transaction ends: nobody else adds manifests or removes files
    meanwhile."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def last_good(session: WriteSession, sign: Signer, audience: Audience = Audience.MEMBERS) -> Manifest | None:
    """Find the last manifest of a catalogue; None if there is none. Raises ManifestTampered if it is not validly
    signed."""
    last = queries.last_manifest(session, audience)
    if last and not manifests.is_signed(last, sign.keys):
        raise NotAsSigned(str(last.number))
    return last


def signed(there: Released, manifest: Manifest | None, sign: Signer, audience: Audience = Audience.MEMBERS) -> Manifest:
    """Return the manifest if it is validly signed and says exactly what the tables say of this entry.

    Raises ManifestTampered otherwise: to sign another manifest after it would vouch for it.
    """
    if manifest is None or not manifests.is_signed(manifest, sign.keys):
        raise NotAsSigned(there.symbol)
    content = json.loads(manifest.statement)
    header = {"number": manifest.number, "previous": content["previous"], "portal": content["portal"]}
    if canonical(manifests.statement(there, **header, audience=audience)).decode() != manifest.statement:
        raise NotAsSigned(there.symbol)
    return manifest


def seal(
    session: WriteSession, output: Released | Withdrawn, sign: Signer, audience: Audience = Audience.MEMBERS
) -> tuple[int, str]:
    """Sign an entry as the next manifest of a catalogue. Returns its number and the digest of its statement.

    Raises ManifestTampered if the last manifest is not validly signed.
    """
    take_turn(session)
    last = last_good(session, sign, audience)
    number, previous = (last.number + 1, manifests.of(last).hex()) if last else (1, manifests.FIRST)
    content = canonical(
        manifests.statement(output, number=number, previous=previous, portal=sign.portal, audience=audience)
    )
    manifest = Manifest(number, content.decode(), b64encode(sign.sign(content)).decode(), sign.public.text)
    table = queries.MANIFESTS[audience]
    session.add(
        table(number=number, statement=manifest.statement, signature=manifest.signature, public_key=manifest.public_key)
    )
    session.flush()
    return number, manifests.named(manifest.statement)
