"""Pages of contributions: the lists, one contribution, its files, and its registration.

The routes of drafts are in `drafts`, those of the chair's and the secretariat's decisions in `decisions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions import rules
from app.domain.contributions.actions import drafting
from app.domain.contributions.queries import contributions
from app.domain.documents.queries import documents
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInActor, SignedInFor
from app.http.downloads import download_response
from app.http.localization import Localizer
from app.http.pagination import ListPage, PageNumberParameter
from app.http.portal_state import Portal, RequestReadSession, RequestWriteSession
from app.web.forms.parsing import RejectRepeatedFields, VersionField
from app.web.views.contributions import registration_queue, status
from app.web.views.contributions.contribution_page import build_contribution_view, find_draft_deadline_change
from app.web.views.documents import reading

LATE_LIST_ROLES = (*CHAIRS, Office.SECRETARY)


router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PAGE_SIZE = 50
NOTHING_TICKED = _("Nothing was ticked. Tick what you want to register, then press the button.")


@dataclass(frozen=True, slots=True)
class ContributionListPages:
    """Page numbers of the three lists, read from the query string."""

    queue: Annotated[int, Depends(PageNumberParameter("queue"))]
    late: Annotated[int, Depends(PageNumberParameter("late"))]
    own: Annotated[int, Depends(PageNumberParameter("own"))]


@router.get("/contributions", name="contributions", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_contribution_lists(
    actor: SignedInActor,
    session: RequestReadSession,
    house: Portal,
    request: Request,
    page_numbers: Annotated[ContributionListPages, Depends()],
    ticked: str = "",
) -> Response:
    """Show the registration queue to a secretary, late contributions to them and a chair, a delegate their State's own.

    `ticked` is `all` to show the queue with every box ticked, or `none` after a form was sent without any.
    Raises NotFound for everybody else.
    """
    if not actor.bodies_with_role(*DELEGATES, *LATE_LIST_ROLES):
        raise NotFound()
    meetings_by_id = status.index_meetings(meetings.list_meetings_with_bodies(session, actor))
    language = house.templates.negotiate_language(request)
    lists = [
        (
            "late",
            page_numbers.late,
            actor.bodies_with_role(*LATE_LIST_ROLES),
            contributions.visible_undecided_late_contributions,
        ),
        ("own", page_numbers.own, actor.bodies_with_role(*DELEGATES), contributions.own_state_contributions),
    ]
    queues: dict[
        str, tuple[Sequence[status.ContributionLine | registration_queue.RegistrationQueueLine], ListPage]
    ] = {}
    if actor.bodies_with_role(Office.SECRETARY):
        page = ListPage(
            page_numbers.queue,
            PAGE_SIZE,
            contributions.count_contributions(session, contributions.contributions_to_register(actor)),
        )
        queue_lines = registration_queue.list_queue_lines(
            session, actor, meetings_by_id, language, limit=page.size, offset=page.offset
        )
        queues["queue"] = (queue_lines, page)
    for name, page_number, allowed_bodies, select_visible in lists:
        if not allowed_bodies:
            continue
        page = ListPage(page_number, PAGE_SIZE, contributions.count_contributions(session, select_visible(actor)))
        rows = contributions.list_contributions(session, select_visible(actor), limit=page.size, offset=page.offset)
        queues[name] = (status.build_contribution_lines(rows, meetings_by_id, actor.entity, language), page)
    return house.templates.render_response(
        request,
        "web/contributions/list.html",
        queues=queues,
        acts_for=get_acting_entity_name(request),
        is_scanned=house.scanner is not None,
        ticked=ticked == "all",
        none_ticked=NOTHING_TICKED if ticked == "none" else None,
    )


@router.get("/contributions/{contribution}", name="contribution", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_contribution(
    contribution: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show a contribution."""
    contribution_row = contributions.get_visible_contribution(session, actor, contribution)
    language = house.templates.negotiate_language(request)
    view, formats = build_contribution_view(session, actor, contribution_row, language), Localizer(language)
    document = (
        documents.get_visible_document(session, actor, contribution_row.document_id)
        if contribution_row.document_id
        else None
    )
    has_ended = document is not None and document.ended_as is not None
    return house.templates.render_response(
        request,
        "web/contributions/show.html",
        about=view,
        docket=status.describe_next_step(contribution_row, view.meeting, view.entity, formats, has_ended=has_ended),
        moved=find_draft_deadline_change(session, view, formats),
        steps=status.list_progress_steps(contribution_row, view.meeting.zone, formats),
        moves=rules.list_open_moves(actor, contribution_row),
        may_edit=rules.EDIT.allows(actor, contribution_row),
        may_sign=rules.SIGN.allows(actor, contribution_row),
        may_clear=rules.CLEAR.allows(actor, contribution_row)
        and contributions.is_clearance_needed(session, actor, contribution_row),
        answers=bool(contributions.list_visible_cosponsors(session, actor, contribution_row)),
        previews=reading.list_file_previews(
            session,
            f"/contributions/{contribution_row.id}",
            contributions.list_contribution_files(session, contribution_row),
        ),
        has_receipt=rules.SEE_RECEIPTS.allows(actor, contribution_row),
        document=document,
        has_ended=has_ended,
    )


@router.get(
    "/contributions/{contribution}/files/{language}",
    name="contribution-file",
    dependencies=[Depends(SignedInFor(rules.SEE))],
)
def download_contribution_file(
    contribution: UUID,
    language: str,
    actor: SignedInActor,
    session: RequestReadSession,
    house: Portal,
    request: Request,
) -> Response:
    """Send the file of a contribution in one language."""
    file_row = contributions.get_downloadable_file(session, actor, contribution, language)
    return download_response(
        request,
        house.store,
        sha256=file_row.sha256,
        media_type=file_row.media,
        name=file_row.name,
        cache_control="private, no-cache",
    )


@router.post(
    "/contributions/{contribution}/register",
    name="register-contribution",
    dependencies=[Depends(SignedInFor(rules.REGISTER))],
)
def register_contribution(
    contribution: UUID, actor: SignedInActor, session: RequestWriteSession, house: Portal, version: VersionField = 0
) -> Response:
    """Register a contribution and redirect to its document."""
    contribution_row = contributions.get_visible_contribution(session, actor, contribution, lock=True)
    document = drafting.register_contribution(session, actor, contribution_row, version=version, signer=house.signer)
    return RedirectResponse(f"/documents/{document.id}?done=registered", 303)


def get_acting_entity_name(request: Request) -> LazyText:
    """Return the name of the entity that the person acts for, as the page's header shows it."""
    return request.state.reader.acts_for  # type: ignore[no-any-return]  # set with the actor; Starlette cannot know
