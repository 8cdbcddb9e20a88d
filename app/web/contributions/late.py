"""Late contributions on one page: those that wait for the chair, those held, and those accepted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.core.db import count_rows
from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.contributions.inputs import LateListFilter
from app.domain.contributions.queries.late_contributions import (
    IS_ACCEPTED_LATE,
    IS_AWAITING_CHAIR,
    IS_HELD_FOR_LATER,
    list_late_contributions,
    list_late_sources_and_meetings,
    select_late_contributions,
)
from app.domain.contributions.queries.own_lists import ContributionRow
from app.domain.contributions.rules import permissions as rules
from app.domain.identity.inputs import FilterableList
from app.domain.meetings import queries as meetings
from app.domain.meetings.rules import has_deadline_passed
from app.http.authentication import SignedInGuard
from app.http.labels import STATUS_LABELS
from app.http.labels import get_status_colour_and_label as tag_of
from app.http.localization import Localizer
from app.http.page_context import ReadContext
from app.http.pagination import ListPage, PageNumberParameter
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.views.contributions.status import MeetingsById, format_meeting_name, index_meetings
from app.web.views.documents.filters import list_entity_names
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import get_original_language_if_foreign
from app.web.views.saved_filters import build_saved_filters

router = APIRouter()

PAGE_SIZE = 50
LATE_LISTS = {
    "waiting": IS_AWAITING_CHAIR,
    "held": IS_HELD_FOR_LATER,
    "accepted": IS_ACCEPTED_LATE,
}
IN_TIME_BY_NEW_DEADLINE = _("on time under the current deadline")


@dataclass(frozen=True, slots=True)
class LateContributionLine:
    """A late contribution in a list: how late it was, and what was decided for which reason."""

    href: str
    symbol: str | None
    title: str
    lang: str | None
    entity: LazyText
    meeting: LazyText
    zone: str
    submitted_at: datetime
    by: LazyText | str
    tag: tuple[str, LazyText]
    because: str | None


@dataclass(frozen=True, slots=True)
class LateListPageNumbers:
    """Page numbers of the three lists, read from the query string."""

    waiting: Annotated[int, Depends(PageNumberParameter("waiting"))]
    held: Annotated[int, Depends(PageNumberParameter("held"))]
    accepted: Annotated[int, Depends(PageNumberParameter("accepted"))]


@router.get("/late", dependencies=[Depends(SignedInGuard(rules.SEE_LATE))])
def show_late_contributions(
    context: ReadContext,
    page_numbers: Annotated[LateListPageNumbers, Depends()],
    filters: Annotated[LateListFilter, Depends(FilterParameters(LateListFilter))],
) -> Response:
    """Show late contributions to chairs and secretaries. Raises NotFound for everybody else."""
    if not context.actor.bodies_with_role(*CHAIRS, Office.SECRETARY):
        raise NotFound()
    meetings_by_id = index_meetings(meetings.list_meetings_with_bodies(context.session, context.actor))
    formats = context.localizer
    lists = {}
    for name, list_kind in LATE_LISTS.items():
        statement = select_late_contributions(context.actor, list_kind, filters, formats.language)
        page = ListPage(getattr(page_numbers, name), PAGE_SIZE, count_rows(context.session, statement))
        rows = list_late_contributions(context.session, statement, limit=page.size, offset=page.offset)
        lists[name] = ([_build_line(row, meetings_by_id, formats) for row in rows], page)
    listing = FilteredList("/late", filters, "-received")
    sources, with_late = list_late_sources_and_meetings(context.session, context.actor)
    return context.render(
        "web/contributions/late.html",
        lists=lists,
        listing=listing,
        saved=build_saved_filters(context, FilterableList.LATE, listing.query),
        sources=list_entity_names(sources, formats.language),
        meetings=[
            (meeting.id, format_meeting_name(meeting, body))
            for meeting, body in meetings_by_id.values()
            if meeting.id in with_late
        ],
    )


def _build_line(row: ContributionRow, meetings_by_id: MeetingsById, formats: Localizer) -> LateContributionLine:
    """Build the line of a late contribution."""
    meeting, body = meetings_by_id[row.meeting_id]
    due = meeting.contributions_due_at
    is_late_now = has_deadline_passed(due, row.submitted_at)
    accepted = row.late_accepted_because is not None
    return LateContributionLine(
        href=f"/documents/{row.document_id}" if row.document_id else f"/contributions/{row.id}",
        symbol=row.symbol,
        title=row.title,
        lang=get_original_language_if_foreign(row.original, formats.language),
        entity=name_source(row.entity, row.at_request),
        meeting=format_meeting_name(meeting, body),
        zone=meeting.zone,
        submitted_at=row.submitted_at,
        by=formats.format_duration(row.submitted_at - due) if is_late_now else IN_TIME_BY_NEW_DEADLINE,
        tag=STATUS_LABELS[row.ended_as] if row.ended_as else tag_of(row.status, late=True, accepted=accepted),
        because=row.held_because if row.status == "held" else row.late_accepted_because,
    )
