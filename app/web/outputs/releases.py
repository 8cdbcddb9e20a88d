"""Releasing an approved output, at once or at a scheduled instant, and calling it back before that."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import BadRequest, DomainError
from app.core.i18n import lazy_gettext as _
from app.core.validation import ReasonInput
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import release
from app.domain.outputs.actions.release import NotAdoptedForPublic, WrongReleaseForm
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import Output, ReleaseAddressee, ReleaseForm
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.texts import sort_languages
from app.http.authentication import SignedInGuard
from app.http.labels import ADDRESSEE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import InputT, ParsedForm, RejectRepeatedFields, parse_form
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("addressees"))])

SCHEDULE_RELEASE_GUARDS, CALL_BACK_RELEASE_GUARDS = (
    [Depends(SignedInGuard(each))] for each in (rules.SCHEDULE_RELEASE, rules.CALL_BACK_RELEASE)
)
OFFERED_ADDRESSEES = [each for each in ReleaseAddressee if each != ReleaseAddressee.MEMBERSHIP]
ONE_DAY = timedelta(days=1)
RELEASE_TIME_REQUIRED = _("Select when to release the text: now, or at a time that you set.")
REFUSED_FIELDS: dict[type[DomainError], str] = {WrongReleaseForm: "form", NotAdoptedForPublic: "addressees"}


class ReleaseInstantForm(BaseModel):
    """The instant of a release as typed: at once, or on a day at a time in the zone of the meeting. None is suggested,
    as a release at once cannot be cancelled."""

    when: str = ""
    on: str = ""
    at: str = ""


class ReleasePlanForm(ReleaseInstantForm):
    """Form of a release plan as typed."""

    form: str = ReleaseForm.COMPLETE.value
    addressees: list[str] = []


class CallBackReleaseForm(BaseModel):
    """Form that calls a release or completion back, as typed."""

    reason: str = ""


@router.get("/outputs/{output}/let-out", dependencies=SCHEDULE_RELEASE_GUARDS)
def show_release_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that releases an approved output."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.SCHEDULE_RELEASE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    to = [ReleaseAddressee.PUBLIC.value] if output_row.for_public else []
    form = ReleasePlanForm(addressees=to, **suggest_release_instant(context.session, output_row))
    return _render_page(context, output_row, prefill_form(form))


def suggest_release_instant(session: ReadSession, output: Output) -> dict[str, str]:
    """Return the suggested instant in the meeting's time zone: the current hour of the next day."""
    zone = ZoneInfo(session.get_one(Meeting, output.meeting_id).zone)
    instant = (clock.now() + ONE_DAY).astimezone(zone).replace(minute=0)
    return {"on": instant.date().isoformat(), "at": instant.strftime("%H:%M")}


def require_release_time(form: ReleaseInstantForm, entry: ParsedForm[InputT]) -> ParsedForm[InputT]:
    """Return the form with an error if nothing was chosen between a release now and one at a time."""
    if form.when:
        return entry
    return ParsedForm(entry.typed, None, {"when": RELEASE_TIME_REQUIRED, **entry.errors})


@router.post("/outputs/{output}/let-out", dependencies=SCHEDULE_RELEASE_GUARDS)
def schedule_output_release(context: WriteContext, output: UUID, form: Annotated[ReleasePlanForm, Form()]) -> Response:
    """Schedule the release of an approved output, now or at an instant."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.SCHEDULE_RELEASE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    entry = require_release_time(form, parse_form(NewReleasePlan, form.model_dump()))
    plan = entry.value
    if plan is None:
        return _render_page(context, output_row, entry)
    refusal = try_action(
        context,
        lambda: release.schedule_release(context.session, context.actor, output_row, plan),
        refusals=(BadRequest,),
    )
    if refusal:
        return _render_page(context, output_row, entry, refusal)
    at_once = "let-out-to-recipients" if output_row.for_addressees_only else "let-out"
    done = "scheduled" if form.when == "then" else at_once
    return context.redirect(f"/outputs/{output_row.id}?done={done}")


@router.get("/outputs/{output}/call-back", dependencies=CALL_BACK_RELEASE_GUARDS)
def show_call_back_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that calls back a scheduled release."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CALL_BACK_RELEASE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    return render_call_back_page(context, output_row, output_row.release_at, prefill_form(CallBackReleaseForm()))


@router.post("/outputs/{output}/call-back", dependencies=CALL_BACK_RELEASE_GUARDS)
def call_back_output_release(
    context: WriteContext, output: UUID, form: Annotated[CallBackReleaseForm, Form()]
) -> Response:
    """Call back a scheduled release."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.CALL_BACK_RELEASE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    entry = parse_form(ReasonInput, form.model_dump())
    if entry.value is None:
        return render_call_back_page(context, output_row, output_row.release_at, entry)
    release.cancel_scheduled_release(context.session, context.actor, output_row, entry.value)
    return context.redirect(f"/outputs/{output_row.id}?done=called-back")


def _render_page(
    context: ReadContext, output: Output, entry: ParsedForm[NewReleasePlan], refusal: DomainError | None = None
) -> Response:
    """Render the form of the release plan, which says what will happen."""
    return context.render(
        "web/outputs/let_out.html",
        about=load_output_summary(context.session, output, context.language),
        missing=translations.list_languages_to_follow(context.session, output),
        there_in=sort_languages(text.language for text in translations.list_releasable_texts(context.session, output)),
        addressees=[
            (each.value, ADDRESSEE_LABELS[each])
            for each in OFFERED_ADDRESSEES
            if output.for_public or each != ReleaseAddressee.PUBLIC
        ],
        **build_form_page_values(entry, refusal, field=REFUSED_FIELDS.get(type(refusal), "on") if refusal else None),
    )


def render_call_back_page(
    context: ReadContext,
    output: Output,
    release_at: datetime | None,
    entry: ParsedForm[ReasonInput],
    *,
    act: str = "call-back",
) -> Response:
    """Render the form that asks why a release or completion is called back, and says until when that is possible."""
    return context.render(
        "web/outputs/call_back.html",
        about=load_output_summary(context.session, output, context.language),
        release_at=release_at,
        act=act,
        **build_form_page_values(entry),
    )
