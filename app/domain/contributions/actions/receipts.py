"""Receipts of contributions: what was received from which State and when, and the symbol of its registration."""

from typing import Any

from app.core.canonical_json import format_instant
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.contributions.models import ContributionFile
from app.domain.contributions.rules import Submission, timing_of_submission
from app.domain.documents.models import Edition, EditionStep
from app.domain.receipts import actions as receipts
from app.domain.receipts import queries
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import build_file_facts


def issue_deposit_receipt(session: WriteSession, actor: Actor, submission: Submission, *, version: int) -> Receipt:
    """Issue the receipt of a contribution that was submitted just now, with the deadline that applied."""
    contribution = submission.contribution
    assert contribution.submitted_at is not None
    statement = _build_statement(submission)
    if contribution.step != EditionStep.CORRIGENDUM:  # a corrigendum has no deadline
        statement |= {
            "deadline": format_instant(submission.meeting.contributions_due_at),
            "timing": timing_of_submission(submission),
        }
    return receipts.issue_receipt(
        session,
        actor,
        ReceiptKind.DEPOSIT,
        statement,
        subject_id=contribution.id,
        version=version,
        body_id=contribution.body_id,
        at=contribution.submitted_at,
    )


def issue_registration_receipt(
    session: WriteSession, actor: Actor, submission: Submission, edition: Edition, *, version: int
) -> Receipt:
    """Issue the receipt of a contribution that was registered just now; it names the receipt of the deposit."""
    contribution = submission.contribution
    deposit = queries.find_latest_receipt(session, contribution.id, ReceiptKind.DEPOSIT)
    statement = _build_statement(submission) | {
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


def _build_statement(submission: Submission) -> dict[str, Any]:
    """Return the statement that both kinds of receipt share."""
    contribution, body, meeting = submission.contribution, submission.body, submission.meeting
    signers = submission.signers
    return ({"signed_by": signers} if signers else {}) | {
        "access": submission.access,
        "body": {"code": body.code, "prefix": body.prefix},
        "contribution": str(contribution.id),
        "entity": contribution.entity,
        "files": [_build_file_statement(file) for file in submission.files],
        "follows": submission.followed.symbol if submission.followed else None,
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
