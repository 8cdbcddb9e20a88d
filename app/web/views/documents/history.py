"""The history of a document as pages show it."""

from collections.abc import Mapping, Sequence
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
from app.web.views.documents.subjects import SubjectCodes, TextSubjects, read_subjects

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
SUBJECT_KINDS = (HistoryEntryKind.TOPICS, HistoryEntryKind.MANDATES, HistoryEntryKind.ACTION_LINES)


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
    subjects = read_subjects(session, _collect_subjects(entries), formats.language)
    return [_build_line(entry, document, formats, subjects) for entry in entries]


def _collect_subjects(entries: Sequence[HistoryEntry]) -> SubjectCodes:
    """Collect the codes that corrections of topics and citations name."""

    def collect(kind: HistoryEntryKind) -> set[str]:
        return {code for entry in entries if entry.entry_kind is kind for code in f"{entry.old} {entry.new}".split()}

    return SubjectCodes(
        collect(HistoryEntryKind.TOPICS), collect(HistoryEntryKind.MANDATES), collect(HistoryEntryKind.ACTION_LINES)
    )


def _build_line(
    entry: HistoryEntry, document: Document, formats: Localizer, subjects: TextSubjects
) -> DocumentHistoryLine:
    """Build one line of the history."""
    values: tuple[LazyText | str, LazyText | str] = (entry.old, entry.new)
    if entry.entry_kind is HistoryEntryKind.ACCESS and entry.new:
        values = (ACCESS_LABELS[entry.old][0], ACCESS_LABELS[entry.new][0])
    if entry.entry_kind in SUBJECT_KINDS:
        names = _list_subject_names(entry.entry_kind, subjects, formats)
        values = (_format_names(entry.old, names), _format_names(entry.new, names))
    who = name_acting_side(entry.stating_document or document, entry.side)
    return DocumentHistoryLine(entry.at, _format_label(entry, formats), who, entry.because, *values)


def _list_subject_names(kind: HistoryEntryKind, subjects: TextSubjects, formats: Localizer) -> Mapping[str, str]:
    """Return the names of topics, mandates or action lines by their codes, in their order."""
    if kind is HistoryEntryKind.TOPICS:
        return dict(subjects.topics)
    citations = subjects.citations
    cited = citations.mandates if kind is HistoryEntryKind.MANDATES else citations.action_lines
    return {each.code: formats.translate_text(each.name) for each in cited}


def _format_names(codes: str, names: Mapping[str, str]) -> str:
    """Return the names of topics or of what is cited, given their codes separated by spaces."""
    named = codes.split()
    return "; ".join(name for code, name in names.items() if code in named)


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
