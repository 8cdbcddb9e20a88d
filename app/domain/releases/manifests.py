"""Manifests: what the house signs of everything that it lets out, and how that is written (docs/manifests.md).

A manifest says all that the read path shows of an output, has its number in the catalogue, and names the digest of the
manifest before it: so the last one stands for the whole catalogue. The same form as a receipt.
"""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum

from app.core.canonical import canonical, instant
from app.core.signing import PublicKey, enveloped
from app.domain.releases.models import Audience
from app.domain.releases.places import is_good, unpacked
from app.domain.releases.queries import Manifest, Released, Said, Text, Withdrawn

FORMAT = "cwg-release/1"
FIRST = "0" * 64
"""What the first manifest names as the one before it."""


class Kind(StrEnum):
    """What a manifest tells of."""

    RELEASE = "release"
    WITHDRAWAL = "withdrawal"


# Whatever is added to these is signed as well, and so has to be as it was signed before it is shown.
TEXT = tuple(field.name for field in fields(Text))
SAID = tuple(field.name for field in fields(Said))
APART = ("texts", "statements", "topics")
OUTPUT = tuple(field.name for field in fields(Released) if field.name not in APART)
WHY = ("reason", "language", "decided_by", "replaced_by", "replaced_by_slug", "manifest", "manifest_digest")
WITHDRAWN = tuple(
    field.name for field in fields(Withdrawn) if field.name not in (*WHY, "withdrawn_at", "topics", "texts")
)


NOTHING = (None, ())
"""What an output does not have is left out: so what is signed today still holds when later ones can have more."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A manifest without what it says of the output. `signature` and `previous` are bytes, for there are many."""

    number: int
    previous: bytes
    portal: str
    signature: bytes
    public_key: str
    place: bytes = b""
    audience: Audience = Audience.MEMBERS

    def says(self, output: Released | Withdrawn) -> Mapping[str, object]:
        """What stands in the statement, if it is about that output."""
        previous = self.previous.hex()
        return statement(output, number=self.number, previous=previous, portal=self.portal, audience=self.audience)

    def file(self, output: Released | Withdrawn, keys: Sequence[PublicKey]) -> bytes:
        """The manifest of that output, to keep; with its place in the ledger, if one of these keys signed that."""
        said = canonical(self.says(output))
        place = unpacked(self.place)
        if place and not is_good(place, named(said.decode()), self.portal, keys):
            place = None
        return enveloped(said, self.signature, PublicKey.read(self.public_key), place)


def statement(
    output: Released | Withdrawn,
    *,
    number: int,
    previous: str,
    portal: str,
    audience: Audience = Audience.MEMBERS,
) -> Mapping[str, object]:
    """What is signed of a release or a withdrawal, before it is made bytes. A manifest of the public says that it is
    one, so that it holds nowhere else."""
    said = _withdrawal(output) if isinstance(output, Withdrawn) else _release(output)
    which = {"catalogue": audience.value} if audience == Audience.PUBLIC else {}
    return {"format": FORMAT, "number": number, "previous": previous, "portal": portal, **which, **said}


def _release(output: Released) -> Mapping[str, object]:
    """Without topics nothing is said of them, as before there were any. One that completes an advance version is of the
    instant at which it did."""
    topics = [{"code": topic.code, "names": topic.names} for topic in output.topics]
    return {
        "kind": Kind.RELEASE.value,
        "at": instant(output.changed_at),
        "output": _there(output, OUTPUT),
        "files": [{name: getattr(text, name) for name in TEXT} for text in output.texts],
        "statements": [{name: _plain(getattr(said, name)) for name in SAID} for said in output.statements],
    } | ({"topics": topics} if topics else {})


def _withdrawal(output: Withdrawn) -> Mapping[str, object]:
    """`files` are those that were withdrawn: whoever has one learns of it."""
    return {
        "kind": Kind.WITHDRAWAL.value,
        "at": instant(output.withdrawn_at),
        "output": _there(output, WITHDRAWN) | ({"topics": list(output.topics)} if output.topics else {}),
        "withdrawal": _there(output, WHY),
        "files": [{name: getattr(text, name) for name in TEXT} for text in output.texts],
        "statements": [],
    }


def _there(output: Released | Withdrawn, names: Sequence[str]) -> dict[str, object]:
    return {name: _plain(value) for name in names if (value := getattr(output, name)) not in NOTHING}


def digest(said: str, signature: str, public_key: str) -> bytes:
    """The digest of a whole manifest, signature and key included: canonical JSON of the three, `said` being that."""
    rest = canonical({"public": public_key, "signature": signature})
    return hashlib.sha256(rest[:-1] + b',"statement":' + said.encode() + b"}").digest()


def of(manifest: Manifest) -> bytes:
    """The digest of a manifest as it lies in its table."""
    return digest(manifest.statement, manifest.signature, manifest.public_key)


def named(said: str) -> str:
    """The digest by which the journal names a manifest: of what is signed alone."""
    return hashlib.sha256(said.encode()).hexdigest()


def is_signed(manifest: Manifest, keys: Sequence[PublicKey]) -> bool:
    """Whether one of these keys signed exactly this, under that number."""
    try:
        signature, said = b64decode(manifest.signature, validate=True), json.loads(manifest.statement)
        is_numbered = (said["format"], said["number"]) == (FORMAT, manifest.number)
    except (ValueError, KeyError, TypeError):
        return False
    signed = any(key.text == manifest.public_key and key.holds(signature, manifest.statement.encode()) for key in keys)
    return is_numbered and signed


def slug_of(manifest: Manifest) -> str:
    """What it is about."""
    return str(json.loads(manifest.statement)["output"]["slug"])


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value
