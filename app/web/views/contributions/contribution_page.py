"""A contribution as every page about it shows it."""

from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules import OPEN_STATUSES
from app.domain.documents.models import EditionStep
from app.domain.files import queries as file_queries
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import EntityName
from app.http.labels import ACCESS_LABELS, EDITION_KIND_LABELS, PURPOSE_LABELS, join_texts
from app.http.localization import Localizer
from app.http.page_context import ReadContext
from app.web.forms.proposal_fields import format_proposals_for_form
from app.web.views.contributions import status
from app.web.views.documents.titles import find_foreign_language, localize_title
from app.web.views.documents.topics import load_topic_names, select_topics


@dataclass(frozen=True, slots=True)
class ContributionView:
    """Everything that pages show of a contribution."""

    contribution: Contribution
    meeting: Meeting
    body: Body
    meeting_name: LazyText
    entity: LazyText
    item: tuple[str, str | None] | None
    purpose: LazyText
    lang: str | None
    files: list[status.ContributionFileView]
    step: LazyText
    access: LazyText
    signers: LazyText | None
    topics: list[str]
    proposals: list[tuple[int, dict[str, str]]]


def build_contribution_view(context: ReadContext, contribution: Contribution) -> ContributionView:
    """Build the view of a contribution that was loaded for the actor."""
    session, language = context.session, context.language
    meeting = meetings.get_visible_meeting(session, context.actor, contribution.meeting_id)
    body = session.get_one(Body, contribution.body_id)
    item = agendas.find_released_item(session, meeting, contribution.item_id) if contribution.item_id else None
    title, lang = localize_title(item.titles, language) if item else ("", None)
    signing_states = [
        EntityName(cosponsor.entity)
        for cosponsor in contributions.list_cosponsors(session, contribution)
        if cosponsor.signs
    ]
    return ContributionView(
        contribution=contribution,
        meeting=meeting,
        body=body,
        meeting_name=status.format_meeting_name(meeting, body),
        entity=EntityName(contribution.entity),
        item=(f"{item.label} {title}", lang) if item else None,
        purpose=PURPOSE_LABELS[contribution.purpose],
        lang=find_foreign_language(contribution.original, language),
        files=_build_files(session, contribution),
        step=EDITION_KIND_LABELS[contribution.step],
        access=ACCESS_LABELS[contributions.get_effective_access(session, contribution)][0],
        signers=join_texts(signing_states) if signing_states else None,
        topics=[name for _, name in select_topics(load_topic_names(session, language), contribution.topics)]
        if contribution.topics
        else [],
        proposals=list(enumerate(format_proposals_for_form(contribution.proposals), 1)),
    )


def find_draft_deadline_change(
    session: ReadSession, view: ContributionView, formats: Localizer
) -> status.DeadlineChange | None:
    """Find the move of the deadline of a draft. None once it is submitted, and for corrigenda."""
    if view.contribution.status not in OPEN_STATUSES or view.contribution.step == EditionStep.CORRIGENDUM:
        return None
    return status.find_deadline_change(session, view.meeting, formats)


def _build_files(session: ReadSession, contribution: Contribution) -> list[status.ContributionFileView]:
    """List the files of a contribution with their findings and scan states."""
    files = contributions.list_contribution_files(session, contribution)
    return status.build_file_views(files, file_queries.find_scan_states(session, [file.sha256 for file in files]))
