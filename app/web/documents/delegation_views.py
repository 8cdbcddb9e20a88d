"""The documents and meetings of the groups as a delegation sees them, for secretaries and chairs: read only.

Every line is one that both the delegation and the reader may see. The pages contain no form that changes anything.
"""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS, SEE_AS_DELEGATION
from app.domain.meetings.queries import get_visible_meeting
from app.domain.search.inputs import DocumentSearchScope
from app.domain.search.queries import delegation_views
from app.http.authentication import SignedInGuard
from app.http.labels import MEETING_STATUS_LABELS
from app.http.page_context import ReadContext
from app.http.pagination import ListPage, PageNumber
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.filters import list_member_states
from app.web.views.documents.lines import DocumentListLine, load_document_lines
from app.web.views.documents.timeline import build_meeting_date_list
from app.web.views.documents.titles import localize_title
from app.web.views.documents.topics import load_topic_names

router = APIRouter(dependencies=[Depends(SignedInGuard(SEE_AS_DELEGATION))])
PATH = "/delegation-view"
StateCode = Annotated[str, Query(max_length=3)]


@dataclass(frozen=True, slots=True)
class ShownDelegation:
    """The delegation that a page shows: the code and the name of its State, and its invented delegate."""

    code: str
    name: str
    delegate: Actor

    @property
    def query(self) -> str:
        """The query string that names the delegation."""
        return f"state={self.code}"


@router.get(PATH)
def show_documents_as_delegation(context: ReadContext, number: PageNumber, state: StateCode = "") -> Response:
    """Show the meetings and documents that a delegation and the reader may see; without a State, only the choice.

    Raises NotFound for a reader who leads no body.
    """
    if not context.actor.bodies_with_role(Office.SECRETARY, *CHAIRS):
        raise NotFound()
    if not state:
        return context.render(
            "web/documents/as_delegation.html", shown=None, states=list_member_states(context.language)
        )
    shown = _find_delegation(context, state)
    lines, page = _load_lines(context, shown, DocumentSearchScope(), "-date", number)
    rows = delegation_views.list_meetings_of_both(context.session, context.actor, shown.delegate)
    return context.render(
        "web/documents/as_delegation.html",
        shown=shown,
        meetings=[(meeting, format_meeting_name(meeting, body)) for meeting, body in rows],
        lines=lines,
        page=page,
        zone=ZoneInfo("UTC"),
    )


@router.get(PATH + "/meetings/{meeting}")
def show_meeting_as_delegation(
    context: ReadContext, meeting: UUID, number: PageNumber, state: StateCode = ""
) -> Response:
    """Show a meeting with its released agenda and its documents, as far as a delegation and the reader may see them."""
    SEE_AS_DELEGATION.require(context.actor, get_visible_meeting(context.session, context.actor, meeting))
    shown = _find_delegation(context, state)
    row = delegation_views.get_meeting_of_both(context.session, context.actor, shown.delegate, meeting)
    body = context.session.get_one(Body, row.body_id)
    lines, page = _load_lines(context, shown, DocumentSearchScope(row.body_id, str(row.number)), "number", number)
    return context.render(
        "web/documents/meeting_as_delegation.html",
        shown=shown,
        meeting=row,
        meeting_name=format_meeting_name(row, body),
        place=localize_title(row.place, context.language),
        life=MEETING_STATUS_LABELS[row.life],
        dates=build_meeting_date_list(row, context.localizer),
        items=[
            (item, localize_title(item.titles, context.language))
            for item in agenda_releases.list_current_released_items(context.session, row)
        ],
        lines=lines,
        page=page,
        zone=ZoneInfo(row.zone),
    )


def _find_delegation(context: ReadContext, state: str) -> ShownDelegation:
    """Find the delegation of a State. Raises NotFound."""
    delegate = delegation_views.build_delegate(context.session, context.actor, state)
    return ShownDelegation(state, member_states.get_state_name(state, context.language), delegate)


def _load_lines(
    context: ReadContext, shown: ShownDelegation, scope: DocumentSearchScope, sort: str, number: int
) -> tuple[list[DocumentListLine], ListPage]:
    """Load a page of the documents that the delegation and the reader may see."""
    statement = delegation_views.select_documents_of_both(context.actor, shown.delegate, scope)
    as_delegate = replace(context, actor=shown.delegate)
    topics = load_topic_names(context.session, context.language)
    return load_document_lines(as_delegate, statement, sort, number, topics)
