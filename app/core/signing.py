"""Signatures of the house: Ed25519 (RFC 8032) over bytes that anybody can make again from what is signed.

One key signs at a time; public keys of earlier ones stay published, so that what they signed can still be checked.
"""

import hashlib
import json
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LENGTH = 32  # bytes of a key, private or public (RFC 8032, 5.1.5)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a signature is checked with; its `id` is the beginning of its own digest."""

    raw: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """From its 32 bytes in base64. Raises ValueError."""
        return cls(key_bytes(text))

    @property
    def id(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def text(self) -> str:
        return b64encode(self.raw).decode()

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether the owner of this key signed exactly these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one portal. `portal` is its public address, and stands in everything that is signed."""

    portal: str
    _key: Ed25519PrivateKey
    public: PublicKey
    earlier: tuple[PublicKey, ...] = ()

    @classmethod
    def of(cls, portal: str, secret: str, earlier: Sequence[str] = ()) -> Self:
        """`secret` is the private key, `earlier` the public ones that signed before, in base64. Raises ValueError."""
        key = Ed25519PrivateKey.from_private_bytes(key_bytes(secret))
        public = PublicKey(key.public_key().public_bytes_raw())
        return cls(portal, key, public, tuple(map(PublicKey.read, earlier)))

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """Every key that vouches for something, the one in use first."""
        return tuple(dict.fromkeys((self.public, *self.earlier)))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def enveloped(statement: bytes, signature: bytes, key: PublicKey, log: Mapping[str, str] | None = None) -> bytes:
    """What was signed as a file to keep, with all that it takes to check it. `log` is its place in the ledger, once
    there is one."""
    whole = {
        "statement": json.loads(statement),
        "signature": b64encode(signature).decode(),
        "key": {"algorithm": "Ed25519", "id": key.id, "public": key.text},
        "log": dict(log) if log else None,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"


def key_bytes(text: str) -> bytes:
    """The 32 bytes behind base64, in either alphabet, padded or not. Raises ValueError."""
    plain = text.strip().translate(str.maketrans("+/", "-_")).rstrip("=")
    try:
        raw = urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError:
        raw = b""
    # The decoder skips what is not of its alphabet; what was read has to be all of what was written.
    if len(raw) != LENGTH or b64encode(raw, altchars=b"-_").decode().rstrip("=") != plain:
        raise ValueError("a key is 32 bytes in base64")
    return raw
