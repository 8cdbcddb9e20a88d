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

from app.core.canonical_json import format_instant, to_canonical_json
from app.core.signing import PublicKey, build_signature_envelope
from app.domain.releases.models import Audience
from app.domain.releases.queries.catalogue_entries import (
    CatalogueEntry,
    CatalogueFile,
    CatalogueStateStatement,
    Manifest,
    WithdrawnEntry,
)
from app.domain.releases.queries.inclusion_proofs import decompress_inclusion_proof, is_valid_inclusion_proof

MANIFEST_FORMAT = "cwg-release/1"
NO_PREVIOUS_DIGEST = "0" * 64
"""The previous digest that the first manifest names."""


class ManifestKind(StrEnum):
    """What a manifest is about."""

    RELEASE = "release"
    WITHDRAWAL = "withdrawal"


# Fields added to these are signed as well, and so are verified before they are shown.
FILE_FIELDS = tuple(field.name for field in fields(CatalogueFile) if field.name != "pdf")
STATEMENT_FIELDS = tuple(field.name for field in fields(CatalogueStateStatement) if field.name != "names")
CITED_FIELDS = ("topics", "mandates", "action_lines", "questions")
NESTED_FIELDS = ("texts", "statements", *CITED_FIELDS)
OUTPUT_FIELDS = tuple(field.name for field in fields(CatalogueEntry) if field.name not in NESTED_FIELDS)
WITHDRAWAL_FIELDS = (
    "reason",
    "language",
    "decided_by",
    "replaced_by",
    "replaced_by_slug",
    "manifest",
    "manifest_digest",
)
WITHDRAWN_OUTPUT_FIELDS = tuple(
    field.name
    for field in fields(WithdrawnEntry)
    if field.name not in (*WITHDRAWAL_FIELDS, *CITED_FIELDS, "withdrawn_at", "texts")
)


OMITTED_VALUES = (None, ())
"""Values that are left out of a statement, so that earlier signatures still hold once a field is added."""


@dataclass(frozen=True, slots=True)
class VerifiedManifest:
    """A verified manifest without its statement, which is rebuilt from the entry. Digests and signature are bytes to
    save memory."""

    number: int
    previous: bytes
    portal: str
    signature: bytes
    public_key: str
    compressed_proof: bytes = b""
    audience: Audience = Audience.MEMBERS

    def build_statement(self, output: CatalogueEntry | WithdrawnEntry) -> Mapping[str, object]:
        """Rebuild the statement, supposing that it is about this entry."""
        previous = self.previous.hex()
        return build_manifest_statement(
            output, number=self.number, previous=previous, portal=self.portal, audience=self.audience
        )

    def render_file(self, output: CatalogueEntry | WithdrawnEntry, keys: Sequence[PublicKey]) -> bytes:
        """Render the manifest of this entry as a file, with its inclusion proof if one of these keys signed the ledger
        head."""
        statement_bytes = to_canonical_json(self.build_statement(output))
        inclusion_proof = decompress_inclusion_proof(self.compressed_proof)
        if inclusion_proof and not is_valid_inclusion_proof(
            inclusion_proof, compute_statement_digest(statement_bytes.decode()), self.portal, keys
        ):
            inclusion_proof = None
        return build_signature_envelope(
            statement_bytes, self.signature, PublicKey.parse(self.public_key), inclusion_proof
        )


def build_manifest_statement(
    output: CatalogueEntry | WithdrawnEntry,
    *,
    number: int,
    previous: str,
    portal: str,
    audience: Audience = Audience.MEMBERS,
) -> Mapping[str, object]:
    """Build the statement of a release or a withdrawal.

    A statement of the public catalogue names that catalogue, so that it is not valid in the other.
    """
    content = _withdrawal_content(output) if isinstance(output, WithdrawnEntry) else _release_content(output)
    catalogue = {"catalogue": audience.value} if audience == Audience.PUBLIC else {}
    return {"format": MANIFEST_FORMAT, "number": number, "previous": previous, "portal": portal, **catalogue, **content}


def _release_content(output: CatalogueEntry) -> Mapping[str, object]:
    """Content of a release. Topics, citations and names are left out if there are none, as before they existed. The
    time of a completed output is that of its completion."""
    cited = {
        name: [{"code": each.code, "names": each.names} for each in getattr(output, name)] for name in CITED_FIELDS
    }
    return {
        "kind": ManifestKind.RELEASE.value,
        "at": format_instant(output.changed_at),
        "output": _field_values(output, OUTPUT_FIELDS),
        "files": list(map(build_file_values, output.texts)),
        "statements": [
            {name: _json_value(getattr(each, name)) for name in STATEMENT_FIELDS}
            | ({"names": each.names} if each.names else {})
            for each in output.statements
        ],
    } | {name: values for name, values in cited.items() if values}


def _withdrawal_content(output: WithdrawnEntry) -> Mapping[str, object]:
    """Content of a withdrawal. `files` are the withdrawn ones, so that anybody who holds one can learn of it."""
    return {
        "kind": ManifestKind.WITHDRAWAL.value,
        "at": format_instant(output.withdrawn_at),
        "output": _field_values(output, WITHDRAWN_OUTPUT_FIELDS)
        | {name: list(codes) for name in CITED_FIELDS if (codes := getattr(output, name))},
        "withdrawal": _field_values(output, WITHDRAWAL_FIELDS),
        "files": list(map(build_file_values, output.texts)),
        "statements": [],
    }


def build_file_values(file: CatalogueFile) -> dict[str, object]:
    """Return a file as JSON values; `pdf` is left out if there is none, as in statements from before files had one."""
    values: dict[str, object] = {name: getattr(file, name) for name in FILE_FIELDS}
    return values | ({"pdf": build_file_values(file.pdf)} if file.pdf else {})


def _field_values(output: CatalogueEntry | WithdrawnEntry, names: Sequence[str]) -> dict[str, object]:
    """Return the named fields of an entry as JSON values, without the empty ones."""
    return {name: _json_value(value) for name in names if (value := getattr(output, name)) not in OMITTED_VALUES}


def compute_manifest_digest(statement_text: str, signature: str, public_key: str) -> bytes:
    """Compute the digest of a manifest: SHA-256 over the canonical JSON of statement, signature and public key."""
    rest = to_canonical_json({"public": public_key, "signature": signature})
    return hashlib.sha256(rest[:-1] + b',"statement":' + statement_text.encode() + b"}").digest()


def digest_of_manifest(manifest: Manifest) -> bytes:
    """Compute the digest of a manifest read from its table."""
    return compute_manifest_digest(manifest.statement, manifest.signature, manifest.public_key)


def compute_statement_digest(statement_text: str) -> str:
    """Compute the digest by which the journal names a manifest: that of its statement alone."""
    return hashlib.sha256(statement_text.encode()).hexdigest()


def has_valid_signature(manifest: Manifest, keys: Sequence[PublicKey]) -> bool:
    """Whether one of these keys signed the statement, and the statement has the number of its row."""
    try:
        signature, content = b64decode(manifest.signature, validate=True), json.loads(manifest.statement)
        is_numbered = (content["format"], content["number"]) == (MANIFEST_FORMAT, manifest.number)
    except (ValueError, KeyError, TypeError):
        return False
    is_valid = any(
        key.text == manifest.public_key and key.verify(signature, manifest.statement.encode()) for key in keys
    )
    return is_numbered and is_valid


def read_slug(manifest: Manifest) -> str:
    """Return the slug of the output that a manifest is about."""
    return str(json.loads(manifest.statement)["output"]["slug"])


def _json_value(value: object) -> object:
    """Convert a value to its JSON form."""
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value
