"""Register what was submitted, or return it to its State."""

from app.core import journal
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.contributions import events
from app.domain.contributions.actions import receipts as deposits
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import covers
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.submissions import Submission, require_all_accepted
from app.domain.documents import rules as follow_up
from app.domain.documents.actions import registration as register_of_documents
from app.domain.documents.inputs import EditionContent, NewDocument, NewEdition
from app.domain.documents.models import Document, DocumentAccess, EditionStep
from app.domain.documents.queries import documents
from app.domain.files import actions as file_actions
from app.domain.files import queries as file_queries

DOCUMENT_KIND_BY_SERIES = {
    "C": "contribution",
    "INF": "information",
    "ADM": "administrative",
    "DT": "temporary",
    "DL": "limited",
    "R": "report",
}
"""Kind of document by code of the series."""
AWAITS_STATE = _("The secretariat submitted it on behalf of a State. That State must confirm it first.")


def return_contribution(
    session: WriteSession, actor: Actor, contribution: Contribution, because: ReasonInput, *, version: int
) -> None:
    """Return a contribution to its State with a reason; it can be changed and submitted again.

    Raises Forbidden, Conflict, Stale.
    """
    rules.RETURN.require(actor, contribution)
    require_version(contribution.version, version)
    contribution.status, contribution.returned_because = ContributionStatus.RETURNED, because.reason
    contribution.held_because = None
    contribution.version += 1
    journal.record_event(session, actor, events.ContributionReturned(contribution.id), body=contribution.body_id)


def register_contribution(session: WriteSession, actor: Actor, contribution: Contribution, *, version: int) -> Document:
    """Register a contribution under the next symbol of its series, or as an edition of the document that it follows.

    From then on every seat of the body sees it, and its State gets a second receipt, with the symbol. Raises what
    `require_ready_for_registration` raises.
    """
    submission = load_submission(session, contribution)
    require_ready_for_registration(session, actor, submission, version=version)
    text = covers.build_registered_edition(submission)
    if document := submission.followed:
        edition_data = NewEdition(
            step=EditionStep(contribution.step),
            text=text,
            note=contribution.note,
            only_language=contribution.only_language,
        )
        edition = register_of_documents.add_edition(session, actor, document, edition_data)
    else:
        document = register_of_documents.register_document(session, actor, _build_new_document(submission, text))
        edition = documents.get_edition_in_force(session, document)
    contribution.status, contribution.document_id, contribution.edition_id = (
        ContributionStatus.REGISTERED,
        document.id,
        edition.id,
    )
    contribution.version += 1
    file_actions.copy_contribution_scans(session, submission.digests, contribution.id)
    receipt = deposits.issue_registration_receipt(session, actor, submission, edition, version=version)
    event = events.ContributionRegistered(contribution.id, document.id, receipt.digest)
    journal.record_event(session, actor, event, body=contribution.body_id)
    if submission.is_at_request:
        heading = events.RegisteredAtRequest(contribution.id, document.id)
        journal.record_event(session, actor, heading, body=contribution.body_id)
    return document


def require_ready_for_registration(session: ReadSession, actor: Actor, submission: Submission, *, version: int) -> None:
    """Check that a contribution can be registered as the actor saw it.

    Raises Forbidden; Stale; Conflict if its status forbids it, it waits for its State, or a file is not checked for
    viruses.
    """
    rules.REGISTER.require(actor, submission.contribution)
    require_version(submission.contribution.version, version)
    if submission.awaits_state:
        raise Conflict(AWAITS_STATE)
    require_all_accepted(submission)
    file_queries.require_clean_scans(session, submission.digests, contribution=submission.contribution.id)
    if submission.followed:
        follow_up.ADD_EDITION.require(actor, submission.followed)


def _build_new_document(submission: Submission, text: EditionContent) -> NewDocument:
    """Build the document to be registered from a contribution."""
    contribution = submission.contribution
    return NewDocument(
        body_id=contribution.body_id,
        series=contribution.series,
        scope=str(submission.meeting.number),
        kind=DOCUMENT_KIND_BY_SERIES[contribution.series],
        entity=contribution.entity,
        text=text,
        access=DocumentAccess(contribution.access),
    )
