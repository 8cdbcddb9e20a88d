"""Agenda titles as files for translators: an XLIFF file for each language in which titles are missing, out and back in.

Those who may edit the agenda get them; what comes back is one change of the draft, which can be undone.
"""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Response, UploadFile

from app.core.errors import DomainError, NotFound
from app.core.interchange.xliff import XLIFF_EXTENSIONS, render_xliff
from app.domain.agendas.actions import translated_titles
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules import agendas
from app.domain.bodies.models import Body
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.exports.zip_export import ZipMember, zip_response
from app.http.page_context import COSTLY_TURN, DOWNLOAD_TURN, ReadContext, WriteContext
from app.web.agendas.title_files import build_titles_key, parse_titles, read_title_files
from app.web.forms.actions import SHOWN_REFUSALS
from app.web.forms.parsing import RejectRepeatedFields
from app.web.views.agendas.items import load_draft_agenda
from app.web.views.agendas.translated_titles import (
    TitleLine,
    build_conflict_lines,
    group_missing_titles,
)
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("files"))])

GUARDS = [Depends(SignedInGuard(agendas.EDIT))]
HERE = "/meetings/{meeting}/agenda/titles"


@router.get(HERE, dependencies=GUARDS)
def show_titles_for_translation(context: ReadContext, meeting: UUID) -> Response:
    """Show in which languages titles are missing, with the files to download, and the form for those that come back."""
    return _render(context, _get_meeting(context, meeting))


@router.get(f"{HERE}.zip", dependencies=[*GUARDS, COSTLY_TURN, DOWNLOAD_TURN])
def download_titles_for_translation(context: ReadContext, meeting: UUID) -> Response:
    """Send an XLIFF file for each language in which titles are missing. Raises NotFound if none is."""
    meeting_row = _get_meeting(context, meeting)
    members = _list_members(context, meeting_row)
    if not members:
        raise NotFound()
    return zip_response(context.request, members, "agenda-titles.zip")


@router.post(HERE, dependencies=GUARDS)
def add_translated_titles(
    context: WriteContext,
    meeting: UUID,
    files: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Add the titles of the files; those in conflict with the agenda as it is now are named and not added."""
    meeting_row = _get_meeting(context, meeting)
    try:
        readings = read_title_files(context, build_titles_key(meeting_row), [file for file in files if file.filename])
        meeting_row = _get_meeting(context, meeting)
        titles, wrong = parse_titles(readings)
        outcome = translated_titles.add_translated_titles(context.session, context.actor, meeting_row, titles)
    except SHOWN_REFUSALS as refusal:
        return _render(context, meeting_row, refusal=refusal)
    items = {item.id: item for item in agenda_drafts.list_draft_items(context.session, meeting_row)}
    lines = [*wrong, *build_conflict_lines(outcome.conflicts, load_draft_agenda(context, meeting_row), items)]
    if lines or not outcome.added:
        return _render(context, meeting_row, added=outcome.added, lines=lines)
    return context.redirect(f"/meetings/{meeting_row.id}/agenda/edit?did={meeting_row.agenda_version}")


def _get_meeting(context: ReadContext, meeting: UUID) -> Meeting:
    """Return a meeting whose agenda the actor may edit. Raises NotFound, Forbidden."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return meeting_row


def _list_members(context: ReadContext, meeting: Meeting) -> list[ZipMember]:
    """List the files: one for each language, and for each further language of originals."""
    body = context.session.get_one(Body, meeting.body_id)
    stem = f"{body.prefix}-{meeting.number}-agenda"
    ordered = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(context.session, meeting))
    members = []
    for (source, language), units in group_missing_titles([item for item, _path in ordered]).items():
        origin = "" if source == "en" else f"-from-{source.upper()}"
        name = f"{stem}{origin}_{language.upper()}{XLIFF_EXTENSIONS[0]}"
        content = render_xliff(build_titles_key(meeting), stem, units, source_language=source, target_language=language)
        members.append(ZipMember.from_bytes(name, content))
    return members


def _render(
    context: ReadContext,
    meeting: Meeting,
    *,
    refusal: DomainError | None = None,
    added: int = 0,
    lines: Sequence[TitleLine] = (),
) -> Response:
    """Render the page; with a refusal of all files, or with the titles that were not added."""
    missing: dict[str, int] = {}
    for (_source, language), units in group_missing_titles(
        agenda_drafts.list_draft_items(context.session, meeting)
    ).items():
        missing[language] = missing.get(language, 0) + len(units)
    return context.render(
        "web/meetings/translated_titles.html",
        status=refusal.status if refusal else 409 if lines else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", context.language),
        missing=missing,
        error=refusal.reason if refusal else None,
        added=added,
        lines=lines,
        is_sent=bool(lines) or (added == 0 and context.request.method == "POST" and not refusal),
    )
