"""Load and verify schema `release` in a process, fully or incrementally.

Everything is read and verified when a process starts, when there was a fault or a change that no new manifest accounts
for, and at least once per `FULL_VERIFICATION_INTERVAL`. In between, an update asks for the versions of all rows, reads
those that changed, and verifies the manifests that continue the chain. A row altered, deleted or exchanged without the
portal is noticed by its version at the next update, and leads to a full verification.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from app.core.db import ReadSession
from app.core.signing import PublicKey
from app.domain.releases import queries, versions
from app.domain.releases.chain import Head, Proven, prove, proven_on
from app.domain.releases.models import Audience
from app.domain.releases.queries import Released, Withdrawn

EVERY: Final = timedelta(hours=24)
"""The longest time between full verifications."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All rows of schema `release` at one time, with a version of each output.

    By audience: what may be shown, and the version of the manifests; and the version of the inclusion proofs.
    """

    outputs: Sequence[Released]
    versions: Sequence[int]
    proven: Mapping[Audience, Proven]
    sealed: Mapping[Audience, int]
    places: int


def read(
    session: ReadSession, keys: Sequence[PublicKey], heads: Mapping[Audience, Head], before: Reading | None = None
) -> Reading:
    """Read and verify everything, in a REPEATABLE READ transaction.

    `heads` were seen before and must still be there. Entries equal to those of `before` are that object, to save
    memory.
    """
    known = {output.slug: output for output in before.outputs} if before else queries.NOTHING_KNOWN
    outputs = queries.everything(session, known=known)

    def verify(audience: Audience, entries: Sequence[Released]) -> Proven:
        withdrawn, tops = queries.withdrawn(session, audience=audience), queries.tops(session, audience)
        return prove(
            entries, withdrawn, queries.backwards(session, audience), keys, heads.get(audience), tops, audience
        )

    members = verify(Audience.MEMBERS, outputs)
    # From the verified entries of the members, so that nothing unverified becomes public.
    public = verify(Audience.PUBLIC, queries.told_publicly(members.outputs))
    return Reading(
        outputs,
        array("q", (each.version for each in versions.of_outputs(session))),
        {each.audience: each for each in (members, public)},
        {audience: versions.of_manifests(session, audience, 0)[1] for audience in Audience},
        versions.of_places(session, 0)[1],
    )


def read_on(session: ReadSession, keys: Sequence[PublicKey], before: Reading) -> Reading | None:
    """Update a snapshot by new manifests alone; None if anything else changed, and everything has to be read again."""
    known = {each.slug: (each, version) for each, version in zip(before.outputs, before.versions, strict=True)}
    rows = versions.of_outputs(session)
    changed = [row.id for row in rows if row.slug not in known or known[row.slug][1] != row.version]
    reread = {each.slug: each for each in queries.those(session, changed)}
    outputs = [reread[row.slug] if row.slug in reread else known[row.slug][0] for row in rows]
    members = _verify_growth(session, keys, before, Audience.MEMBERS, outputs)
    public = members and _verify_growth(
        session, keys, before, Audience.PUBLIC, queries.told_publicly(members[0].outputs)
    )
    if not members or not public:
        return None
    verified, proofs_version = _add_new_proofs(session, members[0], before)
    if verified is None:
        return None
    verified_by_audience, manifest_versions = {Audience.MEMBERS: verified}, {Audience.MEMBERS: members[1]}
    verified_by_audience[Audience.PUBLIC], manifest_versions[Audience.PUBLIC] = public
    return Reading(
        outputs, array("q", (row.version for row in rows)), verified_by_audience, manifest_versions, proofs_version
    )


def _verify_growth(
    session: ReadSession, keys: Sequence[PublicKey], before: Reading, audience: Audience, outputs: Sequence[Released]
) -> tuple[Proven, int] | None:
    """Verify the growth of one catalogue; return it with the version of its manifests, or None."""
    verified = before.proven[audience]
    last_number = verified.head.number if verified.head else 0
    old_version, new_version = versions.of_manifests(session, audience, last_number)
    if old_version != before.sealed[audience]:
        return None
    withdrawn = _reuse_known(verified.withdrawn, queries.withdrawn(session, audience=audience))
    new = list(queries.backwards(session, audience, after=last_number))
    grown = proven_on(verified, outputs, withdrawn, new, keys, queries.tops(session, audience) if new else ())
    return (grown, new_version) if grown else None


def _reuse_known(before: Sequence[Withdrawn], now: Sequence[Withdrawn]) -> Sequence[Withdrawn]:
    """Return the entries of now; those equal to one before are that object, to save memory."""
    known = {each.slug: each for each in before}
    return [was if (was := known.get(each.slug)) == each else each for each in now]


def _add_new_proofs(session: ReadSession, verified: Proven, before: Reading) -> tuple[Proven | None, int]:
    """Add the inclusion proofs stored since; None if others changed. Also returns the version of all proofs."""
    head = before.proven[Audience.MEMBERS].head
    last_number = head.number if head else 0
    without = {sealed.number: slug for slug, sealed in verified.manifests.items() if not sealed.place}
    old_version, new_version = versions.of_places(session, last_number, without)
    if old_version != before.places:
        return None, new_version
    proofs = {without[number]: place for number, place in queries.places_of(session, without).items()}
    changed = {slug: replace(verified.manifests[slug], place=place) for slug, place in proofs.items()}
    return replace(verified, manifests={**verified.manifests, **changed}) if changed else verified, new_version
