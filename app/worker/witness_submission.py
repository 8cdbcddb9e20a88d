"""Submission of ledger heads to witnesses (C2SP tlog-witness), one asyncio task each, so that none delays others."""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Final

import httpx2
import structlog

from app.core.db import transaction
from app.domain.ledger import actions
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.signed_notes import MalformedNote, NoteVerifier, SignatureLine, SignedNote
from app.worker.loops import run_step_repeatedly
from app.worker.release import WorkerContext
from app.worker.tasks import TRANSIENT_ERRORS

log = structlog.get_logger(__name__)

WITNESS_TIMEOUT: Final = 5.0
POLL_SECONDS: Final = 0.5
"""Seconds between two looks for a new head."""
RETRY_SECONDS: Final = 30.0
"""Seconds until a witness that was unavailable or refused is asked again."""


class WitnessRefusalReason(StrEnum):
    """Reason why a witness refuses to cosign, which the operator has to examine."""

    AHEAD = "ahead"
    FORK = "fork"
    UNKNOWN_LEDGER = "stranger"


class WitnessRefusedError(Exception):
    """The witness refuses a head."""

    def __init__(self, reason: WitnessRefusalReason) -> None:
        super().__init__(reason)
        self.reason = reason


class WitnessUnavailableError(Exception):
    """The witness does not answer, or its answer is no valid cosignature."""


def submit_head(context: WorkerContext, client: httpx2.Client, witness: tuple[str, NoteVerifier]) -> bool:
    """Submit the last head to a witness that has not cosigned it; True if it did now.

    Raises WitnessUnavailableError or WitnessRefusedError; a refusal is recorded.
    """
    address, verifier = witness
    with transaction(context.write_sessions) as session:
        head, known = ledger.find_latest_head(session), ledger.find_witness(session, verifier.name)
    if head is None or ledger.is_head_cosigned(head, verifier):
        return False
    try:
        line = _request_cosignature(context, client, address, verifier, head, known.size if known else 0)
    except WitnessRefusedError as refusal:
        with transaction(context.write_sessions) as session:
            latest = ledger.find_latest_head(session)
            if latest and latest.size != head.size:  # another worker has submitted the next head meanwhile
                return False
            if actions.record_witness_refusal(session, verifier, refusal.reason):
                log.error("a witness refuses our head", witness=verifier.name, size=head.size, why=refusal.reason.value)
        raise
    with transaction(context.write_sessions) as session:
        actions.add_cosignature(session, head.size, verifier, line)
    return True


def _request_cosignature(
    context: WorkerContext,
    client: httpx2.Client,
    address: str,
    verifier: NoteVerifier,
    head: LedgerHead,
    known_size: int,
    *,
    may_retry: bool = True,
) -> SignatureLine:
    """Request the cosignature of a head, with a consistency proof from the size that the witness knows.

    If it answers with another size, retry once from there. Raises WitnessUnavailableError or WitnessRefusedError.
    """
    if known_size > head.size:
        raise WitnessRefusedError(WitnessRefusalReason.AHEAD)
    with transaction(context.write_sessions) as session:
        proof = ledger.build_tree(session, head.size).consistency_path(known_size)
    body = "\n".join((f"old {known_size}", *map(signed_notes.encode_base64, proof), "", head.note))
    try:
        response = client.post(f"{address}/add-checkpoint", content=body.encode())
    except httpx2.HTTPError as error:
        raise WitnessUnavailableError(type(error).__name__) from error
    if (
        response.status_code == 409
        and may_retry
        and (size := response.text.strip()).isdecimal()
        and int(size) != known_size
    ):
        return _request_cosignature(context, client, address, verifier, head, int(size), may_retry=False)
    if response.status_code in (409, 422):
        raise WitnessRefusedError(WitnessRefusalReason.FORK)
    if response.status_code in (403, 404):
        raise WitnessRefusedError(WitnessRefusalReason.UNKNOWN_LEDGER)
    if response.status_code != 200:
        raise WitnessUnavailableError(str(response.status_code))
    return _find_signature(response.text, verifier, head)


def _find_signature(text: str, verifier: NoteVerifier, head: LedgerHead) -> SignatureLine:
    """Find the valid signature line of this witness; others are ignored. Raises WitnessUnavailableError."""
    body = SignedNote.parse_note(head.note).body
    for text_line in text.splitlines()[:16]:
        try:
            line = signed_notes.parse_signature_line(text_line)
        except MalformedNote:
            continue
        if line.matches_verifier(verifier) and verifier.verifies_signature(body, line.signature):
            return line
    raise WitnessUnavailableError("no cosignature of this witness")


async def run_witness_loop(context: WorkerContext, witness: tuple[str, NoteVerifier]) -> None:
    """Submit every new head to this witness, for as long as the worker runs."""
    with httpx2.Client(timeout=WITNESS_TIMEOUT, follow_redirects=False) as client:
        await run_step_repeatedly(
            partial(submit_head, context, client, witness),
            pause=POLL_SECONDS,
            retry_pause=RETRY_SECONDS,
            waiting_event="a witness did not cosign",
            failed_event="a witness could not be asked; it is tried again",
            expected=(WitnessUnavailableError, WitnessRefusedError, *TRANSIENT_ERRORS),
            witness=witness[1].name,
        )


def fetch_checkpoints(witnesses: Sequence[tuple[str, NoteVerifier]], origin: str) -> Mapping[str, str]:
    """Fetch the last head that each witness holds, as a signed note by its name; unavailable ones are left out."""
    origin_hash, heads = hashlib.sha256(origin.encode()).hexdigest(), {}
    with httpx2.Client(timeout=WITNESS_TIMEOUT, follow_redirects=False) as client:
        for address, verifier in witnesses:
            try:
                response = client.get(f"{address}/{origin_hash}/checkpoint")
            except httpx2.HTTPError:
                continue
            if response.status_code == 200:
                heads[verifier.name] = response.text
    return heads
