"""Submission of ledger heads to witnesses (C2SP tlog-witness), one asyncio task each, so that none delays others."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import httpx2
import structlog

from app.core.db import transaction
from app.domain.ledger import actions, notes, queries
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.notes import Line, Note, Unreadable, Verifier
from app.jobs.disseminate import PASSING, Desk

log = structlog.get_logger(__name__)

TIMEOUT: Final = 5.0
LOOKING: Final = 0.5
"""Seconds between two looks for a new head."""
LATER: Final = 30.0
"""Seconds until a witness that was unavailable or refused is asked again."""


class Why(StrEnum):
    """Reason why a witness refuses to cosign, which the operator has to examine."""

    AHEAD = "ahead"
    FORK = "fork"
    STRANGER = "stranger"


class Refused(Exception):  # noqa: N818 - what a witness does
    """The witness refuses a head."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class Away(Exception):  # noqa: N818 - what a witness is
    """The witness does not answer, or its answer is no valid cosignature."""


def show(desk: Desk, client: httpx2.Client, witness: tuple[str, Verifier]) -> bool:
    """Submit the last head to a witness that has not cosigned it; True if it did now.

    Raises WitnessUnavailableError or WitnessRefusedError; a refusal is recorded.
    """
    address, verifier = witness
    with transaction(desk.write) as session:
        head, known = queries.latest(session), queries.witness(session, verifier.name)
    if head is None or queries.is_cosigned(head, verifier):
        return False
    try:
        line = _request_cosignature(desk, client, address, verifier, head, known.size if known else 0)
    except Refused as refusal:
        with transaction(desk.write) as session:
            latest = queries.latest(session)
            if latest and latest.size != head.size:  # another worker has submitted the next head meanwhile
                return False
            if actions.note_refusal(session, verifier, refusal.why):
                log.error("a witness refuses our head", witness=verifier.name, size=head.size, why=refusal.why.value)
        raise
    with transaction(desk.write) as session:
        actions.add_cosignature(session, head.size, verifier, line)
    return True


def _request_cosignature(
    context: Desk,
    client: httpx2.Client,
    address: str,
    verifier: Verifier,
    head: LedgerHead,
    known_size: int,
    *,
    may_retry: bool = True,
) -> Line:
    """Request the cosignature of a head, with a consistency proof from the size that the witness knows.

    If it answers with another size, retry once from there. Raises WitnessUnavailableError or WitnessRefusedError.
    """
    if known_size > head.size:
        raise Refused(Why.AHEAD)
    with transaction(context.write) as session:
        proof = queries.tree(session, head.size).consistency(known_size)
    body = "\n".join((f"old {known_size}", *map(notes.in_base64, proof), "", head.note))
    try:
        response = client.post(f"{address}/add-checkpoint", content=body.encode())
    except httpx2.HTTPError as error:
        raise Away(type(error).__name__) from error
    if (
        response.status_code == 409
        and may_retry
        and (size := response.text.strip()).isdecimal()
        and int(size) != known_size
    ):
        return _request_cosignature(context, client, address, verifier, head, int(size), may_retry=False)
    if response.status_code in (409, 422):
        raise Refused(Why.FORK)
    if response.status_code in (403, 404):
        raise Refused(Why.STRANGER)
    if response.status_code != 200:
        raise Away(str(response.status_code))
    return _find_signature(response.text, verifier, head)


def _find_signature(text: str, verifier: Verifier, head: LedgerHead) -> Line:
    """Find the valid signature line of this witness; others are ignored. Raises WitnessUnavailableError."""
    body = Note.read(head.note).body
    for text_line in text.splitlines()[:16]:
        try:
            line = notes.signature_line(text_line)
        except Unreadable:
            continue
        if line.is_of(verifier) and verifier.signed(body, line.signature):
            return line
    raise Away("no cosignature of this witness")


async def keep_witnessed(desk: Desk, witness: tuple[str, Verifier]) -> None:
    """Submit every new head to this witness, for as long as the worker runs."""
    is_logged = False
    with httpx2.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        while True:
            try:
                await asyncio.to_thread(show, desk, client, witness)
                pause, is_logged = LOOKING, False
            except (Away, Refused, *PASSING) as fault:
                if not is_logged:
                    log.warning("a witness did not cosign", witness=witness[1].name, kind=repr(fault))
                pause, is_logged = LATER, True
            except Exception:
                log.exception("a witness could not be asked; it is tried again", witness=witness[1].name)
                pause = LATER
            await asyncio.sleep(pause)


def held(witnesses: Sequence[tuple[str, Verifier]], origin: str) -> Mapping[str, str]:
    """Fetch the last head that each witness holds, as a signed note by its name; unavailable ones are left out."""
    origin_hash, heads = hashlib.sha256(origin.encode()).hexdigest(), {}
    with httpx2.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        for address, verifier in witnesses:
            try:
                response = client.get(f"{address}/{origin_hash}/checkpoint")
            except httpx2.HTTPError:
                continue
            if response.status_code == 200:
                heads[verifier.name] = response.text
    return heads
