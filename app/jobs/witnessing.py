"""Showing heads to witnesses (C2SP tlog-witness). Each has a task of its own: one that is down delays nobody."""

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
"""Seconds from one look for a new head to the next."""
LATER: Final = 30.0
"""Seconds until a witness that is away or refused is asked again."""


class Why(StrEnum):
    """Why a witness does not cosign: what people have to look into."""

    AHEAD = "ahead"
    FORK = "fork"
    STRANGER = "stranger"


class Refused(Exception):  # noqa: N818 - what a witness does
    """It does not believe a head."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class Away(Exception):  # noqa: N818 - what a witness is
    """It does not answer, or not as a witness does."""


def show(desk: Desk, client: httpx2.Client, witness: tuple[str, Verifier]) -> bool:
    """Show it the last head, if it has not cosigned that; whether it did now. Raises Away, Refused."""
    address, verifier = witness
    with transaction(desk.write) as session:
        head, known = queries.latest(session), queries.witness(session, verifier.name)
    if head is None or queries.is_cosigned(head, verifier):
        return False
    try:
        line = _asked(desk, client, address, verifier, head, known.size if known else 0)
    except Refused as refusal:
        with transaction(desk.write) as session:
            latest = queries.latest(session)
            if latest and latest.size != head.size:  # another worker has shown it the next one meanwhile
                return False
            if actions.note_refusal(session, verifier, refusal.why):
                log.error("a witness refuses our head", witness=verifier.name, size=head.size, why=refusal.why.value)
        raise
    with transaction(desk.write) as session:
        actions.add_cosignature(session, head.size, verifier, line)
    return True


def _asked(
    desk: Desk,
    client: httpx2.Client,
    address: str,
    verifier: Verifier,
    head: LedgerHead,
    old: int,
    *,
    again: bool = True,
) -> Line:
    """Its cosignature of the head, from the size that it knows: where it says another size, once more from there."""
    if old > head.size:
        raise Refused(Why.AHEAD)
    with transaction(desk.write) as session:
        proof = queries.tree(session, head.size).consistency(old)
    body = "\n".join((f"old {old}", *map(notes.in_base64, proof), "", head.note))
    try:
        answer = client.post(f"{address}/add-checkpoint", content=body.encode())
    except httpx2.HTTPError as error:
        raise Away(type(error).__name__) from error
    if answer.status_code == 409 and again and (size := answer.text.strip()).isdecimal() and int(size) != old:
        return _asked(desk, client, address, verifier, head, int(size), again=False)
    if answer.status_code in (409, 422):
        raise Refused(Why.FORK)
    if answer.status_code in (403, 404):
        raise Refused(Why.STRANGER)
    if answer.status_code != 200:
        raise Away(str(answer.status_code))
    return _its_line(answer.text, verifier, head)


def _its_line(text: str, verifier: Verifier, head: LedgerHead) -> Line:
    """The line that is this witness's and holds; others are ignored. Raises Away."""
    body = Note.read(head.note).body
    for each in text.splitlines()[:16]:
        try:
            line = notes.signature_line(each)
        except Unreadable:
            continue
        if line.is_of(verifier) and verifier.signed(body, line.signature):
            return line
    raise Away("no cosignature of this witness")


async def keep_witnessed(desk: Desk, witness: tuple[str, Verifier]) -> None:
    """Show every new head to this witness, for as long as the worker works."""
    is_told = False
    with httpx2.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        while True:
            try:
                await asyncio.to_thread(show, desk, client, witness)
                pause, is_told = LOOKING, False
            except (Away, Refused, *PASSING) as fault:
                if not is_told:
                    log.warning("a witness did not cosign", witness=witness[1].name, kind=repr(fault))
                pause, is_told = LATER, True
            except Exception:
                log.exception("a witness could not be asked; it is tried again", witness=witness[1].name)
                pause = LATER
            await asyncio.sleep(pause)


def held(witnesses: Sequence[tuple[str, Verifier]], origin: str) -> Mapping[str, str]:
    """The last head that each witness holds, as a note, by its name. One that does not answer is left out."""
    name, found = hashlib.sha256(origin.encode()).hexdigest(), {}
    with httpx2.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        for address, verifier in witnesses:
            try:
                answer = client.get(f"{address}/{name}/checkpoint")
            except httpx2.HTTPError:
                continue
            if answer.status_code == 200:
                found[verifier.name] = answer.text
    return found
