"""Which of what lies in schema `release` the house did sign, and so may be shown.

From the last manifest backwards: its signature is checked, and it names the digest of the one before, which names that
before it. So one signature holds for all, and thousands are read in the time of a few. Where a manifest was altered or
is gone, the one before it has to hold by its own signature: what is good goes on being shown.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from sys import intern
from typing import Any

from app.core.signing import PublicKey
from app.domain.releases.manifests import FIRST, FORMAT, Kind, Sealed, digest
from app.domain.releases.models import Audience
from app.domain.releases.queries import Manifest, Released, Withdrawn


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
    there, gone = {each.slug: each for each in outputs}, {each.slug: each for each in withdrawn}
    latest: set[str] = set()
    shown: dict[str, Sealed] = {}
    tombs: dict[str, Sealed] = {}
    head, is_known = None, known is None
    limits = _limits(tops, keys, audience)
    for each in _signed(_without_gaps(backwards, faults), keys, limits, faults, audience):
        found, said = Head(each.sealed.number, each.digest), each.said["output"]
        head, is_known = head or found, is_known or found == known
        slug = str(said["slug"])
        if slug in latest:
            continue
        latest.add(slug)
        is_gone = each.said["kind"] == Kind.WITHDRAWAL
        output = gone.get(slug) if is_gone else there.get(slug)
        other = there.get(slug) if is_gone else gone.get(slug)
        is_right = output is not None and each.said == each.sealed.says(output)
        if is_right:
            (tombs if is_gone else shown)[slug] = each.sealed
        if not is_right or other is not None:
            symbol = output.symbol if output else str(said["symbol"])
            faults.append(Fault(each.sealed.number, Wrong.CONTENT, symbol))
    if known and not is_known:
        faults.append(Fault(known.number, Wrong.BACK))
    faults += [Fault(0, Wrong.UNSEALED, each.symbol) for each in outputs if each.slug not in latest]
    faults += [Fault(0, Wrong.UNSEALED, each.symbol) for each in withdrawn if each.slug not in latest]
    return Proven(
        [output for output in outputs if output.slug in shown],
        shown | tombs,
        head,
        sorted(faults),
        [each for each in withdrawn if each.slug in tombs],
        audience,
    )


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
