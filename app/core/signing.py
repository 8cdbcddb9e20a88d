"""Signatures of the portal: Ed25519 (RFC 8032) over bytes that anybody can reproduce from what is signed.

Each purpose has a key of its own, so that a process holds only what it signs with. Of each one key signs at a time;
public keys of earlier ones stay published, so that their signatures can still be verified.
"""

import hashlib
import json
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_LENGTH = 32  # bytes of a key, private or public (RFC 8032, 5.1.5)


class SigningPurpose(StrEnum):
    """What a key signs (docs/decisions/keys-by-purpose.md). The values are published."""

    RECEIPTS = "receipts"
    RELEASES = "releases"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Ed25519 public key. Its `id` is the first 16 hexadecimal digits of its SHA-256."""

    raw: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a key of 32 bytes in base64. Raises ValueError."""
        return cls(decode_key(text))

    @property
    def id(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the key."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The key in base64."""
        return b64encode(self.raw).decode()

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Return whether `signature` was made with the private key over exactly `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PublicKeysByPurpose:
    """The public keys whose signatures are valid, by purpose, the one that signs now first."""

    receipts: tuple[PublicKey, ...] = ()
    releases: tuple[PublicKey, ...] = ()
    ledger: tuple[PublicKey, ...] = ()

    def list_keys(self, purpose: SigningPurpose) -> tuple[PublicKey, ...]:
        """Return the keys of one purpose."""
        return {
            SigningPurpose.RECEIPTS: self.receipts,
            SigningPurpose.RELEASES: self.releases,
            SigningPurpose.LEDGER: self.ledger,
        }[purpose]

    def describe_keys(self) -> Iterator[dict[str, object]]:
        """Yield what is published of each key, once for each purpose; of each purpose, the key that signs now first."""
        for purpose in SigningPurpose:
            for position, key in enumerate(self.list_keys(purpose)):
                yield {
                    "algorithm": "Ed25519",
                    "id": key.id,
                    "in_use": position == 0,
                    "public": key.text,
                    "purpose": purpose.value,
                }


@dataclass(frozen=True, slots=True)
class Signer:
    """Signing key of one portal for one purpose. `portal` is the portal's public address, which every signed statement
    contains; `other_keys` are the others of the purpose: earlier ones, and one that will sign next."""

    portal: str
    _key: Ed25519PrivateKey
    public_key: PublicKey
    other_keys: tuple[PublicKey, ...] = ()

    @classmethod
    def from_secret(cls, portal: str, secret: str, other_keys: Sequence[str] = ()) -> Self:
        """Build a signer from a private key and the other public keys, all in base64. Raises ValueError."""
        key = Ed25519PrivateKey.from_private_bytes(decode_key(secret))
        public = PublicKey(key.public_key().public_bytes_raw())
        return cls(portal, key, public, tuple(map(PublicKey.parse, other_keys)))

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """All public keys whose signatures are valid, the one in use first."""
        return tuple(dict.fromkeys((self.public_key, *self.other_keys)))

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`, 64 bytes."""
        return self._key.sign(message)


def build_signature_envelope(
    statement: bytes,
    signature: bytes,
    key: PublicKey,
    ledger_entry: Mapping[str, str] | None = None,
    *,
    proof_address: str = "",
) -> bytes:
    """Build the JSON file that people keep: the signed statement, the signature and the public key.

    `ledger_entry` is the position of the statement in the ledger, once there is one; until then `proof_address` says
    where the file can be fetched again.
    """
    envelope: dict[str, object] = {
        "statement": json.loads(statement),
        "signature": b64encode(signature).decode(),
        "key": {"algorithm": "Ed25519", "id": key.id, "public": key.text},
        "log": dict(ledger_entry) if ledger_entry else None,
    }
    if proof_address:
        envelope["proof_at"] = proof_address
    return json.dumps(envelope, ensure_ascii=False, indent=2).encode() + b"\n"


def decode_key(text: str) -> bytes:
    """Decode a key of 32 bytes from base64 of either alphabet, padded or not. Raises ValueError."""
    plain = text.strip().translate(str.maketrans("+/", "-_")).rstrip("=")
    try:
        raw = urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError:
        raw = b""
    # The decoder skips characters outside its alphabet: encoding the result again must give the same text.
    if len(raw) != KEY_LENGTH or b64encode(raw, altchars=b"-_").decode().rstrip("=") != plain:
        raise ValueError("a key is 32 bytes in base64")
    return raw
