"""What a witness does with a head that it is shown (C2SP tlog-witness, add-checkpoint)."""

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
    """Status and text; a text that is a size has a type of its own."""

    status: int
    text: str = ""
    is_size: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody sends: the size that it believes to be the last, the hashes from there, the head."""

    old: int
    proof: Sequence[bytes]
    note: Note

    @classmethod
    def read(cls, text: str) -> "Shown":
        """Raises Unreadable."""
        first, blank, note = text.partition("\n\n")
        lines = first.split("\n")
        old = lines[0].removeprefix("old ")
        is_number = old.isascii() and old.isdecimal() and str(int(old)) == old and len(old) < 20
        if not blank or not lines[0].startswith("old ") or not is_number or len(lines) > MOST_HASHES + 1:
            raise Unreadable("an old size, hashes, an empty line, and a checkpoint are wanted")
        proof = [notes.from_base64(line) for line in lines[1:]]
        if any(len(each) != SIZE for each in proof):
            raise Unreadable("a hash has 32 bytes")
        return cls(int(old), proof, Note.read(note))


class Witness:
    """One witness: its name and key, the ledgers that it watches, and its memory."""

    def __init__(self, name: str, sign: Signer, watched: Sequence[Verifier], memory: Memory) -> None:
        self.name, self._sign, self._watched, self.memory = name, sign, watched, memory

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self._sign.public, notes.Kind.COSIGNATURE)

    def add(self, text: str) -> Answer:
        """Cosign a head that goes on from the last one, and remember it; or say why not."""
        try:
            shown = Shown.read(text)
            head = Checkpoint.read(shown.note.body)
        except Unreadable as error:
            return Answer(400, f"{error}\n")
        verifiers = [each for each in self._watched if each.name == head.origin]
        if not verifiers:
            return Answer(404)
        if shown.note.signed_by(verifiers) is None:
            return Answer(403)
        if shown.old > head.size:
            return Answer(400, "the old size is larger than the head\n")
        with self.memory.alone():
            return self._judge(shown, head)

    def _judge(self, shown: Shown, head: Checkpoint) -> Answer:
        last = self.memory.last(head.origin) or Checkpoint(head.origin, 0, EMPTY)
        if shown.old != last.size or (head.size == last.size and head.root != last.root):
            return Answer(409, f"{last.size}\n", is_size=True)
        try:
            check_consistency(last.size, last.root, head.size, head.root, shown.proof)
        except NotProven:
            return Answer(422)
        line = notes.cosignature(head.body, self.name, self._sign, int(clock.now().timestamp()))
        ours = "".join(each.text for each in shown.note.lines if each.name == head.origin)
        self.memory.keep(head.origin, f"{head.body}\n{ours}{line.text}")
        return Answer(200, line.text)
