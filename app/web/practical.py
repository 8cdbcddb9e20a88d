"""Practical information of a meeting in six languages, and its letter of invitation."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.printing import attached_pdf
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Stale, Unknown
from app.core.i18n import LANGUAGES, OWN_NAMES, Text
from app.core.journal import apart
from app.domain.bodies.models import Body
from app.domain.meetings import actions, queries, rules
from app.domain.meetings.inputs import Practical, PracticalOf
from app.domain.meetings.models import Life, Meeting
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.meeting_pages import frame
from app.web.standing import called
from app.web.timeline import day_of, deadlines
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])


def practical_fields(
    text_ar: Typed = "",
    text_zh: Typed = "",
    text_en: Typed = "",
    text_fr: Typed = "",
    text_ru: Typed = "",
    text_es: Typed = "",
    remote_link: Typed = "",
) -> dict[str, str]:
    """Return the form fields of the practical information as typed."""
    texts = (text_ar, text_zh, text_en, text_fr, text_ru, text_es)
    typed = {f"text_{code}": text for code, text in zip(LANGUAGES, texts, strict=True)}
    return typed | {"remote_link": remote_link}


PracticalFields = Annotated[dict[str, str], Depends(practical_fields)]


@router.get("/meetings/{meeting}/practical", name="edit-practical", dependencies=[Depends(Asks(rules.CHANGE))])
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of the practical information."""
    meeting_row = queries.one_visible(session, actor, meeting)
    rules.CHANGE.require(actor, meeting_row)
    typed = {f"text_{code}": meeting_row.practical.get(code, "") for code in LANGUAGES} | {
        "remote_link": meeting_row.remote_link
    }
    return _render_page(session, actor, house, request, meeting_row, Entry(typed, None, {}), 200)


@router.post("/meetings/{meeting}/practical", name="change-practical", dependencies=[Depends(Asks(rules.CHANGE))])
def change(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: PracticalFields,
    version: Version = 0,
) -> Response:
    """Save the practical information."""
    meeting_row = queries.one_visible(session, actor, meeting)
    rules.CHANGE.require(actor, meeting_row)
    entry = _read_form(typed)
    if entry.made is None:
        return _render_page(session, actor, house, request, meeting_row, entry, 400)
    try:
        with apart(session):
            actions.inform(session, actor, meeting_row, entry.made, version=version)
    except Stale as conflict:
        return _render_page(session, actor, house, request, meeting_row, entry, 409, conflict.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}?done=informed", 303)


def _read_form(typed: Mapping[str, str]) -> Entry[Practical]:
    errors: dict[str, Text] = {}
    texts: dict[str, str] = {}
    for code in LANGUAGES:
        if typed[f"text_{code}"].strip():
            one = read(PracticalOf, {"text": typed[f"text_{code}"]})
            errors |= {f"text_{code}": words for words in one.errors.values()}
            texts |= {code: one.made.text} if one.made else {}
    entry = read(Practical, {"texts": texts, "remote_link": typed["remote_link"]})
    errors |= entry.errors
    return Entry(typed, None if errors else entry.made, errors)


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    entry: Entry[Practical],
    status: int,
    stale: Text | None = None,
) -> Response:
    return house.pages.show(
        request,
        "web/meetings/practical.html",
        status=status,
        frame=frame(session, actor, meeting, "", house.pages.language(request)),
        typed=entry.typed,
        errors=entry.errors,
        stale=stale,
        codes=[(code, OWN_NAMES[code]) for code in LANGUAGES],
    )


@router.get("/meetings/{meeting}/invitation/{language}.pdf", name="invitation", dependencies=[Depends(Asks(rules.SEE))])
def invitation(meeting: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse) -> Response:
    """Download the letter of invitation as PDF. Raises NotFound for an unknown language or a cancelled meeting."""
    meeting_row = queries.one_visible(session, actor, meeting)
    if language not in LANGUAGES or meeting_row.life == Life.CANCELLED:
        raise Unknown()
    body = session.get_one(Body, meeting_row.body_id)
    sent_at = queries.convened_at(session, meeting_row)
    html = house.pages.write(
        language,
        "print/invitation.html",
        meeting=meeting_row,
        name=called(meeting_row, body),
        body_name=in_language(body.names, language),
        place=in_language(meeting_row.place, language),
        dated=day_of(sent_at or clock.now(), meeting_row),
        is_sent=sent_at is not None,
        sessions=[
            (each, day_of(each.starts_at, meeting_row))
            for each in queries.sessions(session, meeting_row)
            if not each.cancelled
        ],
        deadlines=deadlines(meeting_row),
        practical=in_language(meeting_row.practical, language),
        address=f"{house.settings.portal_url}/meetings/{meeting_row.id}",
    )
    file = f"{body.prefix} {meeting_row.number} invitation {language.upper()}.pdf"
    return attached_pdf(session, html, file)
