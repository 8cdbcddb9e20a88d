"""Sign the next manifest of a catalogue: one at a time, each naming the one before, and never after one that was
altered."""

import json
from base64 import b64encode

from sqlalchemy import func, select

from app.core.canonical_json import to_canonical_json
from app.core.db import WriteSession
from app.core.signing import Signer
from app.domain.releases.models import Audience
from app.domain.releases.queries import manifests, releases
from app.domain.releases.queries.releases import CatalogueEntry, Manifest, WithdrawnEntry

CATALOGUE_LOCK = 7_510_078
"""Number of the advisory lock that orders manifests: no gaps, each names the one before."""


class ManifestTampered(Exception):
    """A manifest of the catalogue is not what the portal signed; nothing is added."""


def lock_catalogue(session: WriteSession) -> None:
    """Wait for the catalogue lock, held until the transaction ends: no one else adds manifests or removes files
    meanwhile."""
    session.execute(select(func.pg_advisory_xact_lock(CATALOGUE_LOCK)))


def find_last_valid_manifest(
    session: WriteSession, signer: Signer, audience: Audience = Audience.MEMBERS
) -> Manifest | None:
    """Find the last manifest of a catalogue; None if there is none. Raises ManifestTampered if it is not validly
    signed."""
    last = releases.find_last_manifest(session, audience)
    if last and not manifests.is_manifest_signed(last, signer.public_keys):
        raise ManifestTampered(str(last.number))
    return last


def require_signed_manifest(
    entry: CatalogueEntry, manifest: Manifest | None, signer: Signer, audience: Audience = Audience.MEMBERS
) -> Manifest:
    """Return the manifest if it is validly signed and says exactly what the tables say of this entry.

    Raises ManifestTampered otherwise: to sign another manifest after it would vouch for it.
    """
    if manifest is None or not manifests.is_manifest_signed(manifest, signer.public_keys):
        raise ManifestTampered(entry.symbol)
    content = json.loads(manifest.statement)
    header = {"number": manifest.number, "previous": content["previous"], "portal": content["portal"]}
    if (
        to_canonical_json(manifests.build_manifest_statement(entry, **header, audience=audience)).decode()
        != manifest.statement
    ):
        raise ManifestTampered(entry.symbol)
    return manifest


def sign_next_manifest(
    session: WriteSession,
    output: CatalogueEntry | WithdrawnEntry,
    signer: Signer,
    audience: Audience = Audience.MEMBERS,
) -> tuple[int, str]:
    """Sign an entry as the next manifest of a catalogue. Returns its number and the digest of its statement.

    Raises ManifestTampered if the last manifest is not validly signed.
    """
    lock_catalogue(session)
    last = find_last_valid_manifest(session, signer, audience)
    number, previous = (
        (last.number + 1, manifests.digest_of_manifest(last).hex()) if last else (1, manifests.NO_PREVIOUS_DIGEST)
    )
    content = to_canonical_json(
        manifests.build_manifest_statement(
            output, number=number, previous=previous, portal=signer.portal, audience=audience
        )
    )
    manifest = Manifest(number, content.decode(), b64encode(signer.sign(content)).decode(), signer.public_key.text)
    table = releases.MANIFEST_TABLES[audience]
    session.add(
        table(number=number, statement=manifest.statement, signature=manifest.signature, public_key=manifest.public_key)
    )
    session.flush()
    return number, manifests.compute_statement_digest(manifest.statement)
