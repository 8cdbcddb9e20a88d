"""A contribution as every page about it shows it."""

from dataclasses import dataclass
from datetime import datetime

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, FileVerdict
from app.domain.contributions.queries.originals import find_kept_originals
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules.permissions import EDIT, OPEN_STATUSES, is_confirmed_text
from app.domain.contributions.rules.submissions import Submission
from app.domain.documents.models import Document, Edition
from app.domain.files import queries as file_queries
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import has_deadline_passed
from app.http.authentication import EntityName
from app.http.labels import ACCESS_LABELS, EDITION_KIND_LABELS, PURPOSE_LABELS, SERIES_LABELS, join_texts
from app.http.page_context import ReadContext
from app.web.forms.proposal_fields import format_proposals_for_form
from app.web.views.contributions import status
from app.web.views.documents.sources import name_source
from app.web.views.documents.subjects import read_subjects
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.mandates.citing import Citations


@dataclass(frozen=True, slots=True)
class ContributionView:
    """Everything that pages show of a contribution.

    `entity` is its State, `source` the heading under which it is registered, `followed` the document that it
    revises, adds to or corrects, `has_text` whether the file that cannot be missing is there. `is_at_request` is
    whether no one of the State confirmed what the secretariat wrote in its name, `confirmed_at` when somebody did.
    After the deadline, `replacement_ends_at` is until when a file may be replaced that was refused after its
    submission in time.
    """

    contribution: Contribution
    meeting: Meeting
    body: Body
    meeting_name: LazyText
    entity: LazyText
    source: LazyText
    kind: LazyText
    item: tuple[str, str | None] | None
    purpose: LazyText
    lang: str | None
    files: list[status.ContributionFileView]
    step: LazyText
    access: LazyText
    signers: LazyText | None
    awaits_state: bool
    is_at_request: bool
    confirmed_at: datetime | None
    is_returned_for_file: bool
    has_refused_file: bool
    replacement_ends_at: datetime | None
    topics: list[str]
    citations: Citations
    proposals: list[tuple[int, dict[str, str]]]
    has_text: bool
    followed: Document | None

    @property
    def waits_for_verdict(self) -> bool:
        """Whether a file is not inspected yet."""
        return any(shown.file.verdict == FileVerdict.WAITING for shown in self.files)

    @property
    def may_be_replaced(self) -> bool:
        """Whether a file that was refused after the submission may still be replaced and be in time."""
        return self.replacement_ends_at is not None and not has_deadline_passed(self.replacement_ends_at)


def build_contribution_view(context: ReadContext, contribution: Contribution) -> ContributionView:
    """Build the view of a contribution that was loaded for the actor."""
    return build_submission_view(context, load_submission(context.session, contribution))


def build_submission_view(context: ReadContext, submission: Submission) -> ContributionView:
    """Build the view of a contribution from what was read of it. Raises NotFound if the actor may not see its
    meeting."""
    session, language = context.session, context.language
    contribution, body, signers = submission.contribution, submission.body, submission.signers
    meeting = meetings.get_visible_meeting(session, context.actor, contribution.meeting_id)
    item = agenda_releases.find_released_item(session, meeting, contribution.item_id) if contribution.item_id else None
    scan_states = file_queries.find_scan_states(session, submission.digests, contribution=contribution.id)
    may_edit = EDIT.allows(context.actor, contribution)
    originals = find_kept_originals(session, context.actor, contribution) if may_edit else None
    subjects = read_subjects(session, contribution, language)
    title, lang = localize_title(item.titles, language) if item else ("", None)
    return ContributionView(
        contribution=contribution,
        meeting=meeting,
        body=body,
        meeting_name=status.format_meeting_name(meeting, body),
        entity=EntityName(contribution.entity),
        source=name_source(contribution.entity, _is_registered_at_request(session, contribution)),
        kind=SERIES_LABELS[contribution.series],
        item=(f"{item.label} {title}", lang) if item else None,
        purpose=PURPOSE_LABELS[contribution.purpose],
        lang=get_original_language_if_foreign(contribution.original, language),
        files=status.build_file_views(
            submission.files, scan_states, originals, is_submitted=contribution.status not in OPEN_STATUSES
        ),
        step=EDITION_KIND_LABELS[contribution.step],
        access=ACCESS_LABELS[submission.access][0],
        signers=join_texts([EntityName(state) for state in signers]) if signers else None,
        awaits_state=submission.awaits_state,
        is_at_request=submission.is_at_request,
        confirmed_at=contribution.confirmed_at if is_confirmed_text(contribution) else None,
        is_returned_for_file=submission.is_returned_for_file,
        has_refused_file=bool({each.sha256 for each in submission.refused_files} & set(submission.digests)),
        replacement_ends_at=submission.replacement_ends_at
        if submission.is_returned_for_file and has_deadline_passed(meeting.contributions_due_at)
        else None,
        topics=[name for _, name in subjects.topics],
        citations=subjects.citations,
        proposals=list(enumerate(format_proposals_for_form(contribution.proposals), 1)),
        has_text=submission.has_text,
        followed=submission.followed,
    )


def _is_registered_at_request(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether it was registered as submitted by the secretariat at the request of its State: of what was
    registered before there was such a heading, nothing says so."""
    if contribution.edition_id is None:
        return False
    return bool(session.get_one(Edition, contribution.edition_id).at_request)
