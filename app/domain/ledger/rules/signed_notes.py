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

from app.core.signing import KEY_LENGTH, PublicKey, Signer
from app.domain.ledger.rules.merkle_tree import HASH_SIZE

EM_DASH = "\u2014"
MAX_NOTE_LENGTH = 64 * 1024
"""The most characters of a note that is parsed."""
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
CONSISTENCY_FORMAT = "cwg-consistency/1"
_NAME = re.compile(r"[^\s+]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SIGNATURE = 64


class MalformedNote(ValueError):
    """The text is no valid note, checkpoint, proof or verifier key."""


class SignatureType(IntEnum):
    """What a key signs: notes, or, with the time, checkpoints that it saw. The algorithm byte of C2SP signed-note."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A public key and the name under which it signs."""

    name: str
    key: PublicKey
    signature_type: SignatureType = SignatureType.NOTE

    @property
    def key_id(self) -> bytes:
        """The key ID of C2SP signed-note: the first 4 bytes of SHA-256 over name, newline, type and key."""
        encoded = self.name.encode() + b"\n" + bytes([self.signature_type]) + self.key.raw
        return hashlib.sha256(encoded).digest()[:4]

    @property
    def vkey(self) -> str:
        """The verifier key as text (vkey): `name+id+base64`."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.signature_type]) + self.key.raw).decode()}"

    @classmethod
    def parse_vkey(cls, text: str) -> Self:
        """Parse a vkey. Raises MalformedNote."""
        name, _, rest = text.strip().partition("+")
        key_id, _, key = rest.partition("+")
        raw = decode_base64(key)
        if not _NAME.fullmatch(name) or len(raw) != 1 + KEY_LENGTH or raw[0] not in list(SignatureType):
            raise MalformedNote("a verifier key is name+id+key")
        verifier = cls(name, PublicKey(raw[1:]), SignatureType(raw[0]))
        if verifier.key_id.hex() != key_id:
            raise MalformedNote("the id of this verifier key is not that of its name and key")
        return verifier

    def verifies_signature(self, body: str, signature: bytes) -> bool:
        """Whether this key made the signature, given without the key ID, of the note body."""
        if self.signature_type == SignatureType.NOTE:
            return self.key.verify(signature, body.encode())
        if len(signature) != 8 + _SIGNATURE:
            return False
        (at,) = struct.unpack(">Q", signature[:8])
        return self.key.verify(signature[8:], build_cosignature_message(body, at))


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """The line as written in a note, with its newline."""
        return f"{EM_DASH} {self.name} {b64encode(self.key_id + self.signature).decode()}\n"

    @property
    def cosigned_at(self) -> int:
        """The time of a cosignature, in seconds since 1970."""
        return int.from_bytes(self.signature[:8])

    def matches_verifier(self, verifier: NoteVerifier) -> bool:
        """Whether the line names this key."""
        return (self.name, self.key_id) == (verifier.name, verifier.key_id)


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
    def parse_body(cls, body: str) -> Self:
        """Parse a note body. Raises MalformedNote, also for extension lines: the portal writes none, and no one could
        audit them."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _NUMBER.fullmatch(lines[1]):
            raise MalformedNote("a checkpoint is origin, size and root, each on a line")
        root = decode_base64(lines[2])
        if len(root) != HASH_SIZE:
            raise MalformedNote("a root is 32 bytes")
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note body with its signature lines, not verified."""

    body: str
    lines: tuple[SignatureLine, ...]

    @classmethod
    def parse_note(cls, text: str) -> Self:
        """Parse a note. Raises MalformedNote."""
        body, blank, rest = text.rpartition("\n\n")
        is_plain = all(character >= " " or character == "\n" for character in text) and len(text) <= MAX_NOTE_LENGTH
        if not blank or not is_plain or not rest.endswith("\n"):
            raise MalformedNote("a note is a text, an empty line, and signatures")
        return cls(body + "\n", tuple(map(parse_signature_line, rest[:-1].split("\n"))))

    def find_verifier(self, verifiers: Sequence[NoteVerifier]) -> NoteVerifier | None:
        """Find the first of these verifiers that signed the note.

        None if a signature that names one of them is invalid (signed-note: reject the whole note); other signatures are
        ignored.
        """
        first = None
        for line in self.lines:
            for verifier in verifiers:
                if line.matches_verifier(verifier):
                    if not verifier.verifies_signature(self.body, line.signature):
                        return None
                    first = first or verifier
        return first


def parse_signature_line(text: str) -> SignatureLine:
    """Parse a signature line without its newline. Raises MalformedNote."""
    dash, _, rest = text.partition(" ")
    name, _, signature = rest.partition(" ")
    raw = decode_base64(signature)
    if dash != EM_DASH or not _NAME.fullmatch(name) or len(raw) < 5:
        raise MalformedNote("this is no signature line")
    return SignatureLine(name, raw[:4], raw[4:])


def ledger_origin(portal_url: str) -> str:
    """Return the origin of a portal's ledger: host, port if there is one, and `/ledger`."""
    return f"{urlsplit(portal_url).netloc}/ledger"


def list_portal_verifiers(portal_url: str, keys: Sequence[PublicKey]) -> list[NoteVerifier]:
    """List the verifiers of a portal's ledger with these keys, in their order."""
    return [NoteVerifier(ledger_origin(portal_url), key) for key in keys]


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """Sign a checkpoint with the portal's key; return it as a note."""
    verifier = NoteVerifier(checkpoint.origin, signer.public_key)
    return (
        checkpoint.body
        + "\n"
        + SignatureLine(verifier.name, verifier.key_id, signer.sign(checkpoint.body.encode())).text
    )


def build_cosignature_message(body: str, at: int) -> bytes:
    """Build the message that a witness signs (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def create_cosignature(body: str, name: str, signer: Signer, at: int) -> SignatureLine:
    """Sign, as the witness of this name, that it saw the checkpoint at that time and no larger one of another tree."""
    verifier = NoteVerifier(name, signer.public_key, SignatureType.COSIGNATURE)
    return SignatureLine(
        name, verifier.key_id, struct.pack(">Q", at) + signer.sign(build_cosignature_message(body, at))
    )


def format_inclusion_proof(index: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """Format the proof that a head covers the entry of this index, for anybody who has the entry and the key."""
    return "\n".join((PROOF_HEADER, f"index {index}", *map(encode_base64, hashes), "", checkpoint))


def parse_inclusion_proof(text: str) -> tuple[int, list[bytes], str]:
    """Parse an inclusion proof into index, hashes and checkpoint. Raises MalformedNote."""
    first, blank, checkpoint = text.partition("\n\n")
    lines = first.split("\n")
    index = lines[1].removeprefix("index ") if len(lines) > 1 else ""
    if not blank or lines[0] != PROOF_HEADER or not _NUMBER.fullmatch(index):
        raise MalformedNote("this is no proof")
    return int(index), [decode_base64(line) for line in lines[2:]], checkpoint


def build_consistency_proof(old: str, new: str, hashes: Sequence[bytes]) -> dict[str, object]:
    """Build the file of a proof that the tree of the old head is the beginning of that of the new one."""
    return {"format": CONSISTENCY_FORMAT, "old": old, "new": new, "proof": list(map(encode_base64, hashes))}


def encode_base64(raw: bytes) -> str:
    """Encode bytes as base64 text."""
    return b64encode(raw).decode()


def decode_base64(text: str) -> bytes:
    """Decode base64 text in its canonical form. Raises MalformedNote."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:
        raise MalformedNote("this is not base64") from error
    if b64encode(raw).decode() != text:
        raise MalformedNote("this is not base64 as it is written")
    return raw
