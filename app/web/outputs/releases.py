"""Releasing an approved output, at once or at a scheduled instant, and calling it back before that."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response
from fastapi import Form as FormField

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import release
from app.domain.outputs.actions.release import NotAdoptedForPublic, WrongReleaseForm
from app.domain.outputs.inputs import Because, NewReleasePlan
from app.domain.outputs.models import Output, ReleaseAddressee, ReleaseForm
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.texts import sort_languages
from app.http.authentication import SignedInFor
from app.http.labels import ADDRESSEE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("addressees"))])

SCHEDULE_RELEASE_GUARDS, CALL_BACK_RELEASE_GUARDS = (
    [Depends(SignedInFor(each))] for each in (rules.SCHEDULE_RELEASE, rules.CALL_BACK_RELEASE)
)
OFFERED_ADDRESSEES = [each for each in ReleaseAddressee if each != ReleaseAddressee.MEMBERSHIP]
ONE_DAY = timedelta(days=1)
NO_ERRORS: Mapping[str, LazyText] = MappingProxyType({})


def release_plan_form_fields(
    when: TextField = "now",
    on: TextField = "",
    at: TextField = "",
    form: TextField = "complete",
    addressees: Annotated[list[str] | None, FormField()] = None,
) -> dict[str, object]:
    """Return the form fields of a release plan as typed."""
    return {"when": when, "on": on, "at": at, "form": form, "addressees": addressees or []}


ReleasePlanFormFields = Annotated[dict[str, object], Depends(release_plan_form_fields)]


@router.get("/outputs/{output}/let-out", dependencies=SCHEDULE_RELEASE_GUARDS)
def show_release_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that releases an approved output."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.SCHEDULE_RELEASE.require(context.actor, outputs.get_output_state(context.session, output_row))
    to = [ReleaseAddressee.PUBLIC.value] if output_row.for_public else []
    typed = {
        "when": "now",
        **suggest_release_instant(context.session, output_row),
        "form": ReleaseForm.COMPLETE,
        "addressees": to,
    }
    return _render_page(context, output_row, typed)


def suggest_release_instant(session: ReadSession, output: Output) -> dict[str, str]:
    """Return the suggested instant in the meeting's time zone: the current hour of the next day."""
    zone = ZoneInfo(session.get_one(Meeting, output.meeting_id).zone)
    instant = (clock.now() + ONE_DAY).astimezone(zone).replace(minute=0)
    return {"on": instant.date().isoformat(), "at": instant.strftime("%H:%M")}


@router.post("/outputs/{output}/let-out", dependencies=SCHEDULE_RELEASE_GUARDS)
def schedule_output_release(context: WriteContext, output: UUID, typed: ReleasePlanFormFields) -> Response:
    """Schedule the release of an approved output, now or at an instant."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.SCHEDULE_RELEASE.require(context.actor, outputs.get_output_state(context.session, output_row))
    entry = parse_form(NewReleasePlan, typed)
    if entry.value is None:
        return _render_page(context, output_row, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            release.schedule_release(context.session, context.actor, output_row, entry.value)
    except WrongReleaseForm as error:
        return _render_page(context, output_row, typed, errors={"form": error.reason})
    except NotAdoptedForPublic as error:
        return _render_page(context, output_row, typed, errors={"addressees": error.reason})
    except BadRequest as error:
        return _render_page(context, output_row, typed, errors={"on": error.reason})
    done = "scheduled" if typed["when"] == "then" else "let-out"
    return context.redirect(f"/outputs/{output_row.id}?done={done}")


@router.get("/outputs/{output}/call-back", dependencies=CALL_BACK_RELEASE_GUARDS)
def show_call_back_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that calls back a scheduled release."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CALL_BACK_RELEASE.require(context.actor, outputs.get_output_state(context.session, output_row))
    return render_call_back_page(context, output_row, output_row.release_at)


@router.post("/outputs/{output}/call-back", dependencies=CALL_BACK_RELEASE_GUARDS)
def call_back_output_release(context: WriteContext, output: UUID, reason: TextField = "") -> Response:
    """Call back a scheduled release."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.CALL_BACK_RELEASE.require(context.actor, outputs.get_output_state(context.session, output_row))
    entry = parse_form(Because, {"reason": reason})
    if entry.value is None:
        return render_call_back_page(context, output_row, output_row.release_at, reason, entry.errors)
    release.call_back_release(context.session, context.actor, output_row, entry.value)
    return context.redirect(f"/outputs/{output_row.id}?done=called-back")


def _render_page(
    context: ReadContext, output: Output, typed: Mapping[str, object], *, errors: Mapping[str, LazyText] | None = None
) -> Response:
    """Render the form of the release plan, which says what will happen."""
    summary = load_output_summary(context.session, output, context.language)
    return context.render(
        "web/outputs/let_out.html",
        status=400 if errors else 200,
        about=summary,
        typed=typed,
        errors=errors or {},
        missing=translations.list_missing_languages(context.session, output),
        there_in=sort_languages(text.language for text in translations.list_releasable_texts(context.session, output)),
        addressees=[
            (each.value, ADDRESSEE_LABELS[each])
            for each in OFFERED_ADDRESSEES
            if output.for_public or each != ReleaseAddressee.PUBLIC
        ],
    )


def render_call_back_page(
    context: ReadContext,
    output: Output,
    release_at: datetime | None,
    reason: str = "",
    errors: Mapping[str, LazyText] = NO_ERRORS,
    *,
    act: str = "call-back",
) -> Response:
    """Render the form that asks why a release or completion is called back, and says until when that is possible."""
    return context.render(
        "web/outputs/call_back.html",
        status=400 if errors else 200,
        about=load_output_summary(context.session, output, context.language),
        release_at=release_at,
        act=act,
        reason=reason,
        errors=errors,
    )
