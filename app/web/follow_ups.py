"""Follow-ups of a registered document: its State revises, adds to or corrects it; other States support it."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import STEPS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Refusal, Stale, Unknown
from app.core.i18n import LANGUAGES, OWN_NAMES, say
from app.core.journal import apart
from app.domain.contributions import actions
from app.domain.contributions import queries as contributions
from app.domain.contributions.inputs import Cover, Following, OnlyLanguage
from app.domain.documents import actions as register
from app.domain.documents import queries, rules
from app.domain.documents.models import Document, Step
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.draft_pages import cover_form
from app.web.drafts import CoverFields, read_cover
from app.web.entries import EachFieldOnce, Entry, Typed, read
from app.web.proposal_forms import FIELDS, as_typed
from app.web.standing import deadline_moved
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce("topics", *FIELDS))])

FOLLOW = [Depends(Asks(rules.FOLLOW))]
FOLLOWS = (Step.REVISION, Step.ADDENDUM, Step.CORRIGENDUM)
NO_NOTE = say("Say in a sentence what is new in it.")


@router.get("/documents/{document}/follow/{step}", name="following-document", dependencies=FOLLOW)
def following(
    document: UUID, step: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form for a revision, an addendum or a corrigendum."""
    document_row = queries.one_visible(session, actor, document)
    rules.FOLLOW.require(actor, document_row)
    follow_up_step, typed = (
        _parse_step(step),
        contributions.cover_of(session, actor, document_row) | {"note": "", "only_language": ""},
    )
    typed["proposals"] = as_typed(queries.proposals_of_text(document_row)) if follow_up_step is Step.REVISION else []
    return _render_form(
        session, actor, house, request, document_row, follow_up_step, Entry(typed, None, {}), uuid4(), status=200
    )


@router.post("/documents/{document}/follow/{step}", name="follow-document", dependencies=FOLLOW)
def follow(
    document: UUID,
    step: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    key: Annotated[UUID, Form()],
    typed: CoverFields,
    only_language: Typed = "",
) -> Response:
    """Create the draft of a revision, an addendum or a corrigendum."""
    document_row = queries.one_visible(session, actor, document)
    rules.FOLLOW.require(actor, document_row)
    meeting = _get_meeting(session, actor, document_row)
    entry, only_language_form = (
        read_cover(session, meeting, typed, document_row.topics),
        read(OnlyLanguage, {"only_language": only_language}),
    )
    if entry.made is None or only_language_form.made is None or not entry.made.note:
        errors = {**entry.errors, **only_language_form.errors} or {"note": NO_NOTE}
        failed: Entry[Cover] = Entry({**typed, "only_language": only_language}, None, errors)
        return _render_form(session, actor, house, request, document_row, _parse_step(step), failed, key)
    origin = Following(
        document_row, _parse_step(step), only_language_form.made.only_language if step == Step.CORRIGENDUM else None
    )
    try:
        with apart(session):
            contribution = actions.draft(
                session, actor, meeting, entry.made, key=key, entity=document_row.entity, following=origin
            )
    except Stale as refusal:
        retry: Entry[Cover] = Entry({**typed, "only_language": only_language}, None, {})
        return _render_form(
            session, actor, house, request, document_row, _parse_step(step), retry, uuid4(), refusal=refusal
        )
    return RedirectResponse(f"/contributions/{contribution.id}/edit?done=saved", 303)


@router.post("/documents/{document}/support", name="support-document", dependencies=[Depends(Asks(rules.SUPPORT))])
def support(document: UUID, actor: SignedIn, session: Writing) -> Response:
    """Record that the actor's State supports the document."""
    document_row = queries.one_visible(session, actor, document)
    register.support(session, actor, document_row)
    return RedirectResponse(f"/documents/{document_row.id}?done=supported", 303)


def _get_meeting(session: ReadSession, actor: Actor, document: Document) -> Meeting:
    """Return the meeting of the document, which a follow-up belongs to as well. Raises NotFound."""
    meeting = meetings.of_document(session, actor, document)
    if meeting is None:
        raise Unknown()
    return meeting


def _parse_step(step: str) -> Step:
    """Parse the step in the path. Raises NotFound."""
    if step not in FOLLOWS:
        raise Unknown()
    return Step(step)


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    document: Document,
    step: Step,
    entry: Entry[Cover],
    key: UUID,
    *,
    refusal: Refusal | None = None,
    status: int = 400,
) -> Response:
    """Render the form of a follow-up with what was typed and what is wrong with it."""
    formats = Formats(house.pages.language(request))
    meeting = _get_meeting(session, actor, document)
    title, lang = in_language(document.titles, formats.language, document.original)
    return house.pages.show(
        request,
        "web/contributions/follow.html",
        status=refusal.status if refusal else status,
        document=document,
        document_title=(title, lang),
        step=step,
        step_words=STEPS[step],
        refused=refusal.reason if refusal else None,
        key=key,
        moved=None if step is Step.CORRIGENDUM else deadline_moved(session, meeting, formats),
        one_language=[(code, OWN_NAMES[code], code) for code in LANGUAGES],
        **cover_form(session, meeting, entry, formats.language, step, document.topics),
    )
