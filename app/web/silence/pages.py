"""Silence procedures: the list, the page of one with its deadline, opening one, and extending it.

The positions of States are in `silence_positions`.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core import clock
from app.core.database.combined_lists import read_together
from app.core.db import count_rows
from app.core.errors import BadRequest, Conflict, DomainError, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.journal import savepoint
from app.domain.bodies.models import Body
from app.domain.bodies.queries.roster import index_secretary_names
from app.domain.bodies.rules import SEE_PEOPLE, EntityInBody, get_position_audience
from app.domain.circulations import queries as circulations
from app.domain.files import queries as file_queries
from app.domain.identity.inputs import FilterableList
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as output_rules
from app.domain.silence import rules
from app.domain.silence.actions import procedure as silence
from app.domain.silence.inputs import DeadlineExtension, NewSilenceProcedure, SilenceListFilter
from app.domain.silence.models import OpeningChoice, SilenceProcedure, SilenceStatus
from app.domain.silence.queries.positions import list_visible_positions
from app.domain.silence.queries.procedures import (
    get_person_name,
    get_procedure_rule_subject,
    get_procedure_text,
    get_silence_rule_subject,
    get_visible_procedure,
    list_extensions,
    list_openers,
    list_procedures,
    select_procedures,
)
from app.http.authentication import SignedInGuard
from app.http.downloads import UNPUBLISHED_CACHE, download_response
from app.http.labels import KIND_LABELS, SILENCE_STATUS_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.actions import submit_form
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField, parse_form
from app.web.views.circulations.circulations import unanswered_comments_warning
from app.web.views.dockets.outputs import build_silence_docket
from app.web.views.documents.titles import localize_title
from app.web.views.outputs import receipts
from app.web.views.outputs.outputs import LISTS_OF_OUTPUT
from app.web.views.outputs.outputs import load_output_summary as about_output
from app.web.views.outputs.pdfs import send_pdf_of_text
from app.web.views.saved_filters import build_saved_filters
from app.web.views.silence.addressees import load_addressees_before_opening, load_silence_addressees
from app.web.views.silence.seats import load_seats
from app.web.views.silence.silence import (
    LISTS_OF_OUTPUT_UNDER_SILENCE,
    LISTS_OF_PROCEDURE,
    POSITION_GROUP_LABELS,
    count_positions,
    displayed_status,
    find_accreditation_address,
    get_position_audience_label,
    list_position_lines,
    load_procedure_text,
    load_silence_summary,
)
from app.web.views.silence.steps import compute_time_passed, list_silence_steps

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_SILENCE_GUARDS, OPEN_SILENCE_GUARDS, EXTEND_SILENCE_GUARDS = (
    [Depends(SignedInGuard(each))] for each in (rules.SEE_PROCEDURE, rules.OPEN_PROCEDURE, rules.EXTEND_DEADLINE)
)
PROCEDURES_PER_PAGE = 50
OPENING_CHOICES = (
    (
        OpeningChoice.NAME_FOCAL_POINTS,
        _("Appoint focal points first"),
        _(
            "No procedure is started now. The secretariat appoints focal points at the written request of the "
            "State; the focal points accredit delegates."
        ),
    ),
    (
        OpeningChoice.NOTE_VERBALE,
        _("A note verbale was sent to them outside the portal"),
        _("Enter its date and reference below. They are recorded and included in the adoption record."),
    ),
    (
        OpeningChoice.OPEN_ANYWAY,
        _("Start the procedure anyway"),
        _("Enter the reason below. It is recorded and included in the adoption record."),
    ),
)
FORM_FILLING_TIME = timedelta(hours=2)  # so that the suggested deadline is still valid when the form is submitted


class DeadlineForm(BaseModel):
    """A day and a time in the zone of the meeting, as typed."""

    on: str = ""
    at: str = ""


class SilenceOpeningForm(DeadlineForm):
    """Form that opens a procedure, as typed.

    `text` is the digest of the text that was seen, `unreached` that of the States that were shown to have no person who
    can answer, `positions_shown_to` who was shown to see positions; the other fields but `knowing` are what is done
    about these States. `knowing` says that there are comments without an answer.
    """

    text: str = ""
    unreached: str = ""
    positions_shown_to: str = ""
    choice: str = ""
    note_sent_on: str = ""
    note_reference: str = ""
    opening_reason: str = ""
    knowing: str = ""


class SilenceExtensionForm(DeadlineForm):
    """Form that extends a deadline, as typed."""

    reason: str = ""


@router.get("/silence", dependencies=SEE_SILENCE_GUARDS)
def show_silence_list(
    context: ReadContext,
    number: PageNumber,
    filters: Annotated[SilenceListFilter, Depends(FilterParameters(SilenceListFilter))],
) -> Response:
    """Show the procedures of the reader's bodies, by default the latest first. Raises NotFound for a person without a
    seat."""
    if not context.actor.bodies_with_role():
        raise NotFound()
    language = context.language
    listing = FilteredList("/silence", filters)
    selected = select_procedures(context.actor, filters)
    page = ListPage(number, PROCEDURES_PER_PAGE, count_rows(context.session, selected))
    rows = []
    for each, zone in list_procedures(context.session, selected, limit=page.size, offset=page.offset):
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
    return context.render(
        "web/silence/list.html",
        rows=rows,
        page=page,
        listing=listing,
        saved=build_saved_filters(context, FilterableList.SILENCE, listing.query),
        kinds=KIND_LABELS.items(),
        statuses=[(status, label) for status, (_colour, label) in SILENCE_STATUS_LABELS.items()],
    )


@router.get("/silence/{procedure}", dependencies=SEE_SILENCE_GUARDS)
def show_silence_procedure(context: ReadContext, procedure: UUID, language: str = "") -> Response:
    """Show the page of a silence procedure."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    rules.SEE_PROCEDURE.require(context.actor, procedure_row)
    formats = context.localizer
    read_together(context.session, procedure_row, list_openers, list_extensions, *LISTS_OF_PROCEDURE)
    summary = load_silence_summary(context.session, procedure_row, formats.language)
    on = get_procedure_rule_subject(context.session, procedure_row, context.actor.entity)
    visible = list_visible_positions(context.session, context.actor, procedure_row)
    silence_positions, sees_all = visible.positions, visible.are_all
    mine = next((each for each in silence_positions if each.entity == context.actor.entity), None)
    circulated = circulations.find_latest_circulated_version(context.session, summary.output)
    return context.render(
        "web/silence/show.html",
        about=summary,
        docket=build_silence_docket(
            context.actor,
            summary.output,
            on,
            status=summary.course,
            own_stance=mine.stance if mine else None,
            ends=formats.format_due(procedure_row.until, summary.meeting.zone),
        ),
        said=list_position_lines(silence_positions),
        counts=count_positions(silence_positions, len(procedure_row.addressees)) if sees_all else [],
        seats=load_seats(context, procedure_row, silence_positions) if sees_all else [],
        position_groups=POSITION_GROUP_LABELS,
        text=load_procedure_text(context.session, summary, (language, formats.language)),
        whom=load_silence_addressees(context.session, procedure_row, formats.language),
        positions_shown_to=get_position_audience_label(procedure_row) if summary.course == SilenceStatus.OPEN else None,
        extensions=list_extensions(context.session, procedure_row),
        opened_by=get_person_name(context.session, procedure_row.opened_by),
        reminder_hours=context.portal.settings.reminder_hours if context.portal.settings.sends_mail else None,
        is_for_addressees_only=summary.output.for_addressees_only,
        may_take=rules.TAKE_POSITION.allows(context.actor, on),
        accredits_at=find_accreditation_address(context.session, context.actor, on) if mine is None else None,
        may_extend=rules.EXTEND_DEADLINE.allows(context.actor, on),
        may_open=rules.OPEN_PROCEDURE.allows(context.actor, get_silence_rule_subject(context.session, summary.output)),
        sees_output=output_rules.SEE_OUTPUT.allows(context.actor, on.output),
        mine=mine,
        circulated=circulated,
        way=list(list_silence_steps(summary, circulated, formats)),
        passed=compute_time_passed(procedure_row, clock.now()),
        time_left=formats.format_duration(max(procedure_row.until - clock.now(), timedelta())),
        receipts=receipts.list_position_receipts(context.session, context.actor, procedure_row.id),
    )


@router.get("/silence/{procedure}/files/{language}", dependencies=SEE_SILENCE_GUARDS)
def download_silence_text(context: ReadContext, procedure: UUID, language: str) -> Response:
    """Download the text exactly as it was put before the States."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    rules.SEE_PROCEDURE.require(context.actor, procedure_row)
    text = get_procedure_text(context.session, procedure_row, language)
    file_queries.require_clean_scans(context.session, [text.sha256])
    return download_response(
        context.request,
        context.portal.store,
        sha256=text.sha256,
        media_type=text.media,
        name=text.name,
        cache_control=UNPUBLISHED_CACHE,
    )


@router.get("/silence/{procedure}/files/{language}/pdf", dependencies=SEE_SILENCE_GUARDS)
def download_silence_pdf(context: ReadContext, procedure: UUID, language: str) -> Response:
    """Download the PDF of a text that was put before the States with it."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    rules.SEE_PROCEDURE.require(context.actor, procedure_row)
    return send_pdf_of_text(context, get_procedure_text(context.session, procedure_row, language))


@router.get("/outputs/{output}/silence", dependencies=OPEN_SILENCE_GUARDS)
def show_silence_opening_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that opens a silence procedure."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    read_together(context.session, output_row, *LISTS_OF_OUTPUT)
    rules.OPEN_PROCEDURE.require(context.actor, get_silence_rule_subject(context.session, output_row))
    shortest = timedelta(hours=context.session.get_one(Body, output_row.body_id).silence_hours)
    moment = (clock.now() + shortest + FORM_FILLING_TIME).replace(minute=0, second=0, microsecond=0)
    deadline = _to_form_fields(moment, context.session.get_one(Meeting, output_row.meeting_id).zone)
    return _render_open_page(context, output_row, prefill_form(SilenceOpeningForm(**deadline)))


@router.post("/outputs/{output}/silence", dependencies=OPEN_SILENCE_GUARDS)
def open_silence_procedure(
    context: WriteContext, output: UUID, form: Annotated[SilenceOpeningForm, Form()]
) -> Response:
    """Open a silence procedure on exactly the text that was seen."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.OPEN_PROCEDURE.require(context.actor, get_silence_rule_subject(context.session, output_row))
    if form.choice == OpeningChoice.NAME_FOCAL_POINTS:
        return context.redirect(f"/outputs/{output_row.id}/silence?done=focal-points-first")
    entry = parse_form(NewSilenceProcedure, form.model_dump(exclude={"knowing"}))
    if entry.value is None:
        return _render_open_page(context, output_row, entry)
    if unknown := unanswered_comments_warning(context.session, output_row, form.knowing):
        return _render_open_page(context, output_row, entry, Conflict(unknown))
    try:
        with savepoint(context.session):
            procedure = silence.open_procedure(context.session, context.actor, output_row, entry.value)
    except (BadRequest, Conflict) as refusal:
        return _render_open_page(context, output_row, entry, refusal)
    return context.redirect(f"/silence/{procedure.id}?done=silence")


@router.get("/silence/{procedure}/extend", dependencies=EXTEND_SILENCE_GUARDS)
def show_silence_extension_form(context: ReadContext, procedure: UUID) -> Response:
    """Show the form that extends the deadline."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    read_together(context.session, procedure_row.output_id, *LISTS_OF_OUTPUT_UNDER_SILENCE)
    rules.EXTEND_DEADLINE.require(context.actor, get_procedure_rule_subject(context.session, procedure_row))
    zone = context.session.get_one(Meeting, context.session.get_one(Output, procedure_row.output_id).meeting_id).zone
    deadline = _to_form_fields(procedure_row.until + rules.MIN_EXTENSION, zone)
    return _render_extend_page(context, procedure_row, prefill_form(SilenceExtensionForm(**deadline)))


@router.post("/silence/{procedure}/extend", dependencies=EXTEND_SILENCE_GUARDS)
def extend_silence_procedure(
    context: WriteContext, procedure: UUID, form: Annotated[SilenceExtensionForm, Form()], version: VersionField = 0
) -> Response:
    """Extend the deadline of a silence procedure."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    rules.EXTEND_DEADLINE.require(context.actor, get_procedure_rule_subject(context.session, procedure_row))
    return submit_form(
        context,
        DeadlineExtension,
        form.model_dump(),
        action=lambda extension: silence.extend_deadline(
            context.session, context.actor, procedure_row, extension, version=version
        ),
        render=partial(_render_extend_page, context, procedure_row),
        done=f"/silence/{procedure_row.id}?done=extended",
    )


def _to_form_fields(moment: datetime, zone: str) -> dict[str, str]:
    """Return the instant, rounded up to the minute (browsers offer no seconds), as form fields in the zone."""
    local_time = moment.astimezone(ZoneInfo(zone)) + timedelta(seconds=59, microseconds=999_999)
    return {"on": local_time.date().isoformat(), "at": local_time.strftime("%H:%M")}


def _render_open_page(
    context: ReadContext, output: Output, entry: ParsedForm[NewSilenceProcedure], refusal: DomainError | None = None
) -> Response:
    formats = context.localizer
    summary = about_output(context.session, output, formats.language)
    body = context.session.get_one(Body, output.body_id)
    return context.render(
        "web/silence/open.html",
        about=summary,
        zone=formats.time_zone_name(summary.meeting.zone),
        body=body,
        whom=load_addressees_before_opening(context.session, output, formats.language),
        choices=OPENING_CHOICES,
        secretaries=index_secretary_names(context.session, [body.id], clock.now().date())[body.id],
        sees_people=SEE_PEOPLE.allows(context.actor, EntityInBody(body.id, context.actor.entity)),
        positions_shown_to=get_position_audience_label(body),
        audience=get_position_audience(body.positions_shown_to),
        open_comments=circulations.count_unanswered_comments(context.session, output.id),
        sends_letters=context.portal.settings.sends_mail,
        **build_form_page_values(
            entry, refusal, field="choice" if isinstance(refusal, silence.OpeningChoiceMissing) else "on"
        ),
    )


def _render_extend_page(
    context: ReadContext,
    procedure: SilenceProcedure,
    entry: ParsedForm[DeadlineExtension],
    refusal: DomainError | None = None,
) -> Response:
    procedure = get_visible_procedure(context.session, context.actor, procedure.id)
    formats = context.localizer
    summary = load_silence_summary(context.session, procedure, formats.language)
    return context.render(
        "web/silence/extend.html",
        about=summary,
        zone=formats.time_zone_name(summary.meeting.zone),
        body=context.session.get_one(Body, procedure.body_id),
        **build_form_page_values(entry, refusal, field="on"),
    )
