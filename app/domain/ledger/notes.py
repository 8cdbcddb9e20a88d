"""Signed notes, checkpoints, cosignatures and proofs as text (C2SP signed-note, tlog-checkpoint, tlog-cosignature,
tlog-proof)."""

import hashlib
import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self
from urllib.parse import urlsplit

from app.core.signing import LENGTH, PublicKey, Signer
from app.domain.ledger.tree import SIZE

DASH = "\u2014"
LARGEST = 64 * 1024
"""The most characters of a note that is parsed."""
PROOF = "c2sp.org/tlog-proof@v1"
CONSISTENCY = "cwg-consistency/1"
_NAME = re.compile(r"[^\s+]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SIGNATURE = 64


class Unreadable(ValueError):  # noqa: N818 - what a text is
    """The text is no valid note, checkpoint, proof or verifier key."""


class Kind(IntEnum):
    """What a key signs: notes, or, with the time, checkpoints that it saw. The algorithm byte of C2SP signed-note."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name under which it signs."""

    name: str
    key: PublicKey
    kind: Kind = Kind.NOTE

    @property
    def id(self) -> bytes:
        """The key ID of C2SP signed-note: the first 4 bytes of SHA-256 over name, newline, type and key."""
        encoded = self.name.encode() + b"\n" + bytes([self.kind]) + self.key.raw
        return hashlib.sha256(encoded).digest()[:4]

    @property
    def text(self) -> str:
        """The verifier key as text (vkey): `name+id+base64`."""
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.key.raw).decode()}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a vkey. Raises MalformedNote."""
        name, _, rest = text.strip().partition("+")
        key_id, _, key = rest.partition("+")
        raw = from_base64(key)
        if not _NAME.fullmatch(name) or len(raw) != 1 + LENGTH or raw[0] not in list(Kind):
            raise Unreadable("a verifier key is name+id+key")
        verifier = cls(name, PublicKey(raw[1:]), Kind(raw[0]))
        if verifier.id.hex() != key_id:
            raise Unreadable("the id of this verifier key is not that of its name and key")
        return verifier

    def signed(self, body: str, signature: bytes) -> bool:
        """Whether this key made the signature, given without the key ID, of the note body."""
        if self.kind == Kind.NOTE:
            return self.key.holds(signature, body.encode())
        if len(signature) != 8 + _SIGNATURE:
            return False
        (at,) = struct.unpack(">Q", signature[:8])
        return self.key.holds(signature[8:], cosigned(body, at))


@dataclass(frozen=True, slots=True)
class Line:
    """A signature line of a note."""

    name: str
    id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """The line as written in a note, with its newline."""
        return f"{DASH} {self.name} {b64encode(self.id + self.signature).decode()}\n"

    @property
    def at(self) -> int:
        """The time of a cosignature, in seconds since 1970."""
        return int.from_bytes(self.signature[:8])

    def is_of(self, verifier: Verifier) -> bool:
        """Whether the line names this key."""
        return (self.name, self.id) == (verifier.name, verifier.id)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: origin of the tree, number of leaves, and root hash."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The note body that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, body: str) -> Self:
        """Parse a note body. Raises MalformedNote, also for extension lines: the portal writes none, and nobody could
        audit them."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _NUMBER.fullmatch(lines[1]):
            raise Unreadable("a checkpoint is origin, size and root, each on a line")
        root = from_base64(lines[2])
        if len(root) != SIZE:
            raise Unreadable("a root is 32 bytes")
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class Note:
    """A note body with its signature lines, not verified."""

    body: str
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a note. Raises MalformedNote."""
        body, blank, rest = text.rpartition("\n\n")
        is_plain = all(character >= " " or character == "\n" for character in text) and len(text) <= LARGEST
        if not blank or not is_plain or not rest.endswith("\n"):
            raise Unreadable("a note is a text, an empty line, and signatures")
        return cls(body + "\n", tuple(map(signature_line, rest[:-1].split("\n"))))

    def signed_by(self, verifiers: Sequence[Verifier]) -> Verifier | None:
        """Find the first of these verifiers that signed the note.

        None if a signature that names one of them is invalid (signed-note: reject the whole note); other signatures are
        ignored.
        """
        first = None
        for line in self.lines:
            for verifier in verifiers:
                if line.is_of(verifier):
                    if not verifier.signed(self.body, line.signature):
                        return None
                    first = first or verifier
        return first


def signature_line(text: str) -> Line:
    """Parse a signature line without its newline. Raises MalformedNote."""
    dash, _, rest = text.partition(" ")
    name, _, signature = rest.partition(" ")
    raw = from_base64(signature)
    if dash != DASH or not _NAME.fullmatch(name) or len(raw) < 5:
        raise Unreadable("this is no signature line")
    return Line(name, raw[:4], raw[4:])


def origin_of(portal_url: str) -> str:
    """Return the origin of a portal's ledger: host, port if there is one, and `/ledger`."""
    return f"{urlsplit(portal_url).netloc}/ledger"


def verifiers(sign: Signer) -> list[Verifier]:
    """List the verifiers of the portal's keys, the current one first."""
    return [Verifier(origin_of(sign.portal), key) for key in sign.keys]


def signed(head: Checkpoint, sign: Signer) -> str:
    """Sign a checkpoint with the portal's key; return it as a note."""
    verifier = Verifier(head.origin, sign.public)
    return head.body + "\n" + Line(verifier.name, verifier.id, sign.sign(head.body.encode())).text


def cosigned(body: str, at: int) -> bytes:
    """Build the message that a witness signs (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def cosignature(body: str, name: str, sign: Signer, at: int) -> Line:
    """Sign, as the witness of this name, that it saw the checkpoint at that time and no larger one of another tree."""
    verifier = Verifier(name, sign.public, Kind.COSIGNATURE)
    return Line(name, verifier.id, struct.pack(">Q", at) + sign.sign(cosigned(body, at)))


def proof(index: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """Format the proof that a head covers the entry of this index, for anybody who has the entry and the key."""
    return "\n".join((PROOF, f"index {index}", *map(in_base64, hashes), "", checkpoint))


def read_proof(text: str) -> tuple[int, list[bytes], str]:
    """Parse an inclusion proof into index, hashes and checkpoint. Raises MalformedNote."""
    first, blank, checkpoint = text.partition("\n\n")
    lines = first.split("\n")
    index = lines[1].removeprefix("index ") if len(lines) > 1 else ""
    if not blank or lines[0] != PROOF or not _NUMBER.fullmatch(index):
        raise Unreadable("this is no proof")
    return int(index), [from_base64(line) for line in lines[2:]], checkpoint


def consistency(old: str, new: str, hashes: Sequence[bytes]) -> dict[str, object]:
    """Build the file of a proof that the tree of the old head is the beginning of that of the new one."""
    return {"format": CONSISTENCY, "old": old, "new": new, "proof": list(map(in_base64, hashes))}


def in_base64(raw: bytes) -> str:
    """Encode bytes as base64 text."""
    return b64encode(raw).decode()


def from_base64(text: str) -> bytes:
    """Decode base64 text in its canonical form. Raises MalformedNote."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:
        raise Unreadable("this is not base64") from error
    if b64encode(raw).decode() != text:
        raise Unreadable("this is not base64 as it is written")
    return raw
