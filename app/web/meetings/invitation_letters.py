"""Letters of invitation to a meeting: a preview, making them for Member States, and downloading what was made."""

from contextlib import ExitStack
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import Field
from starlette.background import BackgroundTask

from app.core.db import release_connection
from app.core.errors import BadRequest, Conflict, DomainError
from app.core.i18n import DEFAULT_LANGUAGE, NATIVE_NAMES
from app.core.inspection import DOCX, PDF
from app.core.validation import InputModel
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.invitation_letters import actions, queries, rules
from app.domain.invitation_letters.inputs import (
    InvitationChoice,
    InvitationFilter,
    InvitationPreview,
    InvitedStates,
)
from app.domain.meetings.models import Meeting
from app.domain.member_states import get_state_name
from app.domain.messages.rules import SEND_MESSAGE
from app.http.authentication import SignedInGuard
from app.http.downloads import attachment_response
from app.http.exports.csv_export import iter_csv_lines
from app.http.exports.zip_export import ZipMember, zip_response
from app.http.page_context import COSTLY_TURN, DOWNLOAD_TURN, ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, parse_form
from app.web.views.meetings.invitation_check import load_letter_check
from app.web.views.meetings.invitation_docx import (
    render_letter_docx,
    render_letter_pdf,
    render_letters,
)
from app.web.views.meetings.invitation_letters import (
    PrintableLetter,
    build_state_lines,
    list_language_choices,
    write_letters,
    write_preview,
)
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.word_templates import can_create_pdf

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("selected"))])

INVITATION_PATH = "/meetings/{meeting}/invitation"
SEE_GUARD = Depends(SignedInGuard(rules.SEE_LETTERS))
MAKE_GUARD = Depends(SignedInGuard(rules.MAKE_LETTERS))
LIST_NAME, LIST_HEADINGS = "list.csv", ("code", "state", "language", "file")
ShownStates = Annotated[InvitationFilter, Depends(FilterParameters(InvitationFilter))]


class InvitationLettersForm(TypedForm):
    """The fields of the letters; the button that was pressed says for which States, or in which format one is shown."""

    reference: str = ""
    signatory: str = ""
    function: str = ""
    language: str = ""
    state: str = ""
    format: str = ""
    which: str = ""
    show: str = ""
    selected: list[str] = Field(default_factory=list)

    def pick_fields(self, of: type[InputModel]) -> dict[str, object]:
        """Return what was typed of the fields of an input: the form has those of several."""
        return {name: self.typed[name] for name in of.model_fields}

    def parse_choice(self) -> ParsedForm[InvitationChoice]:
        """Parse which letters are made, and keep all that was typed."""
        entry = parse_form(InvitationChoice, self.pick_fields(InvitationChoice), whole_form_errors_at="selected")
        return ParsedForm(self.typed, entry.value, entry.errors)


@router.get(INVITATION_PATH, dependencies=[SEE_GUARD])
def show_invitation_letters(context: ReadContext, meeting: UUID, filters: ShownStates) -> Response:
    """Show for which Member States letters were made, and the form in which they are made."""
    meeting_row = queries.get_meeting_with_letters(context.session, context.actor, meeting)
    last = queries.find_last_set(context.session, meeting_row)
    typed = InvitationLettersForm(show=filters.show or "").typed
    if last:
        is_of_meeting = last.meeting_id == meeting_row.id
        typed |= {"signatory": last.signatory, "function": last.function}
        typed |= {"reference": last.reference} if is_of_meeting else {}
    return _render_page(context, meeting_row, ParsedForm(typed, None, {}))


@router.post(f"{INVITATION_PATH}/check", dependencies=[MAKE_GUARD])
def check_invitation_letters(
    context: WriteContext, meeting: UUID, form: Annotated[InvitationLettersForm, Form()]
) -> Response:
    """Show which letters would be made, and what is missing; nothing is noted."""
    meeting_row = queries.get_meeting_with_letters(context.session, context.actor, meeting)
    rules.MAKE_LETTERS.require(context.actor, meeting_row)
    entry = form.parse_choice()
    if entry.value is None:
        return _render_page(context, meeting_row, entry)
    return context.render(
        "web/meetings/invitation_check.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "", context.language),
        check=load_letter_check(context, meeting_row, entry.value),
        typed=entry.typed,
    )


@router.post(INVITATION_PATH, dependencies=[MAKE_GUARD])
def make_invitation_letters(
    context: WriteContext, meeting: UUID, form: Annotated[InvitationLettersForm, Form()]
) -> Response:
    """Make the letters for the Member States that were chosen."""
    meeting_row = queries.get_meeting_with_letters(context.session, context.actor, meeting)
    return submit_parsed_form(
        context,
        form.parse_choice(),
        action=lambda choice: actions.make_letters(context.session, context.actor, meeting_row, choice),
        render=partial(_render_page, context, meeting_row),
        done=f"/meetings/{meeting_row.id}/invitation?done=letters-made",
        refusals=(BadRequest, Conflict),
        refusal_at="selected",
    )


@router.post(f"{INVITATION_PATH}/preview", dependencies=[SEE_GUARD, COSTLY_TURN])
def preview_invitation_letter(
    context: WriteContext, meeting: UUID, form: Annotated[InvitationLettersForm, Form()]
) -> Response:
    """Send the letter to one Member State as it would be made now; nothing is noted."""
    meeting_row = queries.get_meeting_with_letters(context.session, context.actor, meeting)
    entry = parse_form(InvitationPreview, form.pick_fields(InvitationPreview))
    if entry.value is None:
        return _render_page(context, meeting_row, ParsedForm(form.typed, None, entry.errors))
    letter = _load_preview(context, meeting_row, entry.value)
    release_connection(context.session)
    if entry.value.format == "pdf":
        return attachment_response(render_letter_pdf(context.portal, letter), PDF, f"{letter.name}.pdf")
    return attachment_response(render_letter_docx(context.portal, letter), DOCX, f"{letter.name}.docx")


@router.get(f"{INVITATION_PATH}/letters/{{letters}}.zip", dependencies=[SEE_GUARD, COSTLY_TURN, DOWNLOAD_TURN])
def download_invitation_letters(context: ReadContext, meeting: UUID, letters: UUID) -> Response:
    """Send the letters of a set as Word documents, with a list of them."""
    meeting_row = queries.get_meeting_with_letters(context.session, context.actor, meeting)
    letter_set = queries.get_letter_set(context.session, meeting_row, letters)
    rows = queries.list_letters(context.session, letter_set)
    portal_url = context.portal.settings.portal_url
    written = write_letters(context.session, meeting_row, letter_set, rows, portal_url)
    prefix = context.session.get_one(Body, meeting_row.body_id).prefix
    name = f"{prefix}-{meeting_row.number}-invitation.zip"
    release_connection(context.session)
    with ExitStack() as rendered:
        members = [_build_list(written), *render_letters(context.portal, written, rendered)]
        response = zip_response(context.request, members, name)
        response.background = BackgroundTask(rendered.pop_all().close)
    return response


def _load_preview(context: ReadContext, meeting: Meeting, asked: InvitationPreview) -> PrintableLetter:
    """Load the letter that is previewed. Raises Conflict if the virus scanner holds its template back."""
    language = asked.language or queries.find_language_of_state(context.session, meeting.body_id, asked.state)
    templates = queries.find_invitation_templates(context.session, meeting.body_id)
    template = templates[language].sha256 if language in templates else None
    portal_url = context.portal.settings.portal_url
    return write_preview(context.session, meeting, asked.state, language, template, asked, portal_url)


def _build_list(letters: list[PrintableLetter]) -> ZipMember:
    """Build the list of the letters: State, language and file."""
    cells = [
        (each.entity, get_state_name(each.entity, DEFAULT_LANGUAGE), each.filling.language, f"{each.name}.docx")
        for each in letters
    ]
    return ZipMember.from_bytes(LIST_NAME, "".join(iter_csv_lines([LIST_HEADINGS, *cells])).encode())


def _render_page(
    context: ReadContext, meeting: Meeting, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    states = queries.list_invited_states(context.session, meeting)
    shown = parse_form(InvitationFilter, {"show": entry.typed["show"]}).value or InvitationFilter()
    among = shown.show or InvitedStates.ALL
    lines = build_state_lines(states, context.language, DEFAULT_LANGUAGE)
    body = EntityInBody(meeting.body_id)
    return context.render(
        "web/meetings/invitation_letters.html",
        status=get_form_http_status(entry, refusal),
        frame=build_meeting_frame(context.session, context.actor, meeting, "", context.language),
        lines=[line for line in lines if line.state.is_among(among)],
        states=[(line.state.code, line.name) for line in lines],
        listing=FilteredList(f"/meetings/{meeting.id}/invitation", shown, anchor="#h-states"),
        among=among,
        total=len(states),
        made=sum(state.last_letter is not None for state in states),
        unregistered=sum(not state.is_registered for state in states),
        sets=queries.list_letter_sets(context.session, meeting),
        language_choices=list_language_choices(),
        templates=queries.find_invitation_templates(context.session, meeting.body_id),
        native_names=NATIVE_NAMES,
        has_pdf=can_create_pdf(context.portal),
        objection=rules.MAKE_LETTERS.objection_to(context.actor, meeting),
        may_send=context.portal.settings.sends_mail and SEND_MESSAGE.allows(context.actor, body),
        typed=entry.typed,
        errors=entry.errors,
    )
