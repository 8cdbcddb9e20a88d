"""Load and verify schema `release` in a process of the read path: everything, or what changed since the last time.

What: `load_snapshot` reads and verifies everything. `update_snapshot` asks for the versions of all rows
(`queries.row_versions`), reads the outputs that changed, and verifies the manifests that continue each chain
(`queries.chain_verification`). It returns None wherever that does not explain every difference; then, when a process
starts, and at least once per `FULL_VERIFICATION_INTERVAL`, everything is read.

Why: a release is to cost every process what it adds, not what there is (docs/decisions/incremental-verification.md).

Invariant: an updated snapshot is equal to the one that `load_snapshot` would make of the same rows; a test compares the
two over random histories. An update therefore never guesses: it starts from a snapshot without faults only, and
anything but new manifests at the end of a chain, with exactly the rows that they state, leads to None. Both functions
need one REPEATABLE READ transaction, so that versions, rows and manifests are of one instant.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from app.core.db import ReadSession
from app.core.signing import PublicKey
from app.domain.releases.models import Audience
from app.domain.releases.queries import releases, row_versions, stored_manifests
from app.domain.releases.queries.catalogue_entries import NO_KNOWN_ENTRIES, CatalogueEntry, WithdrawnEntry
from app.domain.releases.queries.chain_verification import (
    CatalogueHead,
    VerifiedCatalogue,
    verify_catalogue,
    verify_catalogue_growth,
)

FULL_VERIFICATION_INTERVAL: Final = timedelta(hours=24)
"""The longest time between full verifications."""


@dataclass(frozen=True, slots=True)
class CatalogueSnapshot:
    """All rows of schema `release` at one time, with a version of each output.

    By audience: what may be shown, and the version of the manifests; and the version of the inclusion proofs.
    """

    outputs: Sequence[CatalogueEntry]
    output_versions: Sequence[int]
    verified: Mapping[Audience, VerifiedCatalogue]
    manifest_versions: Mapping[Audience, int]
    proofs_version: int


def load_snapshot(
    session: ReadSession,
    keys: Sequence[PublicKey],
    heads: Mapping[Audience, CatalogueHead],
    before: CatalogueSnapshot | None = None,
) -> CatalogueSnapshot:
    """Read and verify everything, in a REPEATABLE READ transaction.

    `heads` were seen before and must still be there. Entries equal to those of `before` are that object, to save
    memory.
    """
    known = {output.slug: output for output in before.outputs} if before else NO_KNOWN_ENTRIES
    outputs = releases.list_entries(session, known=known)

    def verify(audience: Audience, entries: Sequence[CatalogueEntry]) -> VerifiedCatalogue:
        withdrawn, tops = (
            releases.list_withdrawn_entries(session, audience=audience),
            stored_manifests.list_last_manifests_by_key(session, audience),
        )
        return verify_catalogue(
            entries,
            withdrawn,
            stored_manifests.iterate_manifests_backwards(session, audience),
            keys,
            heads.get(audience),
            tops,
            audience,
        )

    members = verify(Audience.MEMBERS, outputs)
    # From the verified entries of the members, so that nothing unverified becomes public.
    public = verify(Audience.PUBLIC, releases.build_public_entries(members.outputs))
    return CatalogueSnapshot(
        outputs,
        array("q", (each.version for each in row_versions.list_output_versions(session))),
        {each.audience: each for each in (members, public)},
        {audience: row_versions.get_manifests_version(session, audience, 0)[1] for audience in Audience},
        row_versions.get_proofs_version(session, 0)[1],
    )


def update_snapshot(
    session: ReadSession, keys: Sequence[PublicKey], before: CatalogueSnapshot
) -> CatalogueSnapshot | None:
    """Update a snapshot by new manifests alone; None if anything else changed, and everything has to be read again."""
    known = {each.slug: (each, version) for each, version in zip(before.outputs, before.output_versions, strict=True)}
    rows = row_versions.list_output_versions(session)
    changed = [row.id for row in rows if row.slug not in known or known[row.slug][1] != row.version]
    reread = {each.slug: each for each in releases.list_entries_of_outputs(session, changed)}
    outputs = [reread[row.slug] if row.slug in reread else known[row.slug][0] for row in rows]
    members = _verify_growth(session, keys, before, Audience.MEMBERS, outputs)
    public = members and _verify_growth(
        session, keys, before, Audience.PUBLIC, releases.build_public_entries(members[0].outputs)
    )
    if not members or not public:
        return None
    verified, proofs_version = _add_new_proofs(session, members[0], before)
    if verified is None:
        return None
    verified_by_audience, manifest_versions = {Audience.MEMBERS: verified}, {Audience.MEMBERS: members[1]}
    verified_by_audience[Audience.PUBLIC], manifest_versions[Audience.PUBLIC] = public
    return CatalogueSnapshot(
        outputs, array("q", (row.version for row in rows)), verified_by_audience, manifest_versions, proofs_version
    )


def _verify_growth(
    session: ReadSession,
    keys: Sequence[PublicKey],
    before: CatalogueSnapshot,
    audience: Audience,
    outputs: Sequence[CatalogueEntry],
) -> tuple[VerifiedCatalogue, int] | None:
    """Verify the growth of one catalogue; return it with the version of its manifests, or None."""
    verified = before.verified[audience]
    last_number = verified.head.number if verified.head else 0
    old_version, new_version = row_versions.get_manifests_version(session, audience, last_number)
    if old_version != before.manifest_versions[audience]:
        return None
    withdrawn = _reuse_known(verified.withdrawn, releases.list_withdrawn_entries(session, audience=audience))
    new = list(stored_manifests.iterate_manifests_backwards(session, audience, after=last_number))
    grown = verify_catalogue_growth(
        verified,
        outputs,
        withdrawn,
        new,
        keys,
        stored_manifests.list_last_manifests_by_key(session, audience) if new else (),
    )
    return (grown, new_version) if grown else None


def _reuse_known(before: Sequence[WithdrawnEntry], now: Sequence[WithdrawnEntry]) -> Sequence[WithdrawnEntry]:
    """Return the entries of now; those equal to one before are that object, to save memory."""
    known = {each.slug: each for each in before}
    return [was if (was := known.get(each.slug)) == each else each for each in now]


def _add_new_proofs(
    session: ReadSession, verified: VerifiedCatalogue, before: CatalogueSnapshot
) -> tuple[VerifiedCatalogue | None, int]:
    """Add the inclusion proofs stored since; None if others changed. Also returns the version of all proofs."""
    head = before.verified[Audience.MEMBERS].head
    last_number = head.number if head else 0
    without = {sealed.number: slug for slug, sealed in verified.manifests.items() if not sealed.compressed_proof}
    old_version, new_version = row_versions.get_proofs_version(session, last_number, without)
    if old_version != before.proofs_version:
        return None, new_version
    proofs = {
        without[number]: proof for number, proof in stored_manifests.find_compressed_proofs(session, without).items()
    }
    changed = {slug: replace(verified.manifests[slug], compressed_proof=proof) for slug, proof in proofs.items()}
    return replace(verified, manifests={**verified.manifests, **changed}) if changed else verified, new_version
