"""Changing a draft: its cover and its files, in one form, so that no button loses what was typed beside it."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Refusal, Unacceptable
from app.core.journal import apart
from app.domain.contributions import actions, queries, rules
from app.domain.contributions.inputs import InLanguage
from app.domain.contributions.models import Contribution
from app.domain.meetings.models import Meeting
from app.web.autosave import is_quiet, kept
from app.web.draft_pages import edit_page
from app.web.drafts import CoverFields, put, read_cover
from app.web.entries import EachFieldOnce, SeenVersion, Typed, Version, read
from app.web.proposal_forms import FIELDS
from app.web.receiving import NO_FILE, NOTHING, OfferedFile, Sent, take

router = APIRouter(dependencies=[Depends(EachFieldOnce("topics", *FIELDS))])


async def sent_form(typed: CoverFields, given: OfferedFile, language: Typed = "") -> Sent:
    """The form as it was sent."""
    return Sent(typed, given, language)


SentForm = Annotated[Sent, Depends(sent_form)]


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
    version: Version,
    sent: SentForm,
) -> Response:
    """Save the cover, and the file that was chosen with it."""
    found = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, found)
    return _save(session, actor, house, request, found, sent, version, wants_file=sent.given.is_any)


@router.post(
    "/contributions/{contribution}/files", name="put-contribution-file", dependencies=[Depends(Asks(rules.EDIT))]
)
def put_file(
    contribution: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    sent: SentForm,
    version: SeenVersion = None,
) -> Response:
    """Add a file. What was typed in the cover meanwhile comes with it and is saved too."""
    found = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, found)
    return _save(session, actor, house, request, found, sent, version, wants_file=True)


@router.post(
    "/contributions/{contribution}/files/{language}/remove",
    name="remove-contribution-file",
    dependencies=[Depends(Asks(rules.EDIT))],
)
def remove_file(
    contribution: UUID,
    language: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: CoverFields,
    version: SeenVersion = None,
) -> Response:
    """Take a file out. What was typed in the cover meanwhile is saved too."""
    found = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, found)
    sent = Sent(typed, NOTHING, "")
    return _save(session, actor, house, request, found, sent, version, wants_file=False, removing=language)


def _save(
    session: WriteSession,
    actor: Actor,
    house: House,
    request: Request,
    found: Contribution,
    sent: Sent,
    version: int | None,
    *,
    wants_file: bool,
    removing: str = "",
) -> Response:
    """Everything that the form brings, or nothing. Without a `version` it brings no cover."""
    page = partial(edit_page, session, actor, house, request)
    cover = upload = taken = None
    if version is not None:
        meeting = session.get_one(Meeting, found.meeting_id)
        cover = read_cover(session, meeting, sent.typed, queries.topics_kept(session, found))
        if cover.made is None:
            return page(found, entry=cover, status=400)
    if wants_file:
        upload = read(InLanguage, {"language": sent.language})
        if upload.made is None:
            return page(found, entry=cover, upload=upload, status=400)
        try:
            taken = take(session, actor, house, request, found.body_id, sent.given)
            if taken is None:
                raise Unacceptable(NO_FILE)
        except Refusal as refused:
            return page(found, entry=cover, upload=upload, refused=refused, status=refused.status)
    # A colleague may have submitted it while the file was examined: look again, and hold it.
    found = queries.one_visible(session, actor, found.id, lock=True)
    if cover and cover.made and version is not None:
        try:
            with apart(session):
                actions.change(session, actor, found, cover.made, version=version)
        except Conflict as stale:
            return page(found, entry=cover, stale=stale.reason, status=409)
    if is_quiet(request):
        return kept(found)
    if taken and upload and upload.made:
        put(session, actor, found, upload.made.language, taken)
    if removing:
        actions.remove_file(session, actor, found, removing)
    done = "received" if taken else "removed" if removing else "saved"
    return RedirectResponse(f"/contributions/{found.id}/edit?done={done}", 303)
