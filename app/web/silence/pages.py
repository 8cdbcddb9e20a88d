"""Silence procedures: the list, the page of one with its deadline, opening one, and extending it.

The positions of States are in `silence_positions`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response

from app.core import clock
from app.core.errors import BadRequest, Conflict, DomainError, NotFound
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.domain.bodies.models import Body
from app.domain.circulations import queries as circulations
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as output_rules
from app.domain.silence import queries, rules
from app.domain.silence.actions import procedure as actions
from app.domain.silence.inputs import DeadlineExtension, NewSilenceProcedure
from app.domain.silence.models import SilenceProcedure
from app.http.authentication import SignedInFor
from app.http.downloads import download_response
from app.http.labels import KIND_LABELS, SILENCE_STATUS_LABELS
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.parsing import RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.circulations.circulations import unanswered_comments_warning
from app.web.views.documents.titles import localize_title
from app.web.views.outputs import receipts
from app.web.views.outputs.outputs import load_output_summary as about_output
from app.web.views.silence.silence import (
    count_positions,
    describe_silence_next_step,
    displayed_status,
    list_position_lines,
    load_silence_summary,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_SILENCE_GUARDS, OPEN_SILENCE_GUARDS, EXTEND_SILENCE_GUARDS = (
    [Depends(SignedInFor(each))] for each in (rules.SEE_PROCEDURE, rules.OPEN_PROCEDURE, rules.EXTEND_DEADLINE)
)
PROCEDURES_PER_PAGE = 50
FORM_FILLING_TIME = timedelta(hours=2)  # so that the suggested deadline is still valid when the form is submitted


def deadline_form_fields(on: TextField = "", at: TextField = "") -> dict[str, str]:
    """Return the form fields of a deadline as typed."""
    return {"on": on, "at": at}


DeadlineFormFields = Annotated[dict[str, str], Depends(deadline_form_fields)]


@router.get("/silence", dependencies=SEE_SILENCE_GUARDS)
def show_silence_list(context: ReadContext, number: PageNumber) -> Response:
    """Show the procedures of the reader's bodies, the latest first. Raises NotFound for a person without a seat."""
    if not context.actor.bodies_with_role():
        raise NotFound()
    language = context.language
    page = ListPage(number, PROCEDURES_PER_PAGE, queries.count_procedures(context.session, context.actor))
    rows = []
    for each, zone in queries.list_procedures(context.session, context.actor, limit=page.size, offset=page.offset):
        title = localize_title(each.titles, language, each.original)
        rows.append(
            (
                each,
                title,
                KIND_LABELS[each.kind],
                SILENCE_STATUS_LABELS[displayed_status(each.course, each.until)],
                zone,
            )
        )
    return context.render("web/silence/list.html", rows=rows, page=page)


@router.get("/silence/{procedure}", dependencies=SEE_SILENCE_GUARDS)
def show_silence_procedure(context: ReadContext, procedure: UUID) -> Response:
    """Show the page of a silence procedure."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.SEE_PROCEDURE.require(context.actor, procedure_row)
    formats = Localizer(context.language)
    summary = load_silence_summary(context.session, procedure_row, formats.language)
    on, silence_positions = (
        queries.get_procedure_state(context.session, procedure_row, context.actor.entity),
        queries.list_positions(context.session, procedure_row),
    )
    mine = next((each for each in silence_positions if each.entity == context.actor.entity), None)
    return context.render(
        "web/silence/show.html",
        about=summary,
        docket=describe_silence_next_step(summary, on, context.actor, mine, formats),
        said=list_position_lines(silence_positions),
        counts=count_positions(silence_positions, len(procedure_row.addressees)),
        extensions=queries.list_extensions(context.session, procedure_row),
        opened_by=queries.get_person_name(context.session, procedure_row.opened_by),
        reminder_hours=context.portal.settings.reminder_hours if context.portal.settings.sends_mail else None,
        may_take=rules.TAKE_POSITION.allows(context.actor, on),
        may_extend=rules.EXTEND_DEADLINE.allows(context.actor, on),
        may_open=rules.OPEN_PROCEDURE.allows(context.actor, queries.get_silence_state(context.session, summary.output)),
        sees_output=output_rules.SEE_OUTPUT.allows(context.actor, on.output),
        mine=mine,
        circulated=circulations.find_latest_circulated_version(context.session, summary.output),
        receipts=receipts.list_position_receipts(context.session, context.actor, procedure_row.id),
    )


@router.get("/silence/{procedure}/files/{language}", dependencies=SEE_SILENCE_GUARDS)
def download_silence_text(context: ReadContext, procedure: UUID, language: str) -> Response:
    """Download the text exactly as it was put before the States."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.SEE_PROCEDURE.require(context.actor, procedure_row)
    text = queries.get_procedure_text(context.session, procedure_row, language)
    file_queries.require_clean_scans(context.session, [text.sha256])
    return download_response(
        context.request,
        context.portal.store,
        sha256=text.sha256,
        media_type=text.media,
        name=text.name,
        cache_control="private, no-cache",
    )


@router.get("/outputs/{output}/silence", dependencies=OPEN_SILENCE_GUARDS)
def show_silence_opening_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that opens a silence procedure."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.OPEN_PROCEDURE.require(context.actor, queries.get_silence_state(context.session, output_row))
    shortest = timedelta(hours=context.session.get_one(Body, output_row.body_id).silence_hours)
    moment = (clock.now() + shortest + FORM_FILLING_TIME).replace(minute=0, second=0, microsecond=0)
    typed = _to_form_fields(moment, context.session.get_one(Meeting, output_row.meeting_id).zone)
    return _render_open_page(context, output_row, typed)


@router.post("/outputs/{output}/silence", dependencies=OPEN_SILENCE_GUARDS)
def open_silence_procedure(
    context: WriteContext, output: UUID, typed: DeadlineFormFields, text: TextField = "", knowing: TextField = ""
) -> Response:
    """Open a silence procedure on exactly the text that was seen."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.OPEN_PROCEDURE.require(context.actor, queries.get_silence_state(context.session, output_row))
    entry = parse_form(NewSilenceProcedure, typed | {"text": text})
    if entry.value is None:
        return _render_open_page(context, output_row, typed, errors=entry.errors)
    if unknown := unanswered_comments_warning(context.session, output_row, knowing):
        return _render_open_page(context, output_row, typed, stale=unknown)
    try:
        with savepoint(context.session):
            procedure = actions.open_procedure(context.session, context.actor, output_row, entry.value)
    except BadRequest as error:
        return _render_open_page(context, output_row, typed, errors={"on": error.reason})
    except Conflict as conflict:
        return _render_open_page(context, output_row, typed, stale=conflict.reason)
    return context.redirect(f"/silence/{procedure.id}?done=silence")


@router.get("/silence/{procedure}/extend", dependencies=EXTEND_SILENCE_GUARDS)
def show_silence_extension_form(context: ReadContext, procedure: UUID) -> Response:
    """Show the form that extends the deadline."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.EXTEND_DEADLINE.require(context.actor, queries.get_procedure_state(context.session, procedure_row))
    zone = context.session.get_one(Meeting, context.session.get_one(Output, procedure_row.output_id).meeting_id).zone
    typed = _to_form_fields(procedure_row.until + rules.MIN_EXTENSION, zone)
    return _render_extend_page(context, procedure_row, typed)


@router.post("/silence/{procedure}/extend", dependencies=EXTEND_SILENCE_GUARDS)
def extend_silence_procedure(
    context: WriteContext, procedure: UUID, typed: DeadlineFormFields, reason: TextField = "", version: VersionField = 0
) -> Response:
    """Extend the deadline of a silence procedure."""
    procedure_row = queries.get_visible_procedure(context.session, context.actor, procedure)
    rules.EXTEND_DEADLINE.require(context.actor, queries.get_procedure_state(context.session, procedure_row))
    entry = parse_form(DeadlineExtension, typed | {"reason": reason})
    typed |= {"reason": reason}
    if entry.value is None:
        return _render_extend_page(context, procedure_row, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            actions.extend_deadline(context.session, context.actor, procedure_row, entry.value, version=version)
    except BadRequest as error:
        return _render_extend_page(context, procedure_row, typed, errors={"on": error.reason})
    except DomainError as conflict:
        return _render_extend_page(context, procedure_row, typed, stale=conflict.reason)
    return context.redirect(f"/silence/{procedure_row.id}?done=extended")


def _to_form_fields(moment: datetime, zone: str) -> dict[str, str]:
    """Return the instant, rounded up to the minute (browsers offer no seconds), as form fields in the zone."""
    local_time = moment.astimezone(ZoneInfo(zone)) + timedelta(seconds=59, microseconds=999_999)
    return {"on": local_time.date().isoformat(), "at": local_time.strftime("%H:%M")}


def _render_open_page(
    context: ReadContext,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    stale: LazyText | None = None,
) -> Response:
    formats = Localizer(context.language)
    summary = about_output(context.session, output, formats.language)
    return context.render(
        "web/silence/open.html",
        status=409 if stale else 400 if errors else 200,
        about=summary,
        zone=formats.time_zone_name(summary.meeting.zone),
        body=context.session.get_one(Body, output.body_id),
        addressees=len(queries.list_addressed_member_states(context.session, output.body_id)),
        open_comments=circulations.count_open_comments(context.session, output.id),
        sends_letters=context.portal.settings.sends_mail,
        typed=typed,
        errors=errors or {},
        stale=stale,
    )


def _render_extend_page(
    context: ReadContext,
    procedure: SilenceProcedure,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    stale: LazyText | None = None,
) -> Response:
    procedure = queries.get_visible_procedure(context.session, context.actor, procedure.id)
    formats = Localizer(context.language)
    summary = load_silence_summary(context.session, procedure, formats.language)
    return context.render(
        "web/silence/extend.html",
        status=409 if stale else 400 if errors else 200,
        about=summary,
        zone=formats.time_zone_name(summary.meeting.zone),
        body=context.session.get_one(Body, procedure.body_id),
        typed={"reason": "", **typed},
        errors=errors or {},
        stale=stale,
    )
