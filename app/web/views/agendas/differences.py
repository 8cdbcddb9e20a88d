"""The differences between two versions of an agenda, as pages list and count them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.core.db import ReadSession
from app.domain.agendas.models import AgendaRelease
from app.domain.agendas.queries import agenda_versions
from app.domain.agendas.rules.diff import AgendaDifference, compare_agenda_versions
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.http.page_context import ReadContext
from app.web.views.agendas.history import AgendaDifferenceLine, describe_agenda_differences, list_changed_citations
from app.web.views.agendas.items import MAX_AGENDA_DOCUMENTS, AgendaView
from app.web.views.agendas.time_plan import list_session_labels
from app.web.views.mandates.citing import name_citations
from app.web.views.meetings.meetings import DocumentLine, build_document_lines


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
    return _describe(context.session, compare_agenda_versions(was, now), known, sessions, context.language)


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
    return _describe(session, differences, known, sessions, language)


def _describe(
    session: ReadSession,
    differences: Sequence[AgendaDifference],
    documents: Mapping[UUID, DocumentLine],
    sessions: Mapping[UUID, str],
    language: str,
) -> list[AgendaDifferenceLine]:
    """Describe differences; what items cite is named by one statement more if a difference is about it."""
    codes = list_changed_citations(differences)
    named = name_citations(session, codes["mandates"], codes["action_lines"], language)
    cited = {each.code: each.name for each in (*named.mandates, *named.action_lines)}
    return describe_agenda_differences(differences, documents, sessions, language, cited)
