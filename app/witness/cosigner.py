"""Cosigner: decides about a submitted checkpoint (C2SP tlog-witness, add-checkpoint)."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core import clock
from app.core.signing import Signer
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import EMPTY_ROOT, HASH_SIZE, InvalidProof, check_consistency
from app.domain.ledger.rules.signed_notes import Checkpoint, MalformedNote, NoteVerifier, SignedNote
from app.witness.store import CheckpointStore

MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """Status and text of an answer; a text that is a size has a media type of its own."""

    status: int
    text: str = ""
    is_size: bool = False


@dataclass(frozen=True, slots=True)
class CheckpointSubmission:
    """A submission: the size that the sender takes for the last one, the consistency proof from there, and the
    signed checkpoint."""

    old_size: int
    proof: Sequence[bytes]
    note: SignedNote

    @classmethod
    def parse(cls, text: str) -> "CheckpointSubmission":
        """Parse a submission. Raises Unreadable."""
        first, blank, note = text.partition("\n\n")
        lines = first.split("\n")
        old = lines[0].removeprefix("old ")
        is_number = old.isascii() and old.isdecimal() and str(int(old)) == old and len(old) < 20
        if not blank or not lines[0].startswith("old ") or not is_number or len(lines) > MAX_HASHES + 1:
            raise MalformedNote("an old size, hashes, an empty line, and a checkpoint are wanted")
        proof = [signed_notes.decode_base64(line) for line in lines[1:]]
        if any(len(digest) != HASH_SIZE for digest in proof):
            raise MalformedNote("a hash has 32 bytes")
        return cls(int(old), proof, SignedNote.parse_note(note))


class Witness:
    """A witness: its name and key, the ledgers that it watches, and its store."""

    def __init__(self, name: str, signer: Signer, watched: Sequence[NoteVerifier], store: CheckpointStore) -> None:
        self.name, self._signer, self._watched, self.store = name, signer, watched, store

    @property
    def watched(self) -> Sequence[NoteVerifier]:
        """Verifier keys of the ledgers that the witness watches."""
        return self._watched

    @property
    def verifier(self) -> NoteVerifier:
        """Verifier key under which the witness cosigns."""
        return NoteVerifier(self.name, self._signer.public_key, signed_notes.SignatureType.COSIGNATURE)

    def add_checkpoint(self, text: str) -> WitnessAnswer:
        """Cosign and store a checkpoint that is consistent with the last one, or return why not."""
        try:
            submission = CheckpointSubmission.parse(text)
            checkpoint = Checkpoint.parse_body(submission.note.body)
        except MalformedNote as error:
            return WitnessAnswer(400, f"{error}\n")
        verifiers = [verifier for verifier in self._watched if verifier.name == checkpoint.origin]
        if not verifiers:
            return WitnessAnswer(404)
        if submission.note.find_verifier(verifiers) is None:
            return WitnessAnswer(403)
        if submission.old_size > checkpoint.size:
            return WitnessAnswer(400, "the old size is larger than the head\n")
        with self.store.locked():
            return self._cosign(submission, checkpoint)

    def _cosign(self, submission: CheckpointSubmission, checkpoint: Checkpoint) -> WitnessAnswer:
        """Check consistency with the last checkpoint, cosign and store; the store is locked."""
        last = self.store.last_checkpoint(checkpoint.origin) or Checkpoint(checkpoint.origin, 0, EMPTY_ROOT)
        if submission.old_size != last.size or (checkpoint.size == last.size and checkpoint.root != last.root):
            return WitnessAnswer(409, f"{last.size}\n", is_size=True)
        try:
            check_consistency(last.size, last.root, checkpoint.size, checkpoint.root, submission.proof)
        except InvalidProof:
            return WitnessAnswer(422)
        cosignature = signed_notes.create_cosignature(
            checkpoint.body, self.name, self._signer, int(clock.now().timestamp())
        )
        ledger_lines = "".join(
            signature_line.text for signature_line in submission.note.lines if signature_line.name == checkpoint.origin
        )
        self.store.put_note(checkpoint.origin, f"{checkpoint.body}\n{ledger_lines}{cosignature.text}")
        return WitnessAnswer(200, cosignature.text)
