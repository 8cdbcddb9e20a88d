"""The differences between two versions of an agenda, as pages list and count them."""

from collections.abc import Mapping
from uuid import UUID

from app.core.db import ReadSession
from app.domain.agendas.models import AgendaRelease
from app.domain.agendas.queries import agenda_versions
from app.domain.agendas.rules.diff import compare_agenda_versions
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.http.page_context import ReadContext
from app.web.views.agendas.history import AgendaDifferenceLine, describe_agenda_differences
from app.web.views.agendas.items import MAX_AGENDA_DOCUMENTS, AgendaView
from app.web.views.agendas.time_plan import list_session_labels
from app.web.views.meetings.meetings import build_document_lines


def compare_releases(
    context: ReadContext, meeting: Meeting, old: AgendaRelease, new: AgendaRelease
) -> list[AgendaDifferenceLine]:
    """Return the differences between two releases."""
    was = agenda_versions.load_agenda_version(context.session, meeting, old)
    now = agenda_versions.load_agenda_version(context.session, meeting, new)
    rows = documents.list_documents(
        context.session,
        context.actor,
        body_id=meeting.body_id,
        scope=str(meeting.number),
        limit=MAX_AGENDA_DOCUMENTS,
    )
    known = {line.id: line for line in build_document_lines(rows, context.language)}
    sessions = list_session_labels(context.session, meeting, context.localizer)
    return describe_agenda_differences(compare_agenda_versions(was, now), known, sessions, context.language)


def list_unreleased_changes(
    session: ReadSession,
    meeting: Meeting,
    release: AgendaRelease | None,
    agenda: AgendaView,
    sessions: Mapping[UUID, str],
    language: str,
) -> list[AgendaDifferenceLine]:
    """Return the differences between the current release and the draft; none before the first release."""
    known = {line.id: line for each in agenda.items for line in each.documents}
    known |= {line.id: line for line in agenda.unallocated}
    differences = agenda_versions.list_unreleased_differences(session, meeting, release)
    return describe_agenda_differences(differences, known, sessions, language)
