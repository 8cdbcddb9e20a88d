"""Which of what lies in schema `release` the house did sign, and so may be shown.

From the last manifest backwards: its signature is checked, and it names the digest of the one before, which names that
before it. So one signature holds for all, and thousands are read in the time of a few. Where a manifest was altered or
is gone, the one before it has to hold by its own signature: what is good goes on being shown.

What was proven once is not proven again for each release: `proven_on` goes from there, by the new manifests alone.
"""

import json
from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from sys import intern
from typing import Any, Final, TypeVar

from app.core.signing import PublicKey
from app.domain.releases.manifests import FIRST, FORMAT, Kind, Sealed, digest
from app.domain.releases.models import Audience
from app.domain.releases.queries import Manifest, Released, Withdrawn

Subject = TypeVar("Subject", Released, Withdrawn)


class Wrong(StrEnum):
    """What can be wrong with a catalogue."""

    KEY = "signed with a key that is not believed"
    RETIRED = "signed with a key in whose place another one signs"
    SIGNATURE = "altered, or never signed"
    CATALOGUE = "signed for another catalogue"
    CHAIN = "not the one that the manifest after it names"
    MISSING = "missing"
    BEGINNING = "named as the first, and is not"
    CONTENT = "not what the tables say"
    UNSEALED = "an output has no manifest"
    BACK = "known here before, and is gone or another one"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong: with the manifest of that number, or, where it is 0, with an output without any."""

    number: int
    wrong: Wrong
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The last manifest, and its digest."""

    number: int
    digest: bytes


NO_HEAD: Final = Head(0, bytes.fromhex(FIRST))
"""What the first manifest comes after."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What may be shown to an audience, by slug its manifest, and what was wrong with the rest."""

    outputs: Sequence[Released]
    manifests: Mapping[str, Sealed]
    head: Head | None
    faults: Sequence[Fault]
    withdrawn: Sequence[Withdrawn] = ()
    audience: Audience = Audience.MEMBERS


@dataclass(frozen=True, slots=True)
class _Good:
    """A manifest that the house signed, and what it says."""

    sealed: Sealed
    said: Mapping[str, Any]
    digest: bytes


def prove(
    outputs: Sequence[Released],
    withdrawn: Sequence[Withdrawn],
    backwards: Iterable[Manifest],
    keys: Sequence[PublicKey],
    known: Head | None = None,
    tops: Sequence[Manifest] = (),
    audience: Audience = Audience.MEMBERS,
) -> Proven:
    """Those that a good manifest covers, value for value: the latest of each, so that of an output which was withdrawn
    nothing is shown but that. The manifests come from the last one on, and none is kept as it came. `known` is a head
    seen before.

    All of it is of one catalogue, that of `audience`: a manifest of another one is not good in it.

    `keys` are in the order of their use, the one that signs now first. With `tops`, the last manifest by each key, a
    key signs nothing after one that came later than it did: who has an old key adds nothing.
    """
    faults: list[Fault] = []
    limits, covered = _limits(tops, keys, audience), _Covered(outputs, withdrawn, known)
    for each in _signed(_without_gaps(backwards, faults), keys, limits, faults, audience):
        covered.by(each)
    faults += covered.faults
    if known and not covered.is_known:
        faults.append(Fault(known.number, Wrong.BACK))
    faults += [Fault(0, Wrong.UNSEALED, each.symbol) for each in outputs if each.slug not in covered.latest]
    faults += [Fault(0, Wrong.UNSEALED, each.symbol) for each in withdrawn if each.slug not in covered.latest]
    return Proven(
        [output for output in outputs if output.slug in covered.shown],
        covered.shown | covered.tombs,
        covered.head,
        sorted(faults),
        [each for each in withdrawn if each.slug in covered.tombs],
        audience,
    )


def proven_on(
    before: Proven,
    outputs: Sequence[Released],
    withdrawn: Sequence[Withdrawn],
    manifests: Sequence[Manifest],
    keys: Sequence[PublicKey],
    tops: Sequence[Manifest] = (),
) -> Proven | None:
    """What `prove` would say, if these `manifests`, the last one first, continue the chain that was proven before, and
    tell of all that is different from then. Else None: everything has to be proven.

    So a release or a withdrawal costs what it is, not what there is; and where anything else changed, or something was
    wrong before, nothing is taken over. Whether the manifests of before are as they were, the caller has to know.
    """
    head = before.head or NO_HEAD
    if before.faults or not _continue(manifests, head):
        return None
    faults: list[Fault] = []
    new = list(_signed(manifests, keys, _limits(tops, keys, before.audience), faults, before.audience))
    if faults or (new and new[-1].sealed.previous != head.digest):
        return None
    covered = _Covered(outputs, withdrawn, head)
    for each in new:
        covered.by(each)
    told = covered.latest
    if covered.faults or not (
        _same_but(told, before.outputs, outputs) and _same_but(told, before.withdrawn, withdrawn)
    ):
        return None
    sealed = {slug: each for slug, each in before.manifests.items() if slug not in told}
    last = covered.head or before.head
    return Proven(outputs, sealed | covered.shown | covered.tombs, last, (), withdrawn, before.audience)


def _continue(manifests: Sequence[Manifest], head: Head) -> bool:
    """Whether they have the numbers after that one."""
    return [each.number for each in manifests] == list(range(head.number + len(manifests), head.number, -1))


def _same_but(told: Collection[str], before: Sequence[Subject], now: Sequence[Subject]) -> bool:
    """Whether whatever is not told of is there as it was; what was not read anew is the same object."""
    known = {each.slug: each for each in before if each.slug not in told}
    there = [each for each in now if each.slug not in told]
    return len(there) == len(known) and all((was := known.get(each.slug)) is each or was == each for each in there)


class _Covered:
    """What good manifests, from the last one on, say of what is there: the latest of each output counts."""

    def __init__(self, outputs: Sequence[Released], withdrawn: Sequence[Withdrawn], known: Head | None) -> None:
        self._there = {each.slug: each for each in outputs}
        self._gone = {each.slug: each for each in withdrawn}
        self._known = known
        self.head: Head | None = None
        self.is_known = False
        self.latest: set[str] = set()
        self.shown: dict[str, Sealed] = {}
        self.tombs: dict[str, Sealed] = {}
        self.faults: list[Fault] = []

    def by(self, manifest: _Good) -> None:
        """This is the next one."""
        number, said = manifest.sealed.number, manifest.said["output"]
        found = Head(number, manifest.digest)
        self.head, self.is_known = self.head or found, self.is_known or found == self._known
        slug = str(said["slug"])
        if slug in self.latest:
            return
        self.latest.add(slug)
        is_gone = manifest.said["kind"] == Kind.WITHDRAWAL
        output = self._gone.get(slug) if is_gone else self._there.get(slug)
        other = self._there.get(slug) if is_gone else self._gone.get(slug)
        is_right = output is not None and manifest.said == manifest.sealed.says(output)
        if is_right:
            (self.tombs if is_gone else self.shown)[slug] = manifest.sealed
        if not is_right or other is not None:
            self.faults.append(Fault(number, Wrong.CONTENT, output.symbol if output else str(said["symbol"])))


def _without_gaps(backwards: Iterable[Manifest], faults: list[Fault]) -> Iterator[Manifest]:
    """The same; the numbers that are missing are added to `faults`."""
    expected: int | None = None
    for manifest in backwards:
        if expected is not None:
            faults += [Fault(number, Wrong.MISSING) for number in range(max(manifest.number + 1, 1), expected + 1)]
        expected = manifest.number - 1
        yield manifest
    faults += [Fault(number, Wrong.MISSING) for number in range(1, (expected or 0) + 1)]


def _limits(tops: Sequence[Manifest], keys: Sequence[PublicKey], audience: Audience) -> Mapping[str, int]:
    """By key, the number from which on it signs nothing: that of the last manifest by any key that came later."""
    believed, last = {key.text: key for key in keys}, {each.public_key: each for each in tops}
    limits, limit = {}, 0
    for key in keys:
        if limit:
            limits[key.text] = limit
        top = last.get(key.text)
        if top is not None and isinstance(_one(top, believed, None, audience), _Good):
            limit = max(limit, top.number)
    return limits


def _signed(
    backwards: Iterable[Manifest],
    keys: Sequence[PublicKey],
    limits: Mapping[str, int],
    faults: list[Fault],
    audience: Audience,
) -> Iterator[_Good]:
    """Those that the house signed, the last first; what is wrong with the others is added to `faults`."""
    believed, after = {key.text: key for key in keys}, None
    for manifest in backwards:
        follows = after if after and after.sealed.number == manifest.number + 1 else None
        is_late = manifest.number > limits.get(manifest.public_key, manifest.number)
        found = Wrong.RETIRED if is_late else _one(manifest, believed, follows, audience)
        after = found if isinstance(found, _Good) else None
        if isinstance(found, _Good):
            yield found
        else:
            faults.append(Fault(manifest.number, found))


def _one(manifest: Manifest, keys: Mapping[str, PublicKey], after: _Good | None, audience: Audience) -> _Good | Wrong:
    if (key := keys.get(manifest.public_key)) is None:
        return Wrong.KEY
    own = digest(manifest.statement, manifest.signature, manifest.public_key)
    if after is not None and own != after.sealed.previous:
        return Wrong.CHAIN
    try:
        signature = b64decode(manifest.signature, validate=True)
        if after is None and not key.holds(signature, manifest.statement.encode()):
            return Wrong.SIGNATURE
        said = json.loads(manifest.statement)
        if (said["format"], said["number"]) != (FORMAT, manifest.number):
            return Wrong.SIGNATURE
        if said.get("catalogue", Audience.MEMBERS) != audience:
            return Wrong.CATALOGUE
        if (said["previous"] == FIRST) != (manifest.number == 1):
            return Wrong.BEGINNING
        portal = intern(str(said["portal"]))  # the same in nearly all
        previous = bytes.fromhex(said["previous"])
        sealed = Sealed(manifest.number, previous, portal, signature, key.text, manifest.place, audience)
    except (ValueError, KeyError, TypeError):
        return Wrong.SIGNATURE
    return _Good(sealed, said, own)
