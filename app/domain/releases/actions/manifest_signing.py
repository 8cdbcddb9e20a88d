"""Sign the next manifest of a catalogue: one at a time, each naming the one before, and never after one that was
altered."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from app.core.canonical_json import to_canonical_json
from app.core.db import WriteSession
from app.core.session_signer import signer_of
from app.domain.releases.models import Audience
from app.domain.releases.queries import manifests, releases
from app.domain.releases.queries.releases import CatalogueEntry, Manifest, WithdrawnEntry

CATALOGUE_LOCK = 7_510_078
"""Number of the advisory lock that orders manifests: no gaps, each names the one before."""


class ManifestTampered(Exception):
    """A manifest of the catalogue is not what the portal signed; nothing is added."""


class SignedManifest(NamedTuple):
    """A manifest that was signed just now: its number, and the digest of its statement."""

    number: int
    digest: str


def lock_catalogue(session: WriteSession) -> None:
    """Wait for the catalogue lock, held until the transaction ends: nobody else adds manifests or removes files
    meanwhile."""
    session.execute(select(func.pg_advisory_xact_lock(CATALOGUE_LOCK)))


def lock_valid_catalogues(session: WriteSession) -> None:
    """Wait for the catalogue lock. Raises ManifestTampered if the last manifest of either catalogue is not validly
    signed: then nothing is copied either."""
    lock_catalogue(session)
    for audience in Audience:
        _find_last_valid_manifest(session, audience)


def _find_last_valid_manifest(session: WriteSession, audience: Audience) -> Manifest | None:
    """Find the last manifest of a catalogue; None if there is none. Raises ManifestTampered if it is not validly
    signed."""
    last = releases.find_last_manifest(session, audience)
    if last and not manifests.is_manifest_signed(last, signer_of(session).public_keys):
        raise ManifestTampered(str(last.number))
    return last


def require_signed_manifest(
    session: WriteSession, entry: CatalogueEntry, manifest: Manifest | None, audience: Audience = Audience.MEMBERS
) -> Manifest:
    """Return the manifest if it is validly signed and says exactly what the tables say of this entry.

    Raises ManifestTampered otherwise: to sign another manifest after it would vouch for it.
    """
    if manifest is None or not manifests.is_manifest_signed(manifest, signer_of(session).public_keys):
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
    session: WriteSession, entry: CatalogueEntry | WithdrawnEntry, audience: Audience = Audience.MEMBERS
) -> SignedManifest:
    """Sign an entry as the next manifest of a catalogue. Raises ManifestTampered if the last manifest is not validly
    signed: to chain a new one to it would vouch for it."""
    lock_catalogue(session)
    signer, last = signer_of(session), _find_last_valid_manifest(session, audience)
    number, previous = (
        (last.number + 1, manifests.digest_of_manifest(last).hex()) if last else (1, manifests.NO_PREVIOUS_DIGEST)
    )
    content = to_canonical_json(
        manifests.build_manifest_statement(
            entry, number=number, previous=previous, portal=signer.portal, audience=audience
        )
    )
    statement = content.decode()
    signature = b64encode(signer.sign(content)).decode()
    table = releases.MANIFEST_TABLES[audience]
    session.add(table(number=number, statement=statement, signature=signature, public_key=signer.public_key.text))
    session.flush()
    return SignedManifest(number, manifests.compute_statement_digest(statement))


def sign_output_manifests(session: WriteSession, output_id: UUID) -> tuple[SignedManifest, SignedManifest | None]:
    """Sign the current rows of an output, released or withdrawn, as the next manifest of the members' catalogue and, if
    it is in it, of the public one. Raises ManifestTampered."""
    entries, public_entries = _list_entries_by_audience(session, output_id)
    signed = sign_next_manifest(session, entries[0])
    return signed, sign_next_manifest(session, public_entries[0], Audience.PUBLIC) if public_entries else None


def _list_entries_by_audience(
    session: WriteSession, output_id: UUID
) -> tuple[Sequence[CatalogueEntry | WithdrawnEntry], Sequence[CatalogueEntry | WithdrawnEntry]]:
    """List the entry of an output as members see it, and as the public sees it, if it is public."""
    if released := releases.list_entries(session, output_id):
        return released, releases.public_view(released)
    members, public = (releases.list_withdrawn_entries(session, output_id, audience) for audience in Audience)
    return members, public
