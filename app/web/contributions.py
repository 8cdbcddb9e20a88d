"""Contributions once they are there: lists, the page of one, its files, and its registration.

What a delegation does with its drafts is in `drafts`, what is decided with a reason in `decisions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.files import download
from app.asgi.formats import Formats
from app.asgi.house import Reading, TheHouse, Writing
from app.asgi.paging import NumberOf, Page
from app.asgi.words import ACCESSES, PURPOSES, STEPS, together
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.i18n import Text, say
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.contributions import actions, queries, rules
from app.domain.contributions.models import Contribution
from app.domain.contributions.rules import OPEN
from app.domain.documents import queries as documents
from app.domain.documents.models import Step
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.scans import queries as scans
from app.web import queue, reading, standing
from app.web.entries import EachFieldOnce, Version
from app.web.proposal_forms import as_typed
from app.web.titles import foreign, in_language
from app.web.topic_names import names, those

LATE_SEEN_BY = (*CHAIRS, Office.SECRETARY)


router = APIRouter(dependencies=[Depends(EachFieldOnce())])

PAGE = 50
NONE = say("Nothing was ticked. Tick what you want to register, then press the button.")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which page of each list an address asks for."""

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
    """The queue for a secretary, what came late for them and a chair, the own State's for a delegate.

    `ticked` says with which boxes of the queue ticked it is shown (`all`), or that none was when the form was sent.
    """
    if not actor.bodies(*DELEGATES, *LATE_SEEN_BY):
        raise Unknown()
    convened = standing.by_id(meetings.listed(session, actor))
    language = house.pages.language(request)
    lists = [
        ("late", numbers.late, actor.bodies(*LATE_SEEN_BY), queries.late_seen),
        ("own", numbers.own, actor.bodies(*DELEGATES), queries.of_own_state),
    ]
    shown: dict[str, tuple[Sequence[standing.Line | queue.Queued], Page]] = {}
    if actor.bodies(Office.SECRETARY):
        page = Page(numbers.queue, PAGE, queries.how_many(session, queries.to_register(actor)))
        waiting = queue.lines(session, actor, convened, language, limit=page.size, offset=page.offset)
        shown["queue"] = (waiting, page)
    for name, number, theirs, choose in lists:
        if not theirs:
            continue
        page = Page(number, PAGE, queries.how_many(session, choose(actor)))
        rows = queries.listed(session, choose(actor), limit=page.size, offset=page.offset)
        shown[name] = (standing.lines(rows, convened, actor.entity, language), page)
    return house.pages.show(
        request,
        "web/contributions/list.html",
        queues=shown,
        acts_for=own_entity(request),
        is_scanned=house.scanner is not None,
        ticked=ticked == "all",
        none_ticked=NONE if ticked == "none" else None,
    )


@router.get("/contributions/{contribution}", name="contribution", dependencies=[Depends(Asks(rules.SEE))])
def show(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, contribution)
    language = house.pages.language(request)
    seen, formats = about(session, actor, found, language), Formats(language)
    document = documents.one_visible(session, actor, found.document_id) if found.document_id else None
    has_ended = document is not None and document.ended_as is not None
    return house.pages.show(
        request,
        "web/contributions/show.html",
        about=seen,
        docket=standing.docket(found, seen.meeting, seen.entity, formats, has_ended=has_ended),
        moved=deadline_moved(session, seen, formats),
        steps=standing.steps(found, seen.meeting.zone, formats),
        moves=rules.open_moves(actor, found),
        may_edit=rules.EDIT.allows(actor, found),
        may_sign=rules.SIGN.allows(actor, found),
        may_clear=rules.CLEAR.allows(actor, found) and queries.needs_clearance(session, actor, found),
        answers=bool(queries.answers(session, actor, found)),
        previews=reading.previews(session, f"/contributions/{found.id}", queries.files(session, found)),
        has_receipt=rules.SEE_RECEIPTS.allows(actor, found),
        document=document,
        has_ended=has_ended,
    )


@router.get(
    "/contributions/{contribution}/files/{language}", name="contribution-file", dependencies=[Depends(Asks(rules.SEE))]
)
def file(
    contribution: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = queries.one_given(session, actor, contribution, language)
    return download(
        request, house.store, sha256=found.sha256, media=found.media, name=found.name, caching="private, no-cache"
    )


@router.post(
    "/contributions/{contribution}/register",
    name="register-contribution",
    dependencies=[Depends(Asks(rules.REGISTER))],
)
def register(contribution: UUID, actor: SignedIn, session: Writing, house: TheHouse, version: Version = 0) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    made = actions.register(session, actor, found, version=version, sign=house.signer)
    return RedirectResponse(f"/documents/{made.id}?done=registered", 303)


@dataclass(frozen=True, slots=True)
class About:
    """What every page about one contribution shows of it."""

    contribution: Contribution
    meeting: Meeting
    body: Body
    meeting_name: Text
    entity: Text
    item: tuple[str, str | None] | None
    purpose: Text
    lang: str | None
    files: list[standing.ShownFile]
    step: Text
    access: Text
    signers: Text | None
    topics: list[str]
    proposals: list[tuple[int, dict[str, str]]]


def about(session: ReadSession, actor: Actor, found: Contribution, language: str) -> About:
    """Put together what is shown of a contribution that was found for the actor."""
    meeting = meetings.one_visible(session, actor, found.meeting_id)
    body = session.get_one(Body, found.body_id)
    item = agendas.find_released_item(session, meeting, found.item_id) if found.item_id else None
    title, lang = in_language(item.titles, language) if item else ("", None)
    signing = [EntityName(each.entity) for each in queries.cosponsors(session, found) if each.signs]
    return About(
        contribution=found,
        meeting=meeting,
        body=body,
        meeting_name=standing.called(meeting, body),
        entity=EntityName(found.entity),
        item=(f"{item.label} {title}", lang) if item else None,
        purpose=PURPOSES[found.purpose],
        lang=foreign(found.original, language),
        files=_shown(session, found),
        step=STEPS[found.step],
        access=ACCESSES[queries.access_of(session, found)][0],
        signers=together(signing) if signing else None,
        topics=[name for _, name in those(names(session, language), found.topics)] if found.topics else [],
        proposals=list(enumerate(as_typed(found.proposals), 1)),
    )


def deadline_moved(session: ReadSession, seen: About, formats: Formats) -> standing.Moved | None:
    """That the deadline of a draft was moved. What left the delegation, and a corrigendum, has none to wait for."""
    if seen.contribution.status not in OPEN or seen.contribution.step == Step.CORRIGENDUM:
        return None
    return standing.deadline_moved(session, seen.meeting, formats)


def _shown(session: ReadSession, found: Contribution) -> list[standing.ShownFile]:
    files = queries.files(session, found)
    return standing.shown(files, scans.states(session, [file.sha256 for file in files]))


def own_entity(request: Request) -> Text:
    """For whom the person acts, as the masthead says it."""
    return request.state.reader.acts_for  # type: ignore[no-any-return]  # set with the actor; Starlette cannot know
