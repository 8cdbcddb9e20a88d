"""What a process reads and proves of schema `release`, and what of that need not be done again.

Everything is read and proven when a process starts, when something was wrong or anything is different that no new
manifest tells of, and from time to time (`EVERY`). In between a renewal asks for the versions of all rows, reads what
has another one, and proves the manifests that continue the chain: an alteration, a deletion or an exchange behind the
back of the house is seen in the versions, at the same renewal, and has everything proven.
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
"""So often at least everything is proven."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that lay in the tables, with a version for each output; by audience what of it may be shown, and the version
    of the manifests that say so; and that of their places in the ledger."""

    outputs: Sequence[Released]
    versions: Sequence[int]
    proven: Mapping[Audience, Proven]
    sealed: Mapping[Audience, int]
    places: int


def read(
    session: ReadSession, keys: Sequence[PublicKey], heads: Mapping[Audience, Head], before: Reading | None = None
) -> Reading:
    """Read and prove everything, in a transaction of one state. `heads` were seen before; what is the same as in
    `before` is held once."""
    known = {output.slug: output for output in before.outputs} if before else queries.NOTHING_KNOWN
    outputs = queries.everything(session, known=known)

    def proven(audience: Audience, those: Sequence[Released]) -> Proven:
        gone, tops = queries.withdrawn(session, audience=audience), queries.tops(session, audience)
        return prove(those, gone, queries.backwards(session, audience), keys, heads.get(audience), tops, audience)

    members = proven(Audience.MEMBERS, outputs)
    # Of what the members may read, so that nobody reads here what they may not.
    public = proven(Audience.PUBLIC, queries.told_publicly(members.outputs))
    return Reading(
        outputs,
        array("q", (each.version for each in versions.of_outputs(session))),
        {each.audience: each for each in (members, public)},
        {audience: versions.of_manifests(session, audience, 0)[1] for audience in Audience},
        versions.of_places(session, 0)[1],
    )


def read_on(session: ReadSession, keys: Sequence[PublicKey], before: Reading) -> Reading | None:
    """The same, where it is what was read before and what new manifests tell of; else None, and all has to be read."""
    there = {each.slug: (each, version) for each, version in zip(before.outputs, before.versions, strict=True)}
    rows = versions.of_outputs(session)
    changed = [row.id for row in rows if row.slug not in there or there[row.slug][1] != row.version]
    anew = {each.slug: each for each in queries.those(session, changed)}
    outputs = [anew[row.slug] if row.slug in anew else there[row.slug][0] for row in rows]
    members = _proven_on(session, keys, before, Audience.MEMBERS, outputs)
    public = members and _proven_on(session, keys, before, Audience.PUBLIC, queries.told_publicly(members[0].outputs))
    if not members or not public:
        return None
    placed, places = _placed(session, members[0], before)
    if placed is None:
        return None
    proven, sealed = {Audience.MEMBERS: placed}, {Audience.MEMBERS: members[1]}
    proven[Audience.PUBLIC], sealed[Audience.PUBLIC] = public
    return Reading(outputs, array("q", (row.version for row in rows)), proven, sealed, places)


def _proven_on(
    session: ReadSession, keys: Sequence[PublicKey], before: Reading, audience: Audience, outputs: Sequence[Released]
) -> tuple[Proven, int] | None:
    """What may be shown of these, and the version of the manifests that say so."""
    was = before.proven[audience]
    last = was.head.number if was.head else 0
    as_they_were, sealed = versions.of_manifests(session, audience, last)
    if as_they_were != before.sealed[audience]:
        return None
    gone = _same(was.withdrawn, queries.withdrawn(session, audience=audience))
    new = list(queries.backwards(session, audience, after=last))
    proven = proven_on(was, outputs, gone, new, keys, queries.tops(session, audience) if new else ())
    return (proven, sealed) if proven else None


def _same(before: Sequence[Withdrawn], now: Sequence[Withdrawn]) -> Sequence[Withdrawn]:
    """The same as now; what was there before is held once."""
    known = {each.slug: each for each in before}
    return [was if (was := known.get(each.slug)) == each else each for each in now]


def _placed(session: ReadSession, proven: Proven, before: Reading) -> tuple[Proven | None, int]:
    """With the places in the ledger that came since, if the others are as they were; and the version of all."""
    head = before.proven[Audience.MEMBERS].head
    last = head.number if head else 0
    without = {sealed.number: slug for slug, sealed in proven.manifests.items() if not sealed.place}
    as_they_were, places = versions.of_places(session, last, without)
    if as_they_were != before.places:
        return None, places
    found = {without[number]: place for number, place in queries.places_of(session, without).items()}
    placed = {slug: replace(proven.manifests[slug], place=place) for slug, place in found.items()}
    return replace(proven, manifests={**proven.manifests, **placed}) if placed else proven, places
