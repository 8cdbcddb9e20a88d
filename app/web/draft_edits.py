"""Changes of a draft: cover and files in one form, so that no button loses what was typed in the other fields."""

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
    """Collect the fields of the form: cover, file and language."""
    return Sent(typed, given, language)


SentForm = Annotated[Sent, Depends(sent_form)]


@router.get("/contributions/{contribution}/edit", name="edit-contribution", dependencies=[Depends(Asks(rules.EDIT))])
def edit(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page on which a draft is edited."""
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, contribution_row)
    return edit_page(session, actor, house, request, contribution_row)


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
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, contribution_row)
    return _save_form(session, actor, house, request, contribution_row, sent, version, wants_file=sent.given.is_any)


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
    """Add a file, and save what was typed in the cover meanwhile."""
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, contribution_row)
    return _save_form(session, actor, house, request, contribution_row, sent, version, wants_file=True)


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
    """Remove a file, and save what was typed in the cover meanwhile."""
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.EDIT.require(actor, contribution_row)
    form = Sent(typed, NOTHING, "")
    return _save_form(
        session, actor, house, request, contribution_row, form, version, wants_file=False, removing=language
    )


def _save_form(
    session: WriteSession,
    actor: Actor,
    house: House,
    request: Request,
    contribution: Contribution,
    form: Sent,
    version: int | None,
    *,
    wants_file: bool,
    removing: str = "",
) -> Response:
    """Save everything that the form brings, or nothing. Without a `version` it brings no cover.

    A missing or rejected file, a stale version and errors of the cover are shown on the page again.
    """
    render_page = partial(edit_page, session, actor, house, request)
    cover = upload = accepted_file = None
    if version is not None:
        meeting = session.get_one(Meeting, contribution.meeting_id)
        cover = read_cover(session, meeting, form.typed, queries.topics_kept(session, contribution))
        if cover.made is None:
            return render_page(contribution, entry=cover, status=400)
    if wants_file:
        upload = read(InLanguage, {"language": form.language})
        if upload.made is None:
            return render_page(contribution, entry=cover, upload=upload, status=400)
        try:
            accepted_file = take(session, actor, house, request, contribution.body_id, form.given)
            if accepted_file is None:
                raise Unacceptable(NO_FILE)
        except Refusal as refusal:
            return render_page(contribution, entry=cover, upload=upload, refused=refusal, status=refusal.status)
    # A colleague may have submitted it while the file was inspected: load it again, and lock it.
    contribution = queries.one_visible(session, actor, contribution.id, lock=True)
    if cover and cover.made and version is not None:
        try:
            with apart(session):
                actions.change(session, actor, contribution, cover.made, version=version)
        except Conflict as stale:
            return render_page(contribution, entry=cover, stale=stale.reason, status=409)
    if is_quiet(request):
        return kept(contribution)
    if accepted_file and upload and upload.made:
        put(session, actor, contribution, upload.made.language, accepted_file)
    if removing:
        actions.remove_file(session, actor, contribution, removing)
    done = "received" if accepted_file else "removed" if removing else "saved"
    return RedirectResponse(f"/contributions/{contribution.id}/edit?done={done}", 303)
