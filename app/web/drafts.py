"""A delegation's drafts: beginning one, its cover, its files, the last check, and handing it in."""

from collections.abc import Collection, Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Refusal, Stale, Unacceptable
from app.core.i18n import say
from app.core.journal import apart
from app.domain.agendas import queries as agendas
from app.domain.bodies.rules import Place, is_delegate
from app.domain.contributions import actions, queries, rules
from app.domain.contributions.inputs import SECRETARIAT, Behalf, Cover
from app.domain.contributions.models import Contribution, Purpose
from app.domain.documents.models import Access
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.subjects import queries as subjects
from app.web import standing
from app.web.autosave import is_quiet, kept
from app.web.contributions import about
from app.web.draft_pages import check_page, new_page
from app.web.entries import EachFieldOnce, Entry, Typed, Version, file_of, read
from app.web.proposal_forms import FIELDS, ProposalFields
from app.web.receiving import OfferedFile, Taken, settle, take

router = APIRouter(dependencies=[Depends(EachFieldOnce("topics", *FIELDS))])

NAMES = ("title", "original", "purpose", "abstract", "action", "refers_to", "contact", "regional_group", "access")
EMPTY: dict[str, object] = dict.fromkeys((*NAMES, "item", "note"), "") | {"topics": [], "proposals": []}
GONE = say("This item is not on the agenda any more. Choose another.")


async def cover_fields(
    proposals: ProposalFields,
    title: Typed = "",
    original: Typed = "",
    purpose: Typed = "",
    abstract: Typed = "",
    action: Typed = "",
    refers_to: Typed = "",
    contact: Typed = "",
    regional_group: Typed = "",
    access: Typed = "",
    item: Typed = "",
    note: Typed = "",
    topics: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> dict[str, object]:
    """The cover as it was typed."""
    return {
        "title": title,
        "original": original,
        "purpose": purpose,
        "abstract": abstract,
        "action": action,
        "refers_to": refers_to,
        "contact": contact,
        "regional_group": regional_group,
        "access": access,
        "item": item,
        "note": note,
        "topics": topics,
        "proposals": proposals,
    }


CoverFields = Annotated[dict[str, object], Depends(cover_fields)]


@router.get("/meetings/{meeting}/contributions/new", name="new-contribution", dependencies=[Depends(Asks(rules.DRAFT))])
def new(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, rules.to_meeting(there, actor.entity))
    behalf = {"entity": SECRETARIAT, "series": "INF"}
    typed = (
        EMPTY
        | behalf
        | {"original": house.pages.language(request), "purpose": Purpose.DISCUSSION, "access": Access.GROUP}
    )
    return new_page(session, actor, house, request, there, Entry(typed, None, {}), uuid4(), status=200)


@router.post("/meetings/{meeting}/contributions", name="draft-contribution", dependencies=[Depends(Asks(rules.DRAFT))])
def draft(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    key: Annotated[UUID, Form()],
    typed: CoverFields,
    given: OfferedFile,
    entity: Typed = "",
    series: Typed = "",
    version: Version = 0,
) -> Response:
    there = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, rules.to_meeting(there, actor.entity))
    entry, choice = read_cover(session, there, typed), _choice(actor, there, entity, series)
    if entry.made is None or choice.made is None:
        wrong: Entry[Cover] = Entry({**typed, **choice.typed}, None, {**entry.errors, **choice.errors})
        return new_page(session, actor, house, request, there, wrong, key)
    shown = Entry({**typed, **choice.typed}, entry.made, {})
    try:
        taken = take(session, actor, house, request, there.body_id, given)
    except Refusal as refused:
        return new_page(session, actor, house, request, there, shown, key, refused=refused, status=refused.status)
    whose, numbers = choice.made.entity, choice.made.series
    try:
        with apart(session):
            made = actions.draft(
                session, actor, there, entry.made, key=key, entity=whose, series=numbers, version=version
            )
    except Stale as sent_before:
        return new_page(session, actor, house, request, there, shown, uuid4(), stale=sent_before.reason, status=409)
    except Unacceptable as refused:
        wrong = Entry(shown.typed, None, {"entity": refused.reason})
        return new_page(session, actor, house, request, there, wrong, key)
    if is_quiet(request):
        return kept(made)
    if taken:
        put(session, actor, made, entry.made.original, taken)
    return RedirectResponse(f"/contributions/{made.id}/edit?done=saved", 303)


def _choice(actor: Actor, meeting: Meeting, entity: str, series: str) -> Entry[Behalf]:
    """For whom it is written: a delegate writes for their own State, the secretariat chooses."""
    if is_delegate.against(actor, Place(meeting.body_id, actor.entity)) is None:
        own = Behalf.model_construct(entity=actor.entity, series="C")
        return Entry({}, own, {})
    entry = read(Behalf, {"entity": entity, "series": series})
    return Entry(entry.typed, entry.made, {name or "series": words for name, words in entry.errors.items()})


@router.get(
    "/contributions/{contribution}/check", name="check-contribution", dependencies=[Depends(Asks(rules.SUBMIT))]
)
def check(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, contribution)
    rules.SUBMIT.require(actor, found)
    return check_page(session, actor, house, request, found)


@router.post(
    "/contributions/{contribution}/submit", name="submit-contribution", dependencies=[Depends(Asks(rules.SUBMIT))]
)
def submit(
    contribution: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version,
    late: Typed = "",
) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    asked_late = late == "yes"
    try:
        with apart(session):
            actions.submit(
                session, actor, found, version=version, grace=house.grace, late=asked_late, sign=house.signer
            )
    except (Conflict, Unacceptable) as refused:
        rules.SUBMIT.require(actor, found)  # what is not open has no check page
        return check_page(session, actor, house, request, found, refused=refused)
    return RedirectResponse(f"/contributions/{found.id}/receipt?done=submitted", 303)


@router.get(
    "/contributions/{contribution}/discard", name="discarding-contribution", dependencies=[Depends(Asks(rules.DISCARD))]
)
def discarding(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, contribution)
    rules.DISCARD.require(actor, found)
    seen = about(session, actor, found, house.pages.language(request))
    return house.pages.show(request, "web/contributions/discard.html", about=seen)


@router.post(
    "/contributions/{contribution}/discard", name="discard-contribution", dependencies=[Depends(Asks(rules.DISCARD))]
)
def discard(contribution: UUID, actor: SignedIn, session: Writing) -> Response:
    actions.discard(session, actor, queries.one_visible(session, actor, contribution, lock=True))
    return RedirectResponse("/contributions?done=discarded", 303)


@router.get(
    "/contributions/{contribution}/take-back",
    name="taking-contribution-back",
    dependencies=[Depends(Asks(rules.TAKE_BACK))],
)
def taking_back(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, contribution)
    rules.TAKE_BACK.require(actor, found)
    formats = Formats(house.pages.language(request))
    seen = about(session, actor, found, formats.language)
    due = standing.due_of(found.step, seen.meeting, formats)
    return house.pages.show(request, "web/contributions/take_back.html", about=seen, due=due)


@router.post(
    "/contributions/{contribution}/take-back",
    name="take-contribution-back",
    dependencies=[Depends(Asks(rules.TAKE_BACK))],
)
def take_back(contribution: UUID, actor: SignedIn, session: Writing, version: Version) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    actions.take_back(session, actor, found, version=version)
    return RedirectResponse(f"/contributions/{found.id}?done=draft-again", 303)


def read_cover(
    session: ReadSession, meeting: Meeting, typed: Mapping[str, object], had: Collection[str] = ()
) -> Entry[Cover]:
    """The cover, with an item that is still on the agenda, and topics that can be chosen or that it `had`."""
    entry = read(Cover, typed)
    chosen = entry.made.item if entry.made else None
    if chosen and chosen not in {item.item_id for item in agendas.released_items(session, meeting)}:
        return Entry(typed, None, {"item": GONE})
    try:
        subjects.chosen(session, entry.made.topics if entry.made else (), beside=had)
    except Unacceptable as refused:
        return Entry(typed, None, {"topics": refused.reason})
    return entry


def put(session: WriteSession, actor: Actor, found: Contribution, language: str, taken: Taken) -> None:
    actions.put_file(
        session, actor, found, file_of(language, taken.file), began_at=taken.began_at, received_at=taken.received_at
    )
    settle(session, actor, taken)
