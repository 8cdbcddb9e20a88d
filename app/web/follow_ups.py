"""What follows a registered document: its State revises, adds to or corrects it, and other States support it."""

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
    found = queries.one_visible(session, actor, document)
    rules.FOLLOW.require(actor, found)
    which, typed = _step(step), contributions.cover_of(session, actor, found) | {"note": "", "only_language": ""}
    typed["proposals"] = as_typed(queries.proposals_of_text(found)) if which is Step.REVISION else []
    return _page(session, actor, house, request, found, which, Entry(typed, None, {}), uuid4(), status=200)


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
    found = queries.one_visible(session, actor, document)
    rules.FOLLOW.require(actor, found)
    meeting = _meeting_of(session, actor, found)
    entry, only = (
        read_cover(session, meeting, typed, found.topics),
        read(OnlyLanguage, {"only_language": only_language}),
    )
    if entry.made is None or only.made is None or not entry.made.note:
        errors = {**entry.errors, **only.errors} or {"note": NO_NOTE}
        wrong: Entry[Cover] = Entry({**typed, "only_language": only_language}, None, errors)
        return _page(session, actor, house, request, found, _step(step), wrong, key)
    begun = Following(found, _step(step), only.made.only_language if step == Step.CORRIGENDUM else None)
    try:
        with apart(session):
            made = actions.draft(session, actor, meeting, entry.made, key=key, entity=found.entity, following=begun)
    except Stale as sent_before:
        again: Entry[Cover] = Entry({**typed, "only_language": only_language}, None, {})
        return _page(session, actor, house, request, found, _step(step), again, uuid4(), refused=sent_before)
    return RedirectResponse(f"/contributions/{made.id}/edit?done=saved", 303)


@router.post("/documents/{document}/support", name="support-document", dependencies=[Depends(Asks(rules.SUPPORT))])
def support(document: UUID, actor: SignedIn, session: Writing) -> Response:
    found = queries.one_visible(session, actor, document)
    register.support(session, actor, found)
    return RedirectResponse(f"/documents/{found.id}?done=supported", 303)


def _meeting_of(session: ReadSession, actor: Actor, document: Document) -> Meeting:
    """The meeting that a follow-up is for: its document's own. Raises Unknown."""
    found = meetings.of_document(session, actor, document)
    if found is None:
        raise Unknown()
    return found


def _step(step: str) -> Step:
    """The step that an address names. Raises Unknown."""
    if step not in FOLLOWS:
        raise Unknown()
    return Step(step)


def _page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    found: Document,
    step: Step,
    entry: Entry[Cover],
    key: UUID,
    *,
    refused: Refusal | None = None,
    status: int = 400,
) -> Response:
    formats = Formats(house.pages.language(request))
    meeting = _meeting_of(session, actor, found)
    title, lang = in_language(found.titles, formats.language, found.original)
    return house.pages.show(
        request,
        "web/contributions/follow.html",
        status=refused.status if refused else status,
        document=found,
        document_title=(title, lang),
        step=step,
        step_words=STEPS[step],
        refused=refused.reason if refused else None,
        key=key,
        moved=None if step is Step.CORRIGENDUM else deadline_moved(session, meeting, formats),
        one_language=[(code, OWN_NAMES[code], code) for code in LANGUAGES],
        **cover_form(session, meeting, entry, formats.language, step, found.topics),
    )
