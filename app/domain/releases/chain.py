"""Verify which rows of schema `release` the portal signed, and so may be shown.

Manifests are checked from the last one backwards: each names the digest of the one before, so one valid signature holds
for all before it, and thousands are checked in the time of a few. If a manifest was altered or is missing, the one
before it must hold by its own signature; valid entries are still shown.

What was verified once is not verified again for each release: `verify_catalogue_growth` continues with the new
manifests alone.
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
    """Kinds of faults of a catalogue."""

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
    """A fault of the manifest with this number; number 0 is an entry without a manifest."""

    number: int
    wrong: Wrong
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The last manifest of a catalogue: its number and digest."""

    number: int
    digest: bytes


NO_HEAD: Final = Head(0, bytes.fromhex(FIRST))
"""The head of a catalogue without manifests."""


@dataclass(frozen=True, slots=True)
class Proven:
    """The verified part of a catalogue: what may be shown to an audience, the manifests by slug, and the faults of the
    rest."""

    outputs: Sequence[Released]
    manifests: Mapping[str, Sealed]
    head: Head | None
    faults: Sequence[Fault]
    withdrawn: Sequence[Withdrawn] = ()
    audience: Audience = Audience.MEMBERS


@dataclass(frozen=True, slots=True)
class _CheckedManifest:
    """A manifest that the portal signed, and its parsed statement."""

    manifest: Sealed
    content: Mapping[str, Any]
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
    """Return the entries that a valid manifest covers value for value; the latest manifest of each entry counts.

    Manifests come from the last one backwards. All belong to the catalogue of `audience`; one of another catalogue is a
    fault. `known` is a head seen before, which must still be there. `keys` are in the order of their use, the current
    one first. `tops` are the last manifests by key: a key signs nothing after a later key was used, so an old key that
    leaked adds nothing.
    """
    faults: list[Fault] = []
    limits, covered = _last_numbers_by_key(tops, keys, audience), _Coverage(outputs, withdrawn, known)
    for manifest in _iterate_signed(_without_gaps(backwards, faults), keys, limits, faults, audience):
        covered.add(manifest)
    faults += covered.faults
    if known and not covered.is_known:
        faults.append(Fault(known.number, Wrong.BACK))
    faults += [Fault(0, Wrong.UNSEALED, each.symbol) for each in outputs if each.slug not in covered.latest]
    faults += [Fault(0, Wrong.UNSEALED, each.symbol) for each in withdrawn if each.slug not in covered.latest]
    return Proven(
        [output for output in outputs if output.slug in covered.shown],
        covered.shown | covered.withdrawals,
        covered.head,
        sorted(faults),
        [each for each in withdrawn if each.slug in covered.withdrawals],
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
    """Verify that a catalogue verified before grew by these manifests, the last one first, and by nothing else; else
    None.

    None means that everything has to be verified again with `verify_catalogue`. So a release or a withdrawal costs what
    it adds, not what there is. The caller makes sure that the earlier manifests are unchanged.
    """
    head = before.head or NO_HEAD
    if before.faults or not _has_next_numbers(manifests, head):
        return None
    faults: list[Fault] = []
    new = list(
        _iterate_signed(manifests, keys, _last_numbers_by_key(tops, keys, before.audience), faults, before.audience)
    )
    if faults or (new and new[-1].manifest.previous != head.digest):
        return None
    covered = _Coverage(outputs, withdrawn, head)
    for manifest in new:
        covered.add(manifest)
    changed = covered.latest
    if covered.faults or not (
        _is_equal_except(changed, before.outputs, outputs) and _is_equal_except(changed, before.withdrawn, withdrawn)
    ):
        return None
    unchanged = {slug: each for slug, each in before.manifests.items() if slug not in changed}
    new_head = covered.head or before.head
    return Proven(outputs, unchanged | covered.shown | covered.withdrawals, new_head, [], withdrawn, before.audience)


def _has_next_numbers(manifests: Sequence[Manifest], head: Head) -> bool:
    """Whether the numbers of these manifests follow that of the head without gaps."""
    return [each.number for each in manifests] == list(range(head.number + len(manifests), head.number, -1))


def _is_equal_except(changed: Collection[str], before: Sequence[Subject], now: Sequence[Subject]) -> bool:
    """Whether all entries but the changed ones are equal to those before."""
    known = {each.slug: each for each in before if each.slug not in changed}
    unchanged = [each for each in now if each.slug not in changed]
    return len(unchanged) == len(known) and all(
        (was := known.get(each.slug)) is each or was == each for each in unchanged
    )


class _Coverage:
    """What valid manifests, added from the last one backwards, say of the entries; the latest of each entry counts."""

    def __init__(self, outputs: Sequence[Released], withdrawn: Sequence[Withdrawn], known: Head | None) -> None:
        self._entries = {each.slug: each for each in outputs}
        self._withdrawn = {each.slug: each for each in withdrawn}
        self._known = known
        self.head: Head | None = None
        self.is_known = False
        self.latest: set[str] = set()
        self.shown: dict[str, Sealed] = {}
        self.withdrawals: dict[str, Sealed] = {}
        self.faults: list[Fault] = []

    def add(self, checked: _CheckedManifest) -> None:
        """Take the next manifest into account."""
        number, content = checked.manifest.number, checked.content["output"]
        head = Head(number, checked.digest)
        self.head, self.is_known = self.head or head, self.is_known or head == self._known
        slug = str(content["slug"])
        if slug in self.latest:
            return
        self.latest.add(slug)
        is_withdrawn = checked.content["kind"] == Kind.WITHDRAWAL
        entry = self._withdrawn.get(slug) if is_withdrawn else self._entries.get(slug)
        contrary = self._entries.get(slug) if is_withdrawn else self._withdrawn.get(slug)
        matches = entry is not None and checked.content == checked.manifest.says(entry)
        if matches:
            (self.withdrawals if is_withdrawn else self.shown)[slug] = checked.manifest
        if not matches or contrary is not None:
            self.faults.append(Fault(number, Wrong.CONTENT, entry.symbol if entry else str(content["symbol"])))


def _without_gaps(backwards: Iterable[Manifest], faults: list[Fault]) -> Iterator[Manifest]:
    """Yield the manifests unchanged, and add the numbers that are missing to `faults`."""
    expected: int | None = None
    for manifest in backwards:
        if expected is not None:
            faults += [Fault(number, Wrong.MISSING) for number in range(max(manifest.number + 1, 1), expected + 1)]
        expected = manifest.number - 1
        yield manifest
    faults += [Fault(number, Wrong.MISSING) for number in range(1, (expected or 0) + 1)]


def _last_numbers_by_key(tops: Sequence[Manifest], keys: Sequence[PublicKey], audience: Audience) -> Mapping[str, int]:
    """Return, by key, the number after which it signs nothing: that of the last manifest by any later key."""
    known_keys, last = {key.text: key for key in keys}, {each.public_key: each for each in tops}
    limits, limit = {}, 0
    for key in keys:
        if limit:
            limits[key.text] = limit
        top = last.get(key.text)
        if top is not None and isinstance(_check_manifest(top, known_keys, None, audience), _CheckedManifest):
            limit = max(limit, top.number)
    return limits


def _iterate_signed(
    backwards: Iterable[Manifest],
    keys: Sequence[PublicKey],
    limits: Mapping[str, int],
    faults: list[Fault],
    audience: Audience,
) -> Iterator[_CheckedManifest]:
    """Yield the manifests that the portal signed, and add what is wrong with the others to `faults`."""
    known_keys, after = {key.text: key for key in keys}, None
    for manifest in backwards:
        follows = after if after and after.manifest.number == manifest.number + 1 else None
        is_late = manifest.number > limits.get(manifest.public_key, manifest.number)
        checked = Wrong.RETIRED if is_late else _check_manifest(manifest, known_keys, follows, audience)
        after = checked if isinstance(checked, _CheckedManifest) else None
        if isinstance(checked, _CheckedManifest):
            yield checked
        else:
            faults.append(Fault(manifest.number, checked))


def _check_manifest(
    manifest: Manifest, keys: Mapping[str, PublicKey], after: _CheckedManifest | None, audience: Audience
) -> _CheckedManifest | Wrong:
    """Check one manifest; `after` is the valid one that follows it and names its digest. Returns the kind of fault
    otherwise."""
    if (key := keys.get(manifest.public_key)) is None:
        return Wrong.KEY
    own_digest = digest(manifest.statement, manifest.signature, manifest.public_key)
    if after is not None and own_digest != after.manifest.previous:
        return Wrong.CHAIN
    try:
        signature = b64decode(manifest.signature, validate=True)
        if after is None and not key.holds(signature, manifest.statement.encode()):
            return Wrong.SIGNATURE
        content = json.loads(manifest.statement)
        if (content["format"], content["number"]) != (FORMAT, manifest.number):
            return Wrong.SIGNATURE
        if content.get("catalogue", Audience.MEMBERS) != audience:
            return Wrong.CATALOGUE
        if (content["previous"] == FIRST) != (manifest.number == 1):
            return Wrong.BEGINNING
        portal = intern(str(content["portal"]))  # nearly all manifests share it: one string
        previous = bytes.fromhex(content["previous"])
        sealed = Sealed(manifest.number, previous, portal, signature, key.text, manifest.place, audience)
    except (ValueError, KeyError, TypeError):
        return Wrong.SIGNATURE
    return _CheckedManifest(sealed, content, own_digest)
