"""Read the signed manifests of each catalogue, with their inclusion proofs, from schema `release`."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import ARRAY, Integer, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.core.db import ReadSession
from app.core.signing import PublicKey
from app.domain.releases.models import (
    Audience,
    MembersManifest,
    PublicManifest,
    ReleasedInclusionProof,
    SignedManifestRow,
)
from app.domain.releases.queries.catalogue_entries import Manifest
from app.domain.releases.queries.inclusion_proofs import compress_inclusion_proof
from app.domain.releases.queries.releases import MANIFEST_TABLES, ROWS_PER_BATCH


def list_manifests(session: ReadSession, audience: Audience = Audience.MEMBERS) -> Sequence[Manifest]:
    """List all manifests of a catalogue by number, with their inclusion proofs."""
    return list(iterate_manifests_backwards(session, audience))[::-1]


def iterate_manifests_backwards(
    session: ReadSession, audience: Audience = Audience.MEMBERS, after: int = 0
) -> Iterator[Manifest]:
    """Yield the manifests of a catalogue from the last one down to the one after number `after`.

    They are read in batches, since all at once need much memory. Public manifests come without inclusion proofs, which
    would tell how much else happened in the portal.
    """
    if audience == Audience.PUBLIC:
        statement = select(PublicManifest).where(PublicManifest.number > after).order_by(PublicManifest.number.desc())
        yield from map(_build_manifest, session.scalars(statement.execution_options(yield_per=ROWS_PER_BATCH)))
        return
    rows = (
        select(*MembersManifest.__table__.columns, ReleasedInclusionProof.entry, ReleasedInclusionProof.proof)
        .outerjoin(ReleasedInclusionProof, ReleasedInclusionProof.number == MembersManifest.number)
        .where(MembersManifest.number > after)
        .order_by(MembersManifest.number.desc())
    )
    for row in session.execute(rows.execution_options(yield_per=ROWS_PER_BATCH)):
        inclusion_proof = compress_inclusion_proof(row.entry, row.proof)
        yield Manifest(row.number, row.statement, row.signature, row.public_key, inclusion_proof)


def find_compressed_proofs(session: ReadSession, numbers: Collection[int]) -> Mapping[int, bytes]:
    """Find the compressed inclusion proofs of manifests with these numbers."""
    statement = select(ReleasedInclusionProof.number, ReleasedInclusionProof.entry, ReleasedInclusionProof.proof)
    condition = ReleasedInclusionProof.number == any_(bindparam(None, sorted(numbers), ARRAY(Integer())))
    rows = session.execute(statement.where(condition)) if numbers else ()
    return {number: compress_inclusion_proof(entry, proof) for number, entry, proof in rows}


def has_manifest_signed_with(session: ReadSession, key: PublicKey) -> bool:
    """Return whether any manifest of the members' catalogue was signed with this key."""
    number = MembersManifest.number
    return session.scalar(select(number).where(MembersManifest.public_key == key.text).limit(1)) is not None


def list_last_manifests_by_key(session: ReadSession, audience: Audience = Audience.MEMBERS) -> Sequence[Manifest]:
    """List the last manifest of a catalogue by each key."""
    table = MANIFEST_TABLES[audience]
    last_numbers = select(func.max(table.number)).group_by(table.public_key)
    return [_build_manifest(row) for row in session.scalars(select(table).where(table.number.in_(last_numbers)))]


def find_manifest(session: ReadSession, slug: str, audience: Audience = Audience.MEMBERS) -> Manifest | None:
    """Find the latest manifest of the output with this slug in a catalogue."""
    table = MANIFEST_TABLES[audience]
    slug_of_row = cast(table.statement, JSONB)["output"]["slug"].astext
    row = session.scalar(select(table).where(slug_of_row == slug).order_by(table.number.desc()).limit(1))
    return _build_manifest(row) if row else None


def find_last_manifest(session: ReadSession, audience: Audience = Audience.MEMBERS) -> Manifest | None:
    """Find the last manifest of a catalogue; None before the first release."""
    table = MANIFEST_TABLES[audience]
    row = session.scalar(select(table).order_by(table.number.desc()).limit(1))
    return _build_manifest(row) if row else None


def _build_manifest(row: SignedManifestRow) -> Manifest:
    return Manifest(row.number, row.statement, row.signature, row.public_key)
