"""The released agenda: the current version, its history, any earlier version, and differences between two versions."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.i18n import text_direction
from app.domain.agendas.models import AgendaRelease
from app.domain.agendas.queries import agenda_releases
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.authentication import SignedInGuard
from app.http.page_context import COSTLY_TURN, ReadContext
from app.web.views.agendas import history as agenda_words
from app.web.views.agendas import items
from app.web.views.agendas.differences import compare_releases
from app.web.views.agendas.reader_aside import list_session_links, load_own_documents
from app.web.views.agendas.time_plan import PlannedSession, build_time_plan, label_sessions
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter()

AGENDA_PATH = "/meetings/{meeting}/agenda"
SEE_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.SEE))]


@router.get(AGENDA_PATH, dependencies=SEE_AGENDA_GUARDS)
def show_agenda(context: ReadContext, meeting: UUID) -> Response:
    """Show the current release of the agenda."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    return _render_page(context, meeting_row, agenda_releases.find_current_release(context.session, meeting_row))


@router.get(f"{AGENDA_PATH}/documents", dependencies=SEE_AGENDA_GUARDS)
def show_documents_of_agenda(context: ReadContext, meeting: UUID) -> Response:
    """Show the documents under the items of the current release, in its order: a list to be printed."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    release = agenda_releases.find_current_release(context.session, meeting_row)
    return context.render(
        "web/meetings/agenda_documents.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "agenda", context.language),
        release=release,
        name=agenda_words.format_release_name(release) if release else None,
        agenda=items.load_released_agenda(context, meeting_row, release) if release else None,
    )


@router.get(f"{AGENDA_PATH}/versions", dependencies=SEE_AGENDA_GUARDS)
def show_agenda_history(context: ReadContext, meeting: UUID) -> Response:
    """Show every released version, the latest first."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    return context.render(
        "web/meetings/agenda_versions.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "agenda", context.language),
        versions=[
            (each, agenda_words.format_release_name(each))
            for each in agenda_releases.list_agenda_releases(context.session, meeting_row)
        ],
    )


@router.get(f"{AGENDA_PATH}/versions/{{number}}", dependencies=SEE_AGENDA_GUARDS)
def show_agenda_version(context: ReadContext, meeting: UUID, number: Annotated[int, Path(ge=0, le=10**6)]) -> Response:
    """Show one version as it was released."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    return _render_page(context, meeting_row, agenda_releases.get_agenda_release(context.session, meeting_row, number))


@router.get(f"{AGENDA_PATH}/differences", dependencies=[*SEE_AGENDA_GUARDS, COSTLY_TURN])
def show_agenda_differences(
    context: ReadContext,
    meeting: UUID,
    former: Annotated[int | None, Query(alias="from", ge=0, le=10**6)] = None,
    latter: Annotated[int | None, Query(alias="to", ge=0, le=10**6)] = None,
) -> Response:
    """Show what changed between two versions; by default between the last one and the one before."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    language = context.language
    releases = agenda_releases.list_agenda_releases(context.session, meeting_row)
    new = agenda_releases.get_release_among(releases, latter)
    old = agenda_releases.get_release_among(releases, max(1, new.number - 1) if former is None else former)
    return context.render(
        "web/meetings/agenda_differences.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "agenda", language),
        old=(old, agenda_words.format_release_name(old)),
        new=(new, agenda_words.format_release_name(new)),
        versions=[(each, agenda_words.format_release_name(each)) for each in releases],
        lines=compare_releases(context, meeting_row, old, new),
    )


def _render_page(context: ReadContext, meeting: Meeting, release: AgendaRelease | None) -> Response:
    language = context.language
    sessions = meetings.list_sessions(context.session, meeting)
    agenda, changes = items.load_agenda_with_change_count(context, meeting, release) if release else (None, 0)
    planned, unplanned = (
        _plan_items(agenda, meeting, sessions, language) if agenda and release and release.is_current else ([], [])
    )
    return context.render(
        "web/meetings/agenda.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", language),
        release=release,
        name=agenda_words.format_release_name(release) if release else None,
        agenda=agenda,
        changes=changes,
        sessions=label_sessions(sessions, meeting, context.localizer),
        planned=planned,
        unplanned=unplanned,
        session_links=list_session_links(planned),
        own=load_own_documents(context.session, context.actor, meeting, agenda, planned) if agenda else [],
        may_adopt=agendas.ADOPT.allows(context.actor, meeting),
        may_propose=agendas.PROPOSE.allows(
            context.actor, agendas.build_item_proposal_rule_subject(meeting, context.actor.entity)
        ),
    )


def _plan_items(
    agenda: items.AgendaView, meeting: Meeting, sessions: Sequence[MeetingSession], language: str
) -> tuple[list[PlannedSession], list[items.AgendaItemLine]]:
    """Return the items by session, and those planned for none; nothing where none is planned for any."""
    plan = build_time_plan(agenda, meeting, sessions, text_direction(language))
    return (plan.sessions, plan.unplanned) if any(each.slots for each in plan.sessions) else ([], [])
