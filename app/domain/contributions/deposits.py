"""What a receipt says of a contribution: when it came in, of whom, what exactly, and later under which symbol."""

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
    """The receipt that the actor was given for submitting this very version."""
    return queries.given(session, contribution.id, Kind.DEPOSIT, version=version, person=actor.person)


def of_deposit(
    session: WriteSession, actor: Actor, contribution: Contribution, files: Files, *, version: int, sign: Signer
) -> Receipt:
    """For what was submitted just now, at `submitted_at`. The deadline is the one that held then."""
    meeting, at = session.get_one(Meeting, contribution.meeting_id), contribution.submitted_at
    assert at is not None
    said = _said(session, contribution, meeting, files)
    if contribution.step != Step.CORRIGENDUM:  # which has no deadline
        said |= {"deadline": instant(meeting.contributions_due_at), "timing": _timing(contribution, meeting, at)}
    return receipts.issue(
        session,
        actor,
        Kind.DEPOSIT,
        said,
        subject=contribution.id,
        version=version,
        body=contribution.body_id,
        at=at,
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
    """For what was put on the register just now; it names the receipt of the deposit."""
    meeting = session.get_one(Meeting, contribution.meeting_id)
    deposit = queries.latest(session, contribution.id, Kind.DEPOSIT)
    said = _said(session, contribution, meeting, files) | {
        "deposit": {"receipt": str(deposit.id), "sha256": deposit.digest} if deposit else None,
        "registered_at": instant(edition.registered_at),
        "symbol": edition.symbol,
    }
    return receipts.issue(
        session,
        actor,
        Kind.REGISTRATION,
        said,
        subject=contribution.id,
        version=version,
        body=contribution.body_id,
        at=edition.registered_at,
        sign=sign,
    )


def _timing(contribution: Contribution, meeting: Meeting, at: datetime) -> str:
    if contribution.late:
        return "late"
    return "grace" if has_passed(meeting.contributions_due_at, at) else "in-time"


def _said(session: ReadSession, contribution: Contribution, meeting: Meeting, files: Files) -> dict[str, Any]:
    """What both kinds say."""
    body = session.get_one(Body, contribution.body_id)
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    signing = [each.entity for each in cosponsors(session, contribution) if each.signs]
    return ({"signed_by": signing} if signing else {}) | {
        "access": access_of(session, contribution),
        "body": {"code": body.code, "prefix": body.prefix},
        "contribution": str(contribution.id),
        "entity": contribution.entity,
        "files": [_file(file) for file in files],
        "follows": followed.symbol if followed else None,
        "meeting": {"number": meeting.number, "zone": meeting.zone},
        "only_language": contribution.only_language,
        "original": contribution.original,
        "step": contribution.step,
        "title": contribution.title,
    }


def _file(file: ContributionFile) -> dict[str, object]:
    return file_said(file) | {"began_at": instant(file.began_at), "received_at": instant(file.received_at)}
