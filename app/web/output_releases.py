"""Releasing an approved output, at once or at a scheduled instant, and calling it back before that."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Form as FormField
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import ADDRESSEES
from app.core import clock
from app.core.db import ReadSession
from app.core.errors import Unacceptable
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries, releasing, rules, translations
from app.domain.outputs.inputs import Because, Plan
from app.domain.outputs.models import Addressee, Form, Output
from app.domain.outputs.releasing import NotForThePublic, NotOfThatForm
from app.web.entries import EachFieldOnce, Typed, read
from app.web.output_standing import about

router = APIRouter(dependencies=[Depends(EachFieldOnce("addressees"))])

LETS_OUT, CALLS_BACK = ([Depends(Asks(each))] for each in (rules.LET_OUT, rules.CALL_BACK))
OFFERED = [each for each in Addressee if each != Addressee.MEMBERSHIP]
TOMORROW = timedelta(days=1)
NOTHING_WRONG: Mapping[str, Text] = MappingProxyType({})


def plan_fields(
    when: Typed = "now",
    on: Typed = "",
    at: Typed = "",
    form: Typed = "complete",
    addressees: Annotated[list[str] | None, FormField()] = None,
) -> dict[str, object]:
    """Return the form fields of a release plan as typed."""
    return {"when": when, "on": on, "at": at, "form": form, "addressees": addressees or []}


PlanFields = Annotated[dict[str, object], Depends(plan_fields)]


@router.get("/outputs/{output}/let-out", name="letting-out", dependencies=LETS_OUT)
def letting_out(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that releases an approved output."""
    output_row = queries.one_visible(session, actor, output)
    rules.LET_OUT.require(actor, queries.case(session, output_row))
    to = [Addressee.PUBLIC.value] if output_row.for_public else []
    typed = {"when": "now", **tomorrow(session, output_row), "form": Form.COMPLETE, "addressees": to}
    return _render_page(session, house, request, output_row, typed)


def tomorrow(session: ReadSession, output: Output) -> dict[str, str]:
    """Return the suggested instant in the meeting's time zone: the current hour of the next day."""
    zone = ZoneInfo(session.get_one(Meeting, output.meeting_id).zone)
    instant = (clock.now() + TOMORROW).astimezone(zone).replace(minute=0)
    return {"on": instant.date().isoformat(), "at": instant.strftime("%H:%M")}


@router.post("/outputs/{output}/let-out", name="let-out", dependencies=LETS_OUT)
def let_out(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: PlanFields
) -> Response:
    """Schedule the release of an approved output, now or at an instant."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.LET_OUT.require(actor, queries.case(session, output_row))
    entry = read(Plan, typed)
    if entry.made is None:
        return _render_page(session, house, request, output_row, typed, errors=entry.errors)
    try:
        with apart(session):
            releasing.let_out(session, actor, output_row, entry.made)
    except NotOfThatForm as error:
        return _render_page(session, house, request, output_row, typed, errors={"form": error.reason})
    except NotForThePublic as error:
        return _render_page(session, house, request, output_row, typed, errors={"addressees": error.reason})
    except Unacceptable as error:
        return _render_page(session, house, request, output_row, typed, errors={"on": error.reason})
    done = "scheduled" if typed["when"] == "then" else "let-out"
    return RedirectResponse(f"/outputs/{output_row.id}?done={done}", 303)


@router.get("/outputs/{output}/call-back", name="calling-back", dependencies=CALLS_BACK)
def calling_back(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that calls back a scheduled release."""
    output_row = queries.one_visible(session, actor, output)
    rules.CALL_BACK.require(actor, queries.case(session, output_row))
    return call_back_page(session, house, request, output_row, output_row.release_at)


@router.post("/outputs/{output}/call-back", name="call-back", dependencies=CALLS_BACK)
def call_back(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, reason: Typed = ""
) -> Response:
    """Call back a scheduled release."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.CALL_BACK.require(actor, queries.case(session, output_row))
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return call_back_page(session, house, request, output_row, output_row.release_at, reason, entry.errors)
    releasing.call_back(session, actor, output_row, entry.made)
    return RedirectResponse(f"/outputs/{output_row.id}?done=called-back", 303)


def _render_page(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    typed: Mapping[str, object],
    *,
    errors: Mapping[str, Text] | None = None,
) -> Response:
    """Render the form of the release plan, which says what will happen."""
    summary = about(session, output, house.pages.language(request))
    return house.pages.show(
        request,
        "web/outputs/let_out.html",
        status=400 if errors else 200,
        about=summary,
        typed=typed,
        errors=errors or {},
        missing=translations.missing(session, output),
        there_in=translations.in_order(text.language for text in translations.texts(session, output)),
        addressees=[
            (each.value, ADDRESSEES[each]) for each in OFFERED if output.for_public or each != Addressee.PUBLIC
        ],
    )


def call_back_page(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    at: datetime | None,
    reason: str = "",
    errors: Mapping[str, Text] = NOTHING_WRONG,
    *,
    act: str = "call-back",
) -> Response:
    """Render the form that asks why a release or completion is called back, and says until when that is possible."""
    return house.pages.show(
        request,
        "web/outputs/call_back.html",
        status=400 if errors else 200,
        about=about(session, found, house.pages.language(request)),
        release_at=at,
        act=act,
        reason=reason,
        errors=errors,
    )
