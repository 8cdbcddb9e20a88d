"""Receipts of contributions: what was received from which State and when, and the symbol of its registration."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.core.access import Actor
from app.core.canonical import instant
from app.core.db import ReadSession, WriteSession
from app.core.signing import Signer
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.queries import access_of, cosponsors
from app.domain.documents.models import Document, Edition, Step
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import has_passed
from app.domain.receipts import actions as receipts
from app.domain.receipts import queries
from app.domain.receipts.models import Kind, Receipt
from app.domain.receipts.statements import file_said

Files = Sequence[ContributionFile]


def given_before(session: ReadSession, actor: Actor, contribution: Contribution, version: int) -> Receipt | None:
    """Find the receipt that the actor got for submitting exactly this version."""
    return queries.given(session, contribution.id, Kind.DEPOSIT, version=version, person=actor.person)


def of_deposit(
    session: WriteSession, actor: Actor, contribution: Contribution, files: Files, *, version: int, sign: Signer
) -> Receipt:
    """Issue the receipt of a contribution that was submitted just now, with the deadline that applied."""
    meeting, submitted_at = session.get_one(Meeting, contribution.meeting_id), contribution.submitted_at
    assert submitted_at is not None
    statement = _build_statement(session, contribution, meeting, files)
    if contribution.step != Step.CORRIGENDUM:  # a corrigendum has no deadline
        statement |= {
            "deadline": instant(meeting.contributions_due_at),
            "timing": _timing_code(contribution, meeting, submitted_at),
        }
    return receipts.issue(
        session,
        actor,
        Kind.DEPOSIT,
        statement,
        subject=contribution.id,
        version=version,
        body=contribution.body_id,
        at=submitted_at,
        sign=sign,
    )


def of_registration(
    session: WriteSession,
    actor: Actor,
    contribution: Contribution,
    edition: Edition,
    files: Files,
    *,
    version: int,
    sign: Signer,
) -> Receipt:
    """Issue the receipt of a contribution that was registered just now; it names the receipt of the deposit."""
    meeting = session.get_one(Meeting, contribution.meeting_id)
    deposit = queries.latest(session, contribution.id, Kind.DEPOSIT)
    statement = _build_statement(session, contribution, meeting, files) | {
        "deposit": {"receipt": str(deposit.id), "sha256": deposit.digest} if deposit else None,
        "registered_at": instant(edition.registered_at),
        "symbol": edition.symbol,
    }
    return receipts.issue(
        session,
        actor,
        Kind.REGISTRATION,
        statement,
        subject=contribution.id,
        version=version,
        body=contribution.body_id,
        at=edition.registered_at,
        sign=sign,
    )


def _timing_code(contribution: Contribution, meeting: Meeting, submitted_at: datetime) -> str:
    """Return `in-time`, `grace` or `late`."""
    if contribution.late:
        return "late"
    return "grace" if has_passed(meeting.contributions_due_at, submitted_at) else "in-time"


def _build_statement(
    session: ReadSession, contribution: Contribution, meeting: Meeting, files: Files
) -> dict[str, Any]:
    """Return the statement that both kinds of receipt share."""
    body = session.get_one(Body, contribution.body_id)
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    signers = [cosponsor.entity for cosponsor in cosponsors(session, contribution) if cosponsor.signs]
    return ({"signed_by": signers} if signers else {}) | {
        "access": access_of(session, contribution),
        "body": {"code": body.code, "prefix": body.prefix},
        "contribution": str(contribution.id),
        "entity": contribution.entity,
        "files": [_build_file_statement(file) for file in files],
        "follows": followed.symbol if followed else None,
        "meeting": {"number": meeting.number, "zone": meeting.zone},
        "only_language": contribution.only_language,
        "original": contribution.original,
        "step": contribution.step,
        "title": contribution.title,
    }


def _build_file_statement(file: ContributionFile) -> dict[str, object]:
    """Return the statement about one file."""
    return file_said(file) | {"began_at": instant(file.began_at), "received_at": instant(file.received_at)}
