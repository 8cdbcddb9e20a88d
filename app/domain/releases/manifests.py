"""Manifests: the signed statements about every release and withdrawal, and their format (docs/manifests.md).

A manifest contains everything that the read path shows of an output, its number in the catalogue, and the digest of the
manifest before it: so the last one authenticates the whole catalogue. The envelope is that of a receipt.
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
"""The previous digest that the first manifest names."""


class Kind(StrEnum):
    """What a manifest is about."""

    RELEASE = "release"
    WITHDRAWAL = "withdrawal"


# Fields added to these are signed as well, and so are verified before they are shown.
TEXT = tuple(field.name for field in fields(Text))
SAID = tuple(field.name for field in fields(Said))
APART = ("texts", "statements", "topics")
OUTPUT = tuple(field.name for field in fields(Released) if field.name not in APART)
WHY = ("reason", "language", "decided_by", "replaced_by", "replaced_by_slug", "manifest", "manifest_digest")
WITHDRAWN = tuple(
    field.name for field in fields(Withdrawn) if field.name not in (*WHY, "withdrawn_at", "topics", "texts")
)


NOTHING = (None, ())
"""Values that are left out of a statement, so that earlier signatures still hold once a field is added."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A verified manifest without its statement, which is rebuilt from the entry. Digests and signature are bytes to
    save memory."""

    number: int
    previous: bytes
    portal: str
    signature: bytes
    public_key: str
    place: bytes = b""
    audience: Audience = Audience.MEMBERS

    def says(self, output: Released | Withdrawn) -> Mapping[str, object]:
        """Rebuild the statement, supposing that it is about this entry."""
        previous = self.previous.hex()
        return statement(output, number=self.number, previous=previous, portal=self.portal, audience=self.audience)

    def file(self, output: Released | Withdrawn, keys: Sequence[PublicKey]) -> bytes:
        """Render the manifest of this entry as a file, with its inclusion proof if one of these keys signed the ledger
        head."""
        statement_bytes = canonical(self.says(output))
        inclusion_proof = unpacked(self.place)
        if inclusion_proof and not is_good(inclusion_proof, named(statement_bytes.decode()), self.portal, keys):
            inclusion_proof = None
        return enveloped(statement_bytes, self.signature, PublicKey.read(self.public_key), inclusion_proof)


def statement(
    output: Released | Withdrawn,
    *,
    number: int,
    previous: str,
    portal: str,
    audience: Audience = Audience.MEMBERS,
) -> Mapping[str, object]:
    """Build the statement of a release or a withdrawal.

    A statement of the public catalogue names that catalogue, so that it is not valid in the other.
    """
    content = _withdrawal_content(output) if isinstance(output, Withdrawn) else _release_content(output)
    catalogue = {"catalogue": audience.value} if audience == Audience.PUBLIC else {}
    return {"format": FORMAT, "number": number, "previous": previous, "portal": portal, **catalogue, **content}


def _release_content(output: Released) -> Mapping[str, object]:
    """Content of a release. Topics are left out if there are none, as before topics existed. The time of a completed
    output is that of its completion."""
    topics = [{"code": topic.code, "names": topic.names} for topic in output.topics]
    return {
        "kind": Kind.RELEASE.value,
        "at": instant(output.changed_at),
        "output": _field_values(output, OUTPUT),
        "files": [{name: getattr(text, name) for name in TEXT} for text in output.texts],
        "statements": [{name: _json_value(getattr(attached, name)) for name in SAID} for attached in output.statements],
    } | ({"topics": topics} if topics else {})


def _withdrawal_content(output: Withdrawn) -> Mapping[str, object]:
    """Content of a withdrawal. `files` are the withdrawn ones, so that anybody who holds one can learn of it."""
    return {
        "kind": Kind.WITHDRAWAL.value,
        "at": instant(output.withdrawn_at),
        "output": _field_values(output, WITHDRAWN) | ({"topics": list(output.topics)} if output.topics else {}),
        "withdrawal": _field_values(output, WHY),
        "files": [{name: getattr(text, name) for name in TEXT} for text in output.texts],
        "statements": [],
    }


def _field_values(output: Released | Withdrawn, names: Sequence[str]) -> dict[str, object]:
    """Return the named fields of an entry as JSON values, without the empty ones."""
    return {name: _json_value(value) for name in names if (value := getattr(output, name)) not in NOTHING}


def digest(said: str, signature: str, public_key: str) -> bytes:
    """Compute the digest of a manifest: SHA-256 over the canonical JSON of statement, signature and public key."""
    rest = canonical({"public": public_key, "signature": signature})
    return hashlib.sha256(rest[:-1] + b',"statement":' + said.encode() + b"}").digest()


def of(manifest: Manifest) -> bytes:
    """Compute the digest of a manifest read from its table."""
    return digest(manifest.statement, manifest.signature, manifest.public_key)


def named(said: str) -> str:
    """Compute the digest by which the journal names a manifest: that of its statement alone."""
    return hashlib.sha256(said.encode()).hexdigest()


def is_signed(manifest: Manifest, keys: Sequence[PublicKey]) -> bool:
    """Whether one of these keys signed the statement, and the statement has the number of its row."""
    try:
        signature, content = b64decode(manifest.signature, validate=True), json.loads(manifest.statement)
        is_numbered = (content["format"], content["number"]) == (FORMAT, manifest.number)
    except (ValueError, KeyError, TypeError):
        return False
    is_valid = any(
        key.text == manifest.public_key and key.holds(signature, manifest.statement.encode()) for key in keys
    )
    return is_numbered and is_valid


def slug_of(manifest: Manifest) -> str:
    """Return the slug of the output that a manifest is about."""
    return str(json.loads(manifest.statement)["output"]["slug"])


def _json_value(value: object) -> object:
    """Convert a value to its JSON form."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value
