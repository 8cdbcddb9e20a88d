"""Heads as text: notes, checkpoints, cosignatures and proofs, as C2SP describes them (signed-note, tlog-checkpoint,
tlog-cosignature, tlog-proof). No database.
"""

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
"""Characters of a note that is read, at most."""
PROOF = "c2sp.org/tlog-proof@v1"
CONSISTENCY = "cwg-consistency/1"
_NAME = re.compile(r"[^\s+]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SIGNATURE = 64


class Unreadable(ValueError):  # noqa: N818 - what a text is
    """This is no note, no checkpoint, or no verifier key."""


class Kind(IntEnum):
    """What a key signs: notes, or, with the time, heads that it has seen. The byte of signed-note."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key with the name under which it signs."""

    name: str
    key: PublicKey
    kind: Kind = Kind.NOTE

    @property
    def id(self) -> bytes:
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.key.raw
        return hashlib.sha256(named).digest()[:4]

    @property
    def text(self) -> str:
        """As tools are given it: name, id and key."""
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.key.raw).decode()}"

    @classmethod
    def read(cls, text: str) -> Self:
        """From that text. Raises Unreadable."""
        name, _, rest = text.strip().partition("+")
        given, _, key = rest.partition("+")
        raw = from_base64(key)
        if not _NAME.fullmatch(name) or len(raw) != 1 + LENGTH or raw[0] not in list(Kind):
            raise Unreadable("a verifier key is name+id+key")
        found = cls(name, PublicKey(raw[1:]), Kind(raw[0]))
        if found.id.hex() != given:
            raise Unreadable("the id of this verifier key is not that of its name and key")
        return found

    def signed(self, body: str, signature: bytes) -> bool:
        """Whether it made this signature (without the id) under that text."""
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
        return f"{DASH} {self.name} {b64encode(self.id + self.signature).decode()}\n"

    @property
    def at(self) -> int:
        """When a witness cosigned, in seconds since 1970."""
        return int.from_bytes(self.signature[:8])

    def is_of(self, verifier: Verifier) -> bool:
        return (self.name, self.id) == (verifier.name, verifier.id)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head: whose tree, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, body: str) -> Self:
        """Raises Unreadable. Lines beyond the third are refused: we write none, and nobody could audit them."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _NUMBER.fullmatch(lines[1]):
            raise Unreadable("a checkpoint is origin, size and root, each on a line")
        root = from_base64(lines[2])
        if len(root) != SIZE:
            raise Unreadable("a root is 32 bytes")
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signatures, of which nothing is checked yet."""

    body: str
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises Unreadable."""
        body, blank, rest = text.rpartition("\n\n")
        is_plain = all(each >= " " or each == "\n" for each in text) and len(text) <= LARGEST
        if not blank or not is_plain or not rest.endswith("\n"):
            raise Unreadable("a note is a text, an empty line, and signatures")
        return cls(body + "\n", tuple(map(signature_line, rest[:-1].split("\n"))))

    def signed_by(self, verifiers: Sequence[Verifier]) -> Verifier | None:
        """The first of these keys that signed it. A signature that names one of them and does not hold counts for
        nothing, and neither does the rest (signed-note: reject the whole note)."""
        found = None
        for line in self.lines:
            for verifier in verifiers:
                if line.is_of(verifier):
                    if not verifier.signed(self.body, line.signature):
                        return None
                    found = found or verifier
        return found


def signature_line(text: str) -> Line:
    """One line, without its end. Raises Unreadable."""
    dash, _, rest = text.partition(" ")
    name, _, signature = rest.partition(" ")
    raw = from_base64(signature)
    if dash != DASH or not _NAME.fullmatch(name) or len(raw) < 5:
        raise Unreadable("this is no signature line")
    return Line(name, raw[:4], raw[4:])


def origin_of(portal_url: str) -> str:
    """How a portal's ledger is called: its host, with the port if it has one, and where it lies."""
    return f"{urlsplit(portal_url).netloc}/ledger"


def verifiers(sign: Signer) -> list[Verifier]:
    """The keys that may have signed heads of this portal, the one in use first."""
    return [Verifier(origin_of(sign.portal), key) for key in sign.keys]


def signed(head: Checkpoint, sign: Signer) -> str:
    """The head as a note with the portal's signature."""
    verifier = Verifier(head.origin, sign.public)
    return head.body + "\n" + Line(verifier.name, verifier.id, sign.sign(head.body.encode())).text


def cosigned(body: str, at: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def cosignature(body: str, name: str, sign: Signer, at: int) -> Line:
    """That a witness of this name has seen the head at that time, and no larger one that is another tree's."""
    verifier = Verifier(name, sign.public, Kind.COSIGNATURE)
    return Line(name, verifier.id, struct.pack(">Q", at) + sign.sign(cosigned(body, at)))


def proof(index: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """That a head holds the entry of this index: for whoever has the entry and the key."""
    return "\n".join((PROOF, f"index {index}", *map(in_base64, hashes), "", checkpoint))


def read_proof(text: str) -> tuple[int, list[bytes], str]:
    """Index, hashes and checkpoint of a proof. Raises Unreadable."""
    first, blank, checkpoint = text.partition("\n\n")
    lines = first.split("\n")
    index = lines[1].removeprefix("index ") if len(lines) > 1 else ""
    if not blank or lines[0] != PROOF or not _NUMBER.fullmatch(index):
        raise Unreadable("this is no proof")
    return int(index), [from_base64(each) for each in lines[2:]], checkpoint


def consistency(old: str, new: str, hashes: Sequence[bytes]) -> dict[str, object]:
    """That one head's tree is the beginning of another's."""
    return {"format": CONSISTENCY, "old": old, "new": new, "proof": list(map(in_base64, hashes))}


def in_base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def from_base64(text: str) -> bytes:
    """Bytes, from base64 as it is written. Raises Unreadable."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:
        raise Unreadable("this is not base64") from error
    if b64encode(raw).decode() != text:
        raise Unreadable("this is not base64 as it is written")
    return raw
