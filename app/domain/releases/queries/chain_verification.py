"""Verify which rows of schema `release` the portal signed, and so may be shown.

What: every entry needs a manifest that states it value for value, the latest one counts, and the manifests of a
catalogue form a chain: numbers without gaps, each naming the digest of the one before. `verify_catalogue` checks a
whole chain, `verify_catalogue_growth` continues a verified one with new manifests alone.

Why: a person who took over schema `release` or its store must be able neither to add nor to change anything
(docs/decisions/manifests.md; the checks are listed in docs/manifests.md). A signature takes a hundred times as long to
check as a digest. The chain is therefore walked from its last manifest backwards: one valid signature holds for all
before it.

Invariants:
- Nothing is shown that a valid manifest does not state; a fault hides its own entry only, never the others. Hiding an
  entry is possible, and is always a fault.
- A manifest is believed for the digest that the valid one after it names, or else for its own signature; never for its
  place in the table. If one was altered or is missing, the one before it must hold by its own signature.
- A key signs nothing after a later key was used, so that an old key that leaked adds nothing.
- A head seen before (`known_head`) must still be in the chain, so that an older state is not taken for the present one.
- `verify_catalogue_growth` returns what `verify_catalogue` would, or None.
"""

import json
from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from sys import intern
from typing import Any, Final, TypeVar

from app.core.signing import PublicKey
from app.domain.releases.models import Audience
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, Manifest, WithdrawnEntry
from app.domain.releases.queries.manifests import (
    MANIFEST_FORMAT,
    NO_PREVIOUS_DIGEST,
    ManifestKind,
    VerifiedManifest,
    compute_manifest_digest,
)

EntryT = TypeVar("EntryT", CatalogueEntry, WithdrawnEntry)


class CatalogueFaultKind(StrEnum):
    """Kinds of faults of a catalogue."""

    UNKNOWN_KEY = "signed with a key that is not believed"
    RETIRED_KEY = "signed with a key in whose place another one signs"
    INVALID_SIGNATURE = "altered, or never signed"
    OTHER_CATALOGUE = "signed for another catalogue"
    BROKEN_CHAIN = "not the one that the manifest after it names"
    MISSING_MANIFEST = "missing"
    WRONG_FIRST = "named as the first, and is not"
    CONTENT_MISMATCH = "not what the tables say"
    NO_MANIFEST = "an output has no manifest"
    ROLLED_BACK = "known here before, and is gone or another one"


@dataclass(frozen=True, slots=True, order=True)
class CatalogueFault:
    """A fault of the manifest with this number; number 0 is an entry without a manifest."""

    number: int
    kind: CatalogueFaultKind
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueHead:
    """The last manifest of a catalogue: its number and digest."""

    number: int
    digest: bytes


EMPTY_CATALOGUE_HEAD: Final = CatalogueHead(0, bytes.fromhex(NO_PREVIOUS_DIGEST))
"""The head of a catalogue without manifests."""


@dataclass(frozen=True, slots=True)
class VerifiedCatalogue:
    """The verified part of a catalogue: what may be shown to an audience, the manifests by slug, and the faults of the
    rest."""

    outputs: Sequence[CatalogueEntry]
    manifests: Mapping[str, VerifiedManifest]
    head: CatalogueHead | None
    faults: Sequence[CatalogueFault]
    withdrawn: Sequence[WithdrawnEntry] = ()
    audience: Audience = Audience.MEMBERS


@dataclass(frozen=True, slots=True)
class _CheckedManifest:
    """A manifest that the portal signed, and its parsed statement."""

    manifest: VerifiedManifest
    content: Mapping[str, Any]
    digest: bytes


def verify_catalogue(
    outputs: Sequence[CatalogueEntry],
    withdrawn: Sequence[WithdrawnEntry],
    backwards: Iterable[Manifest],
    keys: Sequence[PublicKey],
    known_head: CatalogueHead | None = None,
    last_by_key: Sequence[Manifest] = (),
    audience: Audience = Audience.MEMBERS,
) -> VerifiedCatalogue:
    """Return the entries that a valid manifest covers value for value; the latest manifest of each entry counts.

    Manifests come from the last one backwards. All belong to the catalogue of `audience`; one of another catalogue is a
    fault. `known_head` is a head seen before, which must still be there. `keys` are in the order of their use, the
    current one first. `last_by_key` are the last manifests by key: a key signs nothing after a later key was used, so
    an old key that leaked adds nothing.
    """
    faults: list[CatalogueFault] = []
    limits, covered = _last_numbers_by_key(last_by_key, keys, audience), _Coverage(outputs, withdrawn, known_head)
    for manifest in _iterate_signed(_without_gaps(backwards, faults), keys, limits, faults, audience):
        covered.add(manifest)
    faults += covered.faults
    if known_head and not covered.is_known:
        faults.append(CatalogueFault(known_head.number, CatalogueFaultKind.ROLLED_BACK))
    faults += [
        CatalogueFault(0, CatalogueFaultKind.NO_MANIFEST, each.symbol)
        for each in outputs
        if each.slug not in covered.latest
    ]
    faults += [
        CatalogueFault(0, CatalogueFaultKind.NO_MANIFEST, each.symbol)
        for each in withdrawn
        if each.slug not in covered.latest
    ]
    return VerifiedCatalogue(
        [output for output in outputs if output.slug in covered.shown],
        covered.shown | covered.withdrawals,
        covered.head,
        sorted(faults),
        [each for each in withdrawn if each.slug in covered.withdrawals],
        audience,
    )


def verify_catalogue_growth(
    before: VerifiedCatalogue,
    outputs: Sequence[CatalogueEntry],
    withdrawn: Sequence[WithdrawnEntry],
    manifests: Sequence[Manifest],
    keys: Sequence[PublicKey],
    last_by_key: Sequence[Manifest] = (),
) -> VerifiedCatalogue | None:
    """Verify that a catalogue verified before grew by these manifests, the last one first, and by nothing else; else
    None.

    None means that everything has to be verified again with `verify_catalogue`. So a release or a withdrawal costs what
    it adds, not what there is. The caller makes sure that the earlier manifests are unchanged.
    """
    head = before.head or EMPTY_CATALOGUE_HEAD
    if before.faults or not _has_next_numbers(manifests, head):
        return None
    faults: list[CatalogueFault] = []
    new = list(
        _iterate_signed(
            manifests, keys, _last_numbers_by_key(last_by_key, keys, before.audience), faults, before.audience
        )
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
    return VerifiedCatalogue(
        outputs, unchanged | covered.shown | covered.withdrawals, new_head, [], withdrawn, before.audience
    )


def _has_next_numbers(manifests: Sequence[Manifest], head: CatalogueHead) -> bool:
    """Whether the numbers of these manifests follow that of the head without gaps."""
    return [each.number for each in manifests] == list(range(head.number + len(manifests), head.number, -1))


def _is_equal_except(changed: Collection[str], before: Sequence[EntryT], now: Sequence[EntryT]) -> bool:
    """Whether all entries but the changed ones are equal to those before."""
    known = {each.slug: each for each in before if each.slug not in changed}
    unchanged = [each for each in now if each.slug not in changed]
    return len(unchanged) == len(known) and all(
        (was := known.get(each.slug)) is each or was == each for each in unchanged
    )


class _Coverage:
    """What valid manifests, added from the last one backwards, say of the entries; the latest of each entry counts."""

    def __init__(
        self, outputs: Sequence[CatalogueEntry], withdrawn: Sequence[WithdrawnEntry], known: CatalogueHead | None
    ) -> None:
        self._entries = {each.slug: each for each in outputs}
        self._withdrawn = {each.slug: each for each in withdrawn}
        self._known = known
        self.head: CatalogueHead | None = None
        self.is_known = False
        self.latest: set[str] = set()
        self.shown: dict[str, VerifiedManifest] = {}
        self.withdrawals: dict[str, VerifiedManifest] = {}
        self.faults: list[CatalogueFault] = []

    def add(self, checked: _CheckedManifest) -> None:
        """Take the next manifest into account."""
        number, content = checked.manifest.number, checked.content["output"]
        head = CatalogueHead(number, checked.digest)
        self.head, self.is_known = self.head or head, self.is_known or head == self._known
        slug = str(content["slug"])
        if slug in self.latest:
            return
        self.latest.add(slug)
        is_withdrawn = checked.content["kind"] == ManifestKind.WITHDRAWAL
        entry = self._withdrawn.get(slug) if is_withdrawn else self._entries.get(slug)
        contrary = self._entries.get(slug) if is_withdrawn else self._withdrawn.get(slug)
        matches = entry is not None and checked.content == checked.manifest.build_statement(entry)
        if matches:
            (self.withdrawals if is_withdrawn else self.shown)[slug] = checked.manifest
        if not matches or contrary is not None:
            self.faults.append(
                CatalogueFault(
                    number, CatalogueFaultKind.CONTENT_MISMATCH, entry.symbol if entry else str(content["symbol"])
                )
            )


def _without_gaps(backwards: Iterable[Manifest], faults: list[CatalogueFault]) -> Iterator[Manifest]:
    """Yield the manifests unchanged, and add the numbers that are missing to `faults`."""
    expected: int | None = None
    for manifest in backwards:
        if expected is not None:
            faults += [
                CatalogueFault(number, CatalogueFaultKind.MISSING_MANIFEST)
                for number in range(max(manifest.number + 1, 1), expected + 1)
            ]
        expected = manifest.number - 1
        yield manifest
    faults += [CatalogueFault(number, CatalogueFaultKind.MISSING_MANIFEST) for number in range(1, (expected or 0) + 1)]


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
    faults: list[CatalogueFault],
    audience: Audience,
) -> Iterator[_CheckedManifest]:
    """Yield the manifests that the portal signed, and add what is wrong with the others to `faults`."""
    known_keys, after = {key.text: key for key in keys}, None
    for manifest in backwards:
        follows = after if after and after.manifest.number == manifest.number + 1 else None
        is_late = manifest.number > limits.get(manifest.public_key, manifest.number)
        checked = (
            CatalogueFaultKind.RETIRED_KEY if is_late else _check_manifest(manifest, known_keys, follows, audience)
        )
        after = checked if isinstance(checked, _CheckedManifest) else None
        if isinstance(checked, _CheckedManifest):
            yield checked
        else:
            faults.append(CatalogueFault(manifest.number, checked))


def _check_manifest(
    manifest: Manifest, keys: Mapping[str, PublicKey], after: _CheckedManifest | None, audience: Audience
) -> _CheckedManifest | CatalogueFaultKind:
    """Check one manifest; `after` is the valid one that follows it and names its digest. Returns the kind of fault
    otherwise."""
    if (key := keys.get(manifest.public_key)) is None:
        return CatalogueFaultKind.UNKNOWN_KEY
    own_digest = compute_manifest_digest(manifest.statement, manifest.signature, manifest.public_key)
    if after is not None and own_digest != after.manifest.previous:
        return CatalogueFaultKind.BROKEN_CHAIN
    try:
        signature = b64decode(manifest.signature, validate=True)
        if after is None and not key.verify(signature, manifest.statement.encode()):
            return CatalogueFaultKind.INVALID_SIGNATURE
        content = json.loads(manifest.statement)
        if (content["format"], content["number"]) != (MANIFEST_FORMAT, manifest.number):
            return CatalogueFaultKind.INVALID_SIGNATURE
        if content.get("catalogue", Audience.MEMBERS) != audience:
            return CatalogueFaultKind.OTHER_CATALOGUE
        if (content["previous"] == NO_PREVIOUS_DIGEST) != (manifest.number == 1):
            return CatalogueFaultKind.WRONG_FIRST
        portal = intern(str(content["portal"]))  # nearly all manifests share it: one string
        previous = bytes.fromhex(content["previous"])
        sealed = VerifiedManifest(
            manifest.number, previous, portal, signature, key.text, manifest.compressed_proof, audience
        )
    except (ValueError, KeyError, TypeError):
        return CatalogueFaultKind.INVALID_SIGNATURE
    return _CheckedManifest(sealed, content, own_digest)
