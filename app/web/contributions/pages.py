"""Pages of contributions: the lists, one contribution, its files, and its registration.

The routes of drafts are in `drafts`, those of the chair's and the secretariat's decisions in `chair_decisions`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Select

from app.core.db import count_rows
from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions.actions import registration
from app.domain.contributions.inputs import OwnContributionsFilter, RegistrationQueueFilter
from app.domain.contributions.models import Contribution, ContributionStatus, Cosponsor
from app.domain.contributions.queries import contributions, own_lists, registered_contributions
from app.domain.contributions.queries.confirmations import is_confirmation_voided
from app.domain.contributions.queries.cosponsors import has_ended_invitation, list_states_asked_again
from app.domain.contributions.queries.late_contributions import visible_undecided_late_contributions
from app.domain.contributions.queries.own_lists import select_own_documents
from app.domain.contributions.queries.registration_queue import find_next_to_register
from app.domain.contributions.rules import permissions as rules
from app.domain.document_outcomes.queries.outcomes import find_document_outcomes
from app.domain.documents.queries import documents
from app.domain.identity.inputs import FilterableList
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInGuard
from app.http.downloads import UNPUBLISHED_CACHE, download_response
from app.http.labels import get_status_colour_and_label
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumberParameter
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import RejectRepeatedFields, TextField, VersionField
from app.web.views.contributions import status
from app.web.views.contributions.contribution_page import ContributionView, build_contribution_view
from app.web.views.contributions.queue_page import QUEUE_PATH, build_queue_page
from app.web.views.dockets.contributions import build_contribution_docket
from app.web.views.documents import reading
from app.web.views.documents.outcomes import build_outcome_section
from app.web.views.saved_filters import build_saved_filters

LATE_LIST_ROLES = (*CHAIRS, Office.SECRETARY)


router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PAGE_SIZE = 50
NOTHING_TICKED = _(
    "No contributions were selected. Select the contributions you want to register, then press the button."
)


@dataclass(frozen=True, slots=True)
class ContributionListPageNumbers:
    """Page numbers of the four lists, read from the query string."""

    queue: Annotated[int, Depends(PageNumberParameter("queue"))]
    late: Annotated[int, Depends(PageNumberParameter("late"))]
    own: Annotated[int, Depends(PageNumberParameter("own"))]
    invited: Annotated[int, Depends(PageNumberParameter("invited"))]


OwnFilters = Annotated[OwnContributionsFilter, Depends(FilterParameters(OwnContributionsFilter))]
QueueFilters = Annotated[RegistrationQueueFilter, Depends(FilterParameters(RegistrationQueueFilter))]


@router.get("/contributions", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_contribution_lists(
    context: ReadContext,
    page_numbers: Annotated[ContributionListPageNumbers, Depends()],
    filters: QueueFilters,
    own_filters: OwnFilters,
    ticked: str = "",
) -> Response:
    """Show the registration queue to a secretary, late contributions to them and a chair, a delegate their State's own
    and drafts of others that it is asked to co-sponsor.

    `ticked` is `all` to show the queue with every box ticked, or `none` after a form was sent without any.
    Raises NotFound for everybody else.
    """
    actor = context.actor
    if not actor.bodies_with_role(*DELEGATES, *LATE_LIST_ROLES):
        raise NotFound()
    meetings_by_id = status.index_meetings(meetings.list_meetings_with_bodies(context.session, actor))
    is_secretary = bool(actor.bodies_with_role(Office.SECRETARY))
    return context.render(
        "web/contributions/list.html",
        queue=build_queue_page(context, filters, meetings_by_id, page_numbers.queue) if is_secretary else None,
        saved=(
            build_saved_filters(context, FilterableList.REGISTRATION, FilteredList(QUEUE_PATH, filters).query)
            if is_secretary
            else None
        ),
        lists={
            name: _list_contributions(
                context, select_visible(actor, own_filters), meetings_by_id, getattr(page_numbers, name)
            )
            for name, (roles, select_visible) in LISTS.items()
            if actor.bodies_with_role(*roles)
        },
        own=FilteredList("/contributions", own_filters, anchor="#h-own"),
        statuses=[(str(each), get_status_colour_and_label(each)[1]) for each in ContributionStatus],
        acts_for=get_acting_entity_name(context.request),
        is_scanned=context.portal.scanner is not None,
        ticked=ticked == "all",
        none_ticked=NOTHING_TICKED if ticked == "none" else None,
    )


SelectListed = Callable[[Actor, OwnContributionsFilter], Select[Contribution]]
LISTS: Mapping[str, tuple[Sequence[str], SelectListed]] = MappingProxyType(
    {
        "late": (LATE_LIST_ROLES, lambda actor, _filters: visible_undecided_late_contributions(actor)),
        "own": (DELEGATES, select_own_documents),
        "invited": (DELEGATES, lambda actor, _filters: own_lists.drafts_to_cosponsor(actor)),
    }
)
"""The lists besides the queue, by the name of their page number: who has one, and what it lists."""


def _list_contributions(
    context: ReadContext, statement: Select[Contribution], meetings_by_id: status.MeetingsById, number: int
) -> tuple[Sequence[status.ContributionLine], ListPage]:
    """List a page of the contributions of a statement."""
    page = ListPage(number, PAGE_SIZE, count_rows(context.session, statement))
    rows = own_lists.list_contributions(context.session, statement, limit=page.size, offset=page.offset)
    return status.build_contribution_lines(
        context.session, context.actor, rows, meetings_by_id, context.localizer
    ), page


@router.get("/contributions/{contribution}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_contribution(context: ReadContext, contribution: UUID) -> Response:
    """Show a contribution, or lead to the document as which it is registered if the actor may see only that, or to
    their list if their State was invited to co-sponsor it and no longer is: an e-mail about the draft led here. Raises
    NotFound."""
    try:
        contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    except NotFound:
        registered_as = registered_contributions.find_document_in_place_of(context.session, context.actor, contribution)
        if registered_as is None and has_ended_invitation(context.session, context.actor, contribution):
            return context.redirect("/contributions?done=no-longer-invited")
        if registered_as is None:
            raise
        return context.redirect(f"/documents/{registered_as.id}")
    formats = context.localizer
    view = build_contribution_view(context, contribution_row)
    document = (
        documents.get_visible_document(context.session, context.actor, contribution_row.document_id)
        if contribution_row.document_id
        else None
    )
    has_ended = document is not None and document.ended_as is not None
    may_confirm = contributions.may_confirm(context.session, context.actor, contribution_row)
    needs_clearance = contributions.is_clearance_by_head_required(context.session, context.actor, contribution_row)
    cosponsors = contributions.list_visible_cosponsors(context.session, context.actor, contribution_row)
    return context.render(
        "web/contributions/show.html",
        about=view,
        docket=build_contribution_docket(
            context.actor,
            contribution_row,
            view.meeting,
            formats,
            entity=view.entity,
            awaits_state=view.awaits_state,
            may_confirm=may_confirm,
            needs_clearance=needs_clearance,
            is_invited=view.has_text and _is_invited(context.actor, cosponsors),
            has_ended=has_ended,
            waits_for_verdict=view.waits_for_verdict,
            replacement_ends_at=view.replacement_ends_at,
        ),
        moved=status.find_draft_deadline_change(context.session, contribution_row, view.meeting),
        steps=status.list_progress_steps(contribution_row, view.meeting.zone, formats, awaits_state=view.awaits_state),
        moves=_list_moves(context.actor, view),
        may_edit=rules.EDIT.allows(context.actor, contribution_row),
        may_sign=rules.SIGN.allows(context.actor, contribution_row),
        is_asked_again=context.actor.entity in list_states_asked_again(context.session, contribution_row),
        signs=any(each.entity == context.actor.entity and each.signs for each in cosponsors),
        may_confirm=may_confirm,
        awaits_chair=status.is_waiting_for_chair(contribution_row),
        outcomes=build_outcome_section(
            document, find_document_outcomes(context.session, context.actor, document.id), formats
        )
        if document
        else None,
        confirmation_voided=view.awaits_state and is_confirmation_voided(context.session, contribution_row),
        may_clear=rules.CLEAR.allows(context.actor, contribution_row) and needs_clearance,
        answers=bool(cosponsors),
        previews=reading.list_file_previews(
            context.session,
            f"/contributions/{contribution_row.id}",
            [shown.file for shown in view.files if shown.file.is_accepted],
        ),
        has_receipt=rules.SEE_RECEIPTS.allows(context.actor, contribution_row),
        document=document,
        has_ended=has_ended,
    )


def _is_invited(actor: Actor, cosponsors: Sequence[Cosponsor]) -> bool:
    """Return whether the actor's State was invited to co-sponsor and has not answered."""
    return any(cosponsor.entity == actor.entity and cosponsor.signs is None for cosponsor in cosponsors)


def _list_moves(actor: Actor, view: ContributionView) -> dict[str, rules.ContributionMove]:
    """List the moves that the actor may make now. What its State has to confirm is not registered before, and nothing
    else is declined."""
    moves = rules.list_open_moves(actor, view.contribution)
    hidden = "register" if view.awaits_state else "decline-confirmation"
    return {name: move for name, move in moves.items() if name != hidden}


@router.get(
    "/contributions/{contribution}/files/{language}",
    dependencies=[Depends(SignedInGuard(rules.SEE))],
)
def download_contribution_file(context: ReadContext, contribution: UUID, language: str) -> Response:
    """Send the file of a contribution in one language."""
    file_row = contributions.get_downloadable_file(context.session, context.actor, contribution, language)
    return download_response(
        context.request,
        context.portal.store,
        sha256=file_row.sha256,
        media_type=file_row.media,
        name=file_row.name,
        cache_control=UNPUBLISHED_CACHE,
    )


@router.post(
    "/contributions/{contribution}/register",
    dependencies=[Depends(SignedInGuard(rules.REGISTER))],
)
def register_contribution(
    context: WriteContext, contribution: UUID, version: VersionField = 0, then: TextField = ""
) -> Response:
    """Register a contribution, and redirect to the form for its titles in other languages; to the next contribution of
    the queue, or to the queue if there is none, if `then` is `next`."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    document = registration.register_contribution(context.session, context.actor, contribution_row, version=version)
    if then != "next":
        return context.redirect(f"/documents/{document.id}/titles?done=registered")
    following = find_next_to_register(context.session, context.actor, contribution_row)
    return context.redirect(
        f"/contributions/{following}/register?done=registered" if following else "/contributions?done=registered"
    )


def get_acting_entity_name(request: Request) -> LazyText:
    """Return the name of the entity that the person acts for, as the page's header shows it."""
    return request.state.reader.acts_for  # type: ignore[no-any-return]  # set with the actor; Starlette cannot know
