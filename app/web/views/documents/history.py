"""The history of a document as pages show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.documents import events
from app.domain.documents.models import Document
from app.domain.documents.queries import history
from app.domain.documents.queries.history import HistoryEntry, HistoryEntryKind
from app.http.labels import ACCESS_LABELS, RELATION_LABELS
from app.http.localization import Localizer
from app.web.views.documents.languages import name_acting_side
from app.web.views.documents.topics import TopicNames, filter_topics_by_codes, load_topic_names

HISTORY_LABELS: Mapping[HistoryEntryKind, LazyText] = {
    HistoryEntryKind.ABSTRACT: _("The abstract was corrected"),
    HistoryEntryKind.ACCESS: events.AccessChanged.words,
    HistoryEntryKind.TOPICS: _("The topics were corrected"),
    HistoryEntryKind.MANDATES: _("The mandates cited were corrected"),
    HistoryEntryKind.ACTION_LINES: _("The action lines cited were corrected"),
    HistoryEntryKind.PROPOSALS: _("The list of proposals was corrected"),
    HistoryEntryKind.WITHDRAWN: events.DocumentWithdrawn.words,
    HistoryEntryKind.VOID: events.NumberVoided.words,
}


@dataclass(frozen=True, slots=True)
class DocumentHistoryLine:
    """A line of the history. `old` and `new` are empty for readers who may not know them."""

    at: datetime
    words: LazyText
    who: LazyText
    because: str
    old: LazyText | str
    new: LazyText | str


def list_document_history(
    session: ReadSession,
    visible_documents: Select[Document],
    document: Document,
    *,
    has_body_seat: bool,
    formats: Localizer,
) -> list[DocumentHistoryLine]:
    """List the history of a document that was loaded for the reader, who has a seat in its body or not."""
    entries = history.list_document_history(session, visible_documents, document, has_seat=has_body_seat)
    topic_names = (
        load_topic_names(session, formats.language)
        if any(entry.entry_kind is HistoryEntryKind.TOPICS for entry in entries)
        else {}
    )
    return [_build_line(entry, document, formats, topic_names) for entry in entries]


def _build_line(
    entry: HistoryEntry, document: Document, formats: Localizer, topic_names: TopicNames
) -> DocumentHistoryLine:
    """Build one line of the history."""
    values: tuple[LazyText | str, LazyText | str] = (entry.old, entry.new)
    if entry.entry_kind is HistoryEntryKind.ACCESS and entry.new:
        values = (ACCESS_LABELS[entry.old][0], ACCESS_LABELS[entry.new][0])
    if entry.entry_kind is HistoryEntryKind.TOPICS:
        values = (_format_topics(entry.old, topic_names), _format_topics(entry.new, topic_names))
    who = name_acting_side(entry.stating_document or document, entry.side)
    return DocumentHistoryLine(entry.at, _format_label(entry, formats), who, entry.because, *values)


def _format_topics(codes: str, topic_names: TopicNames) -> str:
    """Return the names of topics, given their codes separated by spaces."""
    return "; ".join(name for _ignored, name in filter_topics_by_codes(topic_names, codes.split()))


def _format_label(entry: HistoryEntry, formats: Localizer) -> LazyText:
    """Return the sentence that says what happened."""
    language = formats.language_name(entry.language) if entry.language else ""
    match entry.entry_kind:
        case HistoryEntryKind.REGISTERED | HistoryEntryKind.EDITION:
            return _("Registered as %(symbol)s", symbol=entry.symbol)
        case HistoryEntryKind.TRANSLATED:
            return _("Translation added to %(symbol)s: %(language)s", symbol=entry.symbol, language=language)
        case HistoryEntryKind.TITLE:
            return _("The title was corrected: %(language)s", language=language)
        case HistoryEntryKind.RELATED:
            return _("%(relation)s %(symbol)s", relation=_format_relation(entry), symbol=entry.symbol)
        case HistoryEntryKind.TAKEN_BACK:
            return _("Withdrawn: %(relation)s %(symbol)s", relation=_format_relation(entry), symbol=entry.symbol)
    return HISTORY_LABELS[entry.entry_kind]


def _format_relation(entry: HistoryEntry) -> LazyText:
    """Return the label of a relation, seen from this document."""
    return RELATION_LABELS[entry.relation_kind][0 if entry.is_stated_here else 1]
