"""Pages of contributions: the lists, one contribution, its files, and its registration.

The routes of drafts are in `drafts`, those of the chair's and the secretariat's decisions in `decisions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import download
from app.asgi.formats import Formats
from app.asgi.house import Reading, TheHouse, Writing
from app.asgi.paging import NumberOf, Page
from app.core.errors import Unknown
from app.core.i18n import Text, say
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions import actions, queries, rules
from app.domain.documents import queries as documents
from app.domain.meetings import queries as meetings
from app.web import queue, reading_view, standing
from app.web.contribution_view import about, deadline_moved
from app.web.entries import EachFieldOnce, Version

LATE_SEEN_BY = (*CHAIRS, Office.SECRETARY)


router = APIRouter(dependencies=[Depends(EachFieldOnce())])

PAGE = 50
NONE = say("Nothing was ticked. Tick what you want to register, then press the button.")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Page numbers of the three lists, read from the query string."""

    queue: Annotated[int, Depends(NumberOf("queue"))]
    late: Annotated[int, Depends(NumberOf("late"))]
    own: Annotated[int, Depends(NumberOf("own"))]


@router.get("/contributions", name="contributions", dependencies=[Depends(Asks(rules.SEE))])
def listed(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    numbers: Annotated[Numbers, Depends()],
    ticked: str = "",
) -> Response:
    """Show the registration queue to a secretary, late contributions to them and a chair, a delegate their State's own.

    `ticked` is `all` to show the queue with every box ticked, or `none` after a form was sent without any.
    Raises NotFound for everybody else.
    """
    if not actor.bodies(*DELEGATES, *LATE_SEEN_BY):
        raise Unknown()
    meetings_by_id = standing.by_id(meetings.listed(session, actor))
    language = house.pages.language(request)
    lists = [
        ("late", numbers.late, actor.bodies(*LATE_SEEN_BY), queries.late_seen),
        ("own", numbers.own, actor.bodies(*DELEGATES), queries.of_own_state),
    ]
    queues: dict[str, tuple[Sequence[standing.Line | queue.Queued], Page]] = {}
    if actor.bodies(Office.SECRETARY):
        page = Page(numbers.queue, PAGE, queries.how_many(session, queries.to_register(actor)))
        queue_lines = queue.lines(session, actor, meetings_by_id, language, limit=page.size, offset=page.offset)
        queues["queue"] = (queue_lines, page)
    for name, page_number, allowed_bodies, select_visible in lists:
        if not allowed_bodies:
            continue
        page = Page(page_number, PAGE, queries.how_many(session, select_visible(actor)))
        rows = queries.listed(session, select_visible(actor), limit=page.size, offset=page.offset)
        queues[name] = (standing.lines(rows, meetings_by_id, actor.entity, language), page)
    return house.pages.show(
        request,
        "web/contributions/list.html",
        queues=queues,
        acts_for=own_entity(request),
        is_scanned=house.scanner is not None,
        ticked=ticked == "all",
        none_ticked=NONE if ticked == "none" else None,
    )


@router.get("/contributions/{contribution}", name="contribution", dependencies=[Depends(Asks(rules.SEE))])
def show(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show a contribution."""
    contribution_row = queries.one_visible(session, actor, contribution)
    language = house.pages.language(request)
    view, formats = about(session, actor, contribution_row, language), Formats(language)
    document = (
        documents.one_visible(session, actor, contribution_row.document_id) if contribution_row.document_id else None
    )
    has_ended = document is not None and document.ended_as is not None
    return house.pages.show(
        request,
        "web/contributions/show.html",
        about=view,
        docket=standing.docket(contribution_row, view.meeting, view.entity, formats, has_ended=has_ended),
        moved=deadline_moved(session, view, formats),
        steps=standing.steps(contribution_row, view.meeting.zone, formats),
        moves=rules.open_moves(actor, contribution_row),
        may_edit=rules.EDIT.allows(actor, contribution_row),
        may_sign=rules.SIGN.allows(actor, contribution_row),
        may_clear=rules.CLEAR.allows(actor, contribution_row)
        and queries.needs_clearance(session, actor, contribution_row),
        answers=bool(queries.answers(session, actor, contribution_row)),
        previews=reading_view.previews(
            session, f"/contributions/{contribution_row.id}", queries.files(session, contribution_row)
        ),
        has_receipt=rules.SEE_RECEIPTS.allows(actor, contribution_row),
        document=document,
        has_ended=has_ended,
    )


@router.get(
    "/contributions/{contribution}/files/{language}", name="contribution-file", dependencies=[Depends(Asks(rules.SEE))]
)
def file(
    contribution: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Send the file of a contribution in one language."""
    file_row = queries.one_given(session, actor, contribution, language)
    return download(
        request,
        house.store,
        sha256=file_row.sha256,
        media=file_row.media,
        name=file_row.name,
        caching="private, no-cache",
    )


@router.post(
    "/contributions/{contribution}/register",
    name="register-contribution",
    dependencies=[Depends(Asks(rules.REGISTER))],
)
def register(contribution: UUID, actor: SignedIn, session: Writing, house: TheHouse, version: Version = 0) -> Response:
    """Register a contribution and redirect to its document."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    document = actions.register(session, actor, contribution_row, version=version, sign=house.signer)
    return RedirectResponse(f"/documents/{document.id}?done=registered", 303)


def own_entity(request: Request) -> Text:
    """Return the name of the entity that the person acts for, as the page's header shows it."""
    return request.state.reader.acts_for  # type: ignore[no-any-return]  # set with the actor; Starlette cannot know
