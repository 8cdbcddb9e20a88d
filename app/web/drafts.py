"""A delegation's drafts: beginning one, its cover, its files, the last check, and handing it in."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Refusal, Stale, Unacceptable
from app.core.i18n import say
from app.domain.bodies.rules import Place
from app.domain.contributions import actions, queries, rules
from app.domain.contributions.inputs import Cover, InLanguage
from app.domain.contributions.models import Contribution
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.contributions import about
from app.web.draft_pages import check_page, edit_page, new_page
from app.web.entries import EachFieldOnce, Entry, Typed, file_of, read
from app.web.receiving import NO_FILE, OfferedFile, Taken, settle, take

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

EMPTY = {"title": "", "original": "", "purpose": "", "abstract": "", "item": ""}
GONE = say("This item is not on the agenda any more. Choose another.")


async def cover_fields(
    title: Typed = "", original: Typed = "", purpose: Typed = "", abstract: Typed = "", item: Typed = ""
) -> dict[str, str]:
    """The cover as it was typed."""
    return {"title": title, "original": original, "purpose": purpose, "abstract": abstract, "item": item}


CoverFields = Annotated[dict[str, str], Depends(cover_fields)]


@router.get("/meetings/{meeting}/contributions/new", name="new-contribution", dependencies=[Depends(Asks(rules.DRAFT))])
def new(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, Place(there.body_id, actor.entity))
    typed = EMPTY | {"original": house.pages.language(request)}
    return new_page(session, house, request, there, Entry(typed, None, {}), uuid4(), status=200)


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
) -> Response:
    there = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, Place(there.body_id, actor.entity))
    entry = _read_cover(session, there, typed)
    if entry.made is None:
        return new_page(session, house, request, there, entry, key)
    try:
        taken = take(session, actor, house, request, there.body_id, given)
    except Refusal as refused:
        return new_page(session, house, request, there, entry, key, refused=refused, status=refused.status)
    try:
        made = actions.draft(session, actor, there, entry.made, key=key)
    except Stale as sent_before:
        return new_page(session, house, request, there, entry, uuid4(), refused=sent_before, status=409)
    if taken:
        _put(session, actor, made, entry.made.original, taken)
    return RedirectResponse(f"/contributions/{made.id}/edit?done=saved", 303)


@router.get("/contributions/{contribution}/edit", name="edit-contribution", dependencies=[Depends(Asks(rules.EDIT))])
def edit(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, found)
    return edit_page(session, actor, house, request, found)


@router.post("/contributions/{contribution}", name="change-contribution", dependencies=[Depends(Asks(rules.EDIT))])
def change(
    contribution: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Annotated[int, Form()],
    typed: CoverFields,
) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    rules.EDIT.require(actor, found)
    entry = _read_cover(session, session.get_one(Meeting, found.meeting_id), typed)
    if entry.made is None:
        return edit_page(session, actor, house, request, found, entry=entry, status=400)
    try:
        actions.change(session, actor, found, entry.made, version=version)
    except Conflict as stale:
        return edit_page(session, actor, house, request, found, entry=entry, stale=stale.reason, status=409)
    return RedirectResponse(f"/contributions/{found.id}/edit?done=saved", 303)


@router.post(
    "/contributions/{contribution}/files", name="put-contribution-file", dependencies=[Depends(Asks(rules.EDIT))]
)
def put_file(
    contribution: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    given: OfferedFile,
    language: Typed = "",
) -> Response:
    found = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, found)
    entry = read(InLanguage, {"language": language})
    if entry.made is None:
        return edit_page(session, actor, house, request, found, upload=entry, status=400)
    try:
        taken = take(session, actor, house, request, found.body_id, given)
        if taken is None:
            raise Unacceptable(NO_FILE)
    except Refusal as refused:
        return edit_page(session, actor, house, request, found, upload=entry, refused=refused, status=refused.status)
    # A colleague may have submitted it while the file was examined: look again, and hold it.
    session.expire(found)
    found = queries.one_visible(session, actor, contribution, lock=True)
    _put(session, actor, found, entry.made.language, taken)
    return RedirectResponse(f"/contributions/{found.id}/edit?done=received", 303)


@router.post(
    "/contributions/{contribution}/files/{language}/remove",
    name="remove-contribution-file",
    dependencies=[Depends(Asks(rules.EDIT))],
)
def remove_file(contribution: UUID, language: str, actor: SignedIn, session: Writing) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    actions.remove_file(session, actor, found, language)
    return RedirectResponse(f"/contributions/{found.id}/edit?done=removed", 303)


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
    version: Annotated[int, Form()],
    late: Typed = "",
) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    rules.SUBMIT.require(actor, found)
    try:
        actions.submit(session, actor, found, version=version, grace=house.grace, late=late == "yes")
    except (Conflict, Unacceptable) as refused:
        return check_page(session, actor, house, request, found, refused=refused)
    return RedirectResponse(f"/contributions/{found.id}?done=submitted", 303)


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


def _read_cover(session: ReadSession, meeting: Meeting, typed: Mapping[str, str]) -> Entry[Cover]:
    """The cover, with an item that is still on the agenda."""
    entry = read(Cover, typed)
    chosen = entry.made.item if entry.made else None
    if chosen and chosen not in {item.id for item in meetings.agenda(session, meeting)}:
        return Entry(typed, None, {"item": GONE})
    return entry


def _put(session: WriteSession, actor: Actor, found: Contribution, language: str, taken: Taken) -> None:
    actions.put_file(session, actor, found, file_of(language, taken.file), began_at=taken.began_at)
    settle(session, actor, taken)
