"""Receipts of contributions: what was received from which State and when, that the State confirmed it, and the symbol
of its registration."""

import json
from collections.abc import Iterable
from typing import Any

from app.core.canonical_json import format_instant
from app.core.db import ReadSession, WriteSession
from app.core.permissions import Actor
from app.domain.contributions.models import ContributionFile, FileVerdict, RefusedFile
from app.domain.contributions.rules.submissions import Submission, timing_of_submission
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


def issue_confirmation_receipt(session: WriteSession, actor: Actor, submission: Submission, *, version: int) -> Receipt:
    """Issue the receipt of a contribution that its State confirmed just now; it names the receipt of the deposit."""
    contribution = submission.contribution
    assert contribution.confirmed_at is not None
    return receipts.issue_receipt(
        session,
        actor,
        ReceiptKind.CONFIRMATION,
        _build_statement(submission) | {"deposit": _name_receipt(session, submission, ReceiptKind.DEPOSIT)},
        subject_id=contribution.id,
        version=version,
        body_id=contribution.body_id,
        at=contribution.confirmed_at,
    )


def issue_registration_receipt(
    session: WriteSession, actor: Actor, submission: Submission, edition: Edition, *, version: int
) -> Receipt:
    """Issue the receipt of a contribution that was registered just now; it names the receipt of the deposit.

    Of what the secretariat submitted in the name of a State it says whether that State confirmed it.
    """
    contribution = submission.contribution
    statement = _build_statement(submission) | _build_source_statement(session, submission)
    statement |= {
        "deposit": _name_receipt(session, submission, ReceiptKind.DEPOSIT),
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


def _build_source_statement(session: ReadSession, submission: Submission) -> dict[str, object]:
    """Return what a registration states of a text that the secretariat submitted in the name of a State.

    A confirmation is named if it is of the deposit that the registration names, not of an earlier one: a State that
    submits a later text itself confirms that by its own deposit.
    """
    if submission.is_at_request:
        return {"at_request": True}
    confirmation = queries.find_latest_receipt(session, submission.contribution.id, ReceiptKind.CONFIRMATION)
    if confirmation is None:
        return {}
    deposit = _name_receipt(session, submission, ReceiptKind.DEPOSIT)
    is_of_this_text = json.loads(confirmation.statement)["deposit"] == deposit
    return {"confirmation": _format_receipt_name(confirmation)} if is_of_this_text else {}


def _name_receipt(session: ReadSession, submission: Submission, kind: ReceiptKind) -> dict[str, str] | None:
    """Name the latest receipt of this kind; None if there is none."""
    receipt = queries.find_latest_receipt(session, submission.contribution.id, kind)
    return _format_receipt_name(receipt) if receipt else None


def _format_receipt_name(receipt: Receipt) -> dict[str, str]:
    """Return how a statement names another receipt."""
    return {"receipt": str(receipt.id), "sha256": receipt.digest}


def _build_statement(submission: Submission) -> dict[str, Any]:
    """Return the statement that both kinds of receipt share."""
    contribution, body, meeting = submission.contribution, submission.body, submission.meeting
    signers = submission.signers
    return ({"signed_by": signers} if signers else {}) | {
        "access": submission.access,
        "body": {"code": body.code, "prefix": body.prefix},
        "contribution": str(contribution.id),
        "entity": contribution.entity,
        "files": [_build_file_statement(file, submission.refused_files) for file in submission.files],
        "follows": submission.followed.symbol if submission.followed else None,
        "meeting": {"number": meeting.number, "zone": meeting.zone},
        "only_language": contribution.only_language,
        "original": contribution.original,
        "step": contribution.step,
        "title": contribution.title,
    }


def _build_file_statement(file: ContributionFile, replaceable: Iterable[RefusedFile]) -> dict[str, object]:
    """Return the statement about one file: that it is not inspected yet, or which refused file it replaces, if so."""
    statement = build_file_facts(file) | {
        "began_at": format_instant(file.began_at),
        "received_at": format_instant(file.received_at),
    }
    if file.verdict == FileVerdict.WAITING:
        statement |= {"inspected": False}
    for refused in replaceable:
        if refused.language == file.language and refused.sha256 != file.sha256:
            replaced = {"received_at": refused.received_at, "refused_at": refused.refused_at}
            statement |= {"replaces": {"sha256": refused.sha256} | {k: format_instant(v) for k, v in replaced.items()}}
    return statement
