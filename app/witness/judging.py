"""Cosigner: decides about a submitted checkpoint (C2SP tlog-witness, add-checkpoint)."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core import clock
from app.core.signing import Signer
from app.domain.ledger import notes
from app.domain.ledger.notes import Checkpoint, Note, Unreadable, Verifier
from app.domain.ledger.tree import EMPTY, SIZE, NotProven, check_consistency
from app.witness.memory import Memory

MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and text of an answer; a text that is a size has a media type of its own."""

    status: int
    text: str = ""
    is_size: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A submission: the size that the sender takes for the last one, the consistency proof from there, and the
    signed checkpoint."""

    old: int
    proof: Sequence[bytes]
    note: Note

    @classmethod
    def read(cls, text: str) -> "Shown":
        """Parse a submission. Raises Unreadable."""
        first, blank, note = text.partition("\n\n")
        lines = first.split("\n")
        old = lines[0].removeprefix("old ")
        is_number = old.isascii() and old.isdecimal() and str(int(old)) == old and len(old) < 20
        if not blank or not lines[0].startswith("old ") or not is_number or len(lines) > MOST_HASHES + 1:
            raise Unreadable("an old size, hashes, an empty line, and a checkpoint are wanted")
        proof = [notes.from_base64(line) for line in lines[1:]]
        if any(len(digest) != SIZE for digest in proof):
            raise Unreadable("a hash has 32 bytes")
        return cls(int(old), proof, Note.read(note))


class Witness:
    """A witness: its name and key, the ledgers that it watches, and its store."""

    def __init__(self, name: str, sign: Signer, watched: Sequence[Verifier], memory: Memory) -> None:
        self.name, self._signer, self._watched, self.memory = name, sign, watched, memory

    @property
    def verifier(self) -> Verifier:
        """Verifier key under which the witness cosigns."""
        return Verifier(self.name, self._signer.public, notes.Kind.COSIGNATURE)

    def add(self, text: str) -> Answer:
        """Cosign and store a checkpoint that is consistent with the last one, or return why not."""
        try:
            submission = Shown.read(text)
            checkpoint = Checkpoint.read(submission.note.body)
        except Unreadable as error:
            return Answer(400, f"{error}\n")
        verifiers = [verifier for verifier in self._watched if verifier.name == checkpoint.origin]
        if not verifiers:
            return Answer(404)
        if submission.note.signed_by(verifiers) is None:
            return Answer(403)
        if submission.old > checkpoint.size:
            return Answer(400, "the old size is larger than the head\n")
        with self.memory.alone():
            return self._cosign(submission, checkpoint)

    def _cosign(self, submission: Shown, checkpoint: Checkpoint) -> Answer:
        """Check consistency with the last checkpoint, cosign and store; the store is locked."""
        last = self.memory.last(checkpoint.origin) or Checkpoint(checkpoint.origin, 0, EMPTY)
        if submission.old != last.size or (checkpoint.size == last.size and checkpoint.root != last.root):
            return Answer(409, f"{last.size}\n", is_size=True)
        try:
            check_consistency(last.size, last.root, checkpoint.size, checkpoint.root, submission.proof)
        except NotProven:
            return Answer(422)
        cosignature = notes.cosignature(checkpoint.body, self.name, self._signer, int(clock.now().timestamp()))
        ledger_lines = "".join(
            signature_line.text for signature_line in submission.note.lines if signature_line.name == checkpoint.origin
        )
        self.memory.keep(checkpoint.origin, f"{checkpoint.body}\n{ledger_lines}{cosignature.text}")
        return Answer(200, cosignature.text)
