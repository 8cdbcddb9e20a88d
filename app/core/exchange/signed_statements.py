"""Signed statements of other organizations, as programs send them: strict JSON, Ed25519 over the canonical bytes.

What is signed is a statement without its signature, so that a statement has the same digest in every envelope.
docs/liaisons.md describes the format.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from app.core.canonical_json import to_canonical_json
from app.core.signing import PublicKey, Signer

SIGNATURE_LENGTH: Final = 64  # bytes (RFC 8032, 5.1.6)
REQUEST_CONTEXT: Final = "cwg-liaison-request/1"
"""Begins what is signed of a request, so that no signature of a request is one of a statement."""


class MalformedStatement(ValueError):
    """This is no signed statement; the text says why, in English, for who wrote the program that sent it."""


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement, its canonical bytes, signature and key, and what else is in its envelope. Nothing is verified."""

    statement: Mapping[str, Any]
    canonical: bytes
    signature: bytes
    key: PublicKey
    envelope: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the canonical bytes, by which a statement is named."""
        return hashlib.sha256(self.canonical).hexdigest()

    @property
    def is_signed_by_its_key(self) -> bool:
        """Whether the signature was made with the key that the envelope names."""
        return self.key.verify(self.signature, self.canonical)


def parse_signed_statement(raw: bytes, formats: Sequence[str]) -> SignedStatement:
    """Parse the envelope of a statement in one of these formats. Raises MalformedStatement."""
    envelope = parse_strict_json(raw)
    if not isinstance(envelope, dict):
        raise MalformedStatement("the whole is not an object")
    statement, signature, key = (envelope.get(name) for name in ("statement", "signature", "key"))
    if not isinstance(statement, dict) or statement.get("format") not in formats:
        raise MalformedStatement(f"statement is not an object with a format of {', '.join(formats)}")
    if not isinstance(key, dict) or key.get("algorithm") != "Ed25519":
        raise MalformedStatement("key is not an object with the algorithm Ed25519")
    try:
        public = PublicKey.parse(str(key.get("public")))
    except ValueError as error:
        raise MalformedStatement("key.public is not 32 bytes in base64") from error
    return SignedStatement(statement, to_canonical_json(statement), _parse_signature(signature), public, envelope)


def parse_strict_json(raw: bytes) -> Any:
    """Parse JSON in which each member is named once, numbers are integers, and text can be written as UTF-8. Raises
    MalformedStatement."""
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_require_single_names,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
        to_canonical_json(value)  # a lone surrogate cannot be written
    except MalformedStatement:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedStatement("this is not JSON in UTF-8") from error
    return value


def _require_single_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises MalformedStatement if it names a member twice."""
    if len({name for name, _value in pairs}) != len(pairs):
        raise MalformedStatement("an object names a member twice")
    return dict(pairs)


def _refuse_number(_text: str) -> NoReturn:
    raise MalformedStatement("a number is not an integer")


def _parse_signature(text: object) -> bytes:
    """Decode a signature from base64. Raises MalformedStatement."""
    raw = decode_base64(text)
    if raw is None or len(raw) != SIGNATURE_LENGTH:
        raise MalformedStatement("signature is not 64 bytes in base64")
    return raw


def decode_base64(text: object) -> bytes | None:
    """Decode standard base64 with its padding; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


def build_envelope(
    statement: bytes, signature: bytes, key: PublicKey, files: Mapping[str, bytes] | None = None
) -> bytes:
    """Build the envelope of a statement, with the bytes of files by their SHA-256."""
    envelope: dict[str, object] = {
        "key": {"algorithm": "Ed25519", "id": key.id, "public": key.text},
        "signature": b64encode(signature).decode(),
        "statement": json.loads(statement),
    }
    if files is not None:
        envelope["files"] = {sha256: b64encode(content).decode() for sha256, content in files.items()}
    return to_canonical_json(envelope)


def build_request_message(body_sha256: str) -> bytes:
    """Build what is signed of a request, so that no body of a stranger is read."""
    return f"{REQUEST_CONTEXT} {body_sha256}".encode()


def sign_request(signer: Signer, body: bytes) -> dict[str, str]:
    """Sign a request with this body; returns its header fields."""
    digest = hashlib.sha256(body)
    return {
        "Content-Digest": f"sha-256=:{b64encode(digest.digest()).decode()}:",
        "Liaison-Key": signer.public_key.text,
        "Liaison-Signature": b64encode(signer.sign(build_request_message(digest.hexdigest()))).decode(),
    }


def sign_statement(signer: Signer, statement: Mapping[str, object]) -> tuple[str, str]:
    """Sign a statement; returns its canonical text and the signature in base64."""
    canonical = to_canonical_json(statement)
    return canonical.decode(), b64encode(signer.sign(canonical)).decode()
