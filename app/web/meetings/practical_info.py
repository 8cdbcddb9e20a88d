"""Practical information of a meeting in six languages, and its letter of invitation."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core import clock
from app.core.errors import DomainError, NotFound, Stale
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.domain.bodies.models import Body
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import life_cycle
from app.domain.meetings.inputs import PracticalInformation, PracticalText
from app.domain.meetings.models import Meeting, MeetingLife
from app.http.authentication import SignedInGuard
from app.http.exports.pdf_export import pdf_response
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, VersionField, parse_form
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.timeline import get_day_in_meeting_zone, list_meeting_deadlines
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


class PracticalForm(TypedForm):
    """The fields of the practical information."""

    text_ar: str = ""
    text_zh: str = ""
    text_en: str = ""
    text_fr: str = ""
    text_ru: str = ""
    text_es: str = ""
    remote_link: str = ""


@router.get("/meetings/{meeting}/practical", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def show_practical_info_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the form of the practical information."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.CHANGE.require(context.actor, meeting_row)
    typed = {f"text_{code}": meeting_row.practical.get(code, "") for code in LANGUAGES}
    typed["remote_link"] = meeting_row.remote_link
    return _render_page(context, meeting_row, ParsedForm(typed, None, {}))


@router.post("/meetings/{meeting}/practical", dependencies=[Depends(SignedInGuard(rules.CHANGE))])
def change_practical_info(
    context: WriteContext, meeting: UUID, form: Annotated[PracticalForm, Form()], version: VersionField = 0
) -> Response:
    """Save the practical information."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.CHANGE.require(context.actor, meeting_row)
    return submit_parsed_form(
        context,
        _parse_practical_form(form),
        action=lambda information: life_cycle.set_practical_information(
            context.session, context.actor, meeting_row, information, version=version
        ),
        render=partial(_render_page, context, meeting_row),
        done=f"/meetings/{meeting_row.id}?done=informed",
        refusals=(Stale,),
    )


def _parse_practical_form(form: PracticalForm) -> ParsedForm[PracticalInformation]:
    """Parse each text by itself, so that an error is shown at the text of its language."""
    errors: dict[str, LazyText] = {}
    texts: dict[str, str] = {}
    for code in LANGUAGES:
        typed_text = getattr(form, f"text_{code}")
        if typed_text.strip():
            one = parse_form(PracticalText, {"text": typed_text})
            errors |= {f"text_{code}": words for words in one.errors.values()}
            texts |= {code: one.value.text} if one.value else {}
    entry = parse_form(PracticalInformation, {"texts": texts, "remote_link": form.remote_link})
    errors |= entry.errors
    return ParsedForm(form.typed, None if errors else entry.value, errors)


def _render_page(
    context: ReadContext, meeting: Meeting, entry: ParsedForm[Any], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/meetings/practical.html",
        status=get_form_http_status(entry, refusal),
        frame=build_meeting_frame(context.session, context.actor, meeting, "", context.language),
        typed=entry.typed,
        errors=entry.errors,
        stale=refusal.reason if refusal else None,
        codes=[(code, NATIVE_NAMES[code]) for code in LANGUAGES],
    )


@router.get(
    "/meetings/{meeting}/invitation/{language}.pdf", dependencies=[Depends(SignedInGuard(rules.SEE)), COSTLY_TURN]
)
def download_invitation_pdf(context: ReadContext, meeting: UUID, language: str) -> Response:
    """Download the letter of invitation as PDF. Raises NotFound for an unknown language or a cancelled meeting."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    if language not in LANGUAGES or meeting_row.life == MeetingLife.CANCELLED:
        raise NotFound()
    body = context.session.get_one(Body, meeting_row.body_id)
    sent_at = queries.find_convening_time(context.session, meeting_row)
    html = context.portal.templates.render_printable_html(
        language,
        "print/invitation.html",
        meeting=meeting_row,
        name=format_meeting_name(meeting_row, body),
        body_name=localize_title(body.names, language),
        place=localize_title(meeting_row.place, language),
        dated=get_day_in_meeting_zone(sent_at or clock.now(), meeting_row),
        is_sent=sent_at is not None,
        sessions=[
            (each, get_day_in_meeting_zone(each.starts_at, meeting_row))
            for each in queries.list_sessions(context.session, meeting_row)
            if not each.cancelled
        ],
        deadlines=list_meeting_deadlines(meeting_row),
        practical=localize_title(meeting_row.practical, language),
        address=f"{context.portal.settings.portal_url}/meetings/{meeting_row.id}",
    )
    file = f"{body.prefix} {meeting_row.number} invitation {language.upper()}.pdf"
    return pdf_response(context.session, html, file)
