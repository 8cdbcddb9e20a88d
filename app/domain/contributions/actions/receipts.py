"""Receipts of contributions: what was received from which State and when, and the symbol of its registration."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.core.canonical_json import format_instant
from app.core.db import ReadSession, WriteSession
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.queries.contributions import get_effective_access, list_cosponsors
from app.domain.documents.models import Document, Edition, EditionStep
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import has_deadline_passed
from app.domain.receipts import actions as receipts
from app.domain.receipts import queries
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import build_file_facts

ContributionFiles = Sequence[ContributionFile]


def find_deposit_receipt(
    session: ReadSession, actor: Actor, contribution: Contribution, version: int
) -> Receipt | None:
    """Find the receipt that the actor got for submitting exactly this version."""
    return queries.find_receipt_of_act(
        session, contribution.id, ReceiptKind.DEPOSIT, version=version, person_id=actor.person
    )


def issue_deposit_receipt(
    session: WriteSession, actor: Actor, contribution: Contribution, files: ContributionFiles, *, version: int
) -> Receipt:
    """Issue the receipt of a contribution that was submitted just now, with the deadline that applied."""
    meeting, submitted_at = session.get_one(Meeting, contribution.meeting_id), contribution.submitted_at
    assert submitted_at is not None
    statement = _build_statement(session, contribution, meeting, files)
    if contribution.step != EditionStep.CORRIGENDUM:  # a corrigendum has no deadline
        statement |= {
            "deadline": format_instant(meeting.contributions_due_at),
            "timing": _timing_code(contribution, meeting, submitted_at),
        }
    return receipts.issue_receipt(
        session,
        actor,
        ReceiptKind.DEPOSIT,
        statement,
        subject_id=contribution.id,
        version=version,
        body_id=contribution.body_id,
        at=submitted_at,
    )


def issue_registration_receipt(
    session: WriteSession,
    actor: Actor,
    contribution: Contribution,
    edition: Edition,
    files: ContributionFiles,
    *,
    version: int,
) -> Receipt:
    """Issue the receipt of a contribution that was registered just now; it names the receipt of the deposit."""
    meeting = session.get_one(Meeting, contribution.meeting_id)
    deposit = queries.find_latest_receipt(session, contribution.id, ReceiptKind.DEPOSIT)
    statement = _build_statement(session, contribution, meeting, files) | {
        "deposit": {"receipt": str(deposit.id), "sha256": deposit.digest} if deposit else None,
        "registered_at": format_instant(edition.registered_at),
        "symbol": edition.symbol,
    }
    return receipts.issue_receipt(
        session,
        actor,
        ReceiptKind.REGISTRATION,
        statement,
        subject_id=contribution.id,
        version=version,
        body_id=contribution.body_id,
        at=edition.registered_at,
    )


def _timing_code(contribution: Contribution, meeting: Meeting, submitted_at: datetime) -> str:
    """Return `in-time`, `grace` or `late`."""
    if contribution.late:
        return "late"
    return "grace" if has_deadline_passed(meeting.contributions_due_at, submitted_at) else "in-time"


def _build_statement(
    session: ReadSession, contribution: Contribution, meeting: Meeting, files: ContributionFiles
) -> dict[str, Any]:
    """Return the statement that both kinds of receipt share."""
    body = session.get_one(Body, contribution.body_id)
    followed = session.get_one(Document, contribution.follows_id) if contribution.follows_id else None
    signers = [cosponsor.entity for cosponsor in list_cosponsors(session, contribution) if cosponsor.signs]
    return ({"signed_by": signers} if signers else {}) | {
        "access": get_effective_access(session, contribution),
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
    return build_file_facts(file) | {
        "began_at": format_instant(file.began_at),
        "received_at": format_instant(file.received_at),
    }
