"""The documents registered, and the agendas released, since the last visit of a person, on their desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.i18n import LazyText
from app.domain.agendas.queries.agenda_releases import list_current_releases_since
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import document_filters, listing
from app.http.page_context import ReadContext
from app.web.views.account.dashboard_meetings import UpcomingMeeting
from app.web.views.agendas.history import format_release_name
from app.web.views.documents.addresses import format_document_path
from app.web.views.documents.filters import format_submitter_and_signatories
from app.web.views.documents.titles import localize_title

MAX_NEW_DOCUMENTS = 5


@dataclass(frozen=True, slots=True)
class NewDocumentLine:
    """A document that was registered since the last visit."""

    href: str
    symbol: str
    title: str
    lang: str | None
    source: str
    posted: datetime


@dataclass(frozen=True, slots=True)
class NewDocuments:
    """The latest documents since the last visit; `has_more` is whether there are others."""

    lines: Sequence[NewDocumentLine]
    has_more: bool


@dataclass(frozen=True, slots=True)
class NewAgendaLine:
    """A version of an agenda that was released since the last visit."""

    href: str
    name: LazyText
    meeting: LazyText
    released: datetime


def list_new_agendas(context: ReadContext, upcoming: Sequence[UpcomingMeeting]) -> list[NewAgendaLine]:
    """List the versions of the agendas of these meetings that were released since the last visit of the reader, the
    latest first; none in a first session."""
    came_last_at = context.request.state.came_last_at
    if came_last_at is None or not upcoming:
        return []
    meetings = {each.meeting.id: each for each in upcoming}
    releases = list_current_releases_since(context.session, [each.meeting for each in upcoming], came_last_at)
    return [
        NewAgendaLine(
            f"/meetings/{each.meeting_id}/agenda",
            format_release_name(each),
            meetings[each.meeting_id].name,
            each.released_at,
        )
        for each in releases
    ]


def list_new_documents(context: ReadContext) -> NewDocuments | None:
    """List the documents registered since the last visit of the reader, the latest first; None in a first session, and
    if there are none."""
    came_last_at, language = context.request.state.came_last_at, context.language
    if came_last_at is None:
        return None
    statement = document_filters.select_documents(
        context.actor, DocumentSearchScope(came_last_at=came_last_at), DocumentListFilter(since="visit")
    )
    rows = listing.list_documents(
        context.session, context.actor, statement, "-date", language, MAX_NEW_DOCUMENTS + 1, 0
    )
    lines = []
    for row in rows[:MAX_NEW_DOCUMENTS]:
        title, lang = localize_title(row.titles, language, row.original)
        source = format_submitter_and_signatories(
            row.entity, tuple(row.signed or ()), language, at_request=row.at_request
        )
        path = format_document_path(row.id, row.symbol)
        lines.append(NewDocumentLine(path, row.symbol, title, lang, source, row.registered_at))
    return NewDocuments(lines, len(rows) > MAX_NEW_DOCUMENTS) if lines else None
