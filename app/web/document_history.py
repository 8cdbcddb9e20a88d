"""The history of a document as pages show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select

from app.asgi.formats import Formats
from app.asgi.words import ACCESSES, RELATIONS
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.documents import events, history
from app.domain.documents.history import Entry, What
from app.domain.documents.models import Document
from app.web.document_languages import by
from app.web.topic_names import Names, names, those

WORDS: Mapping[What, Text] = {
    What.ABSTRACT: say("The abstract was corrected"),
    What.ACCESS: events.AccessChanged.words,
    What.TOPICS: say("The topics were corrected"),
    What.PROPOSALS: say("The list of proposals was corrected"),
    What.WITHDRAWN: events.DocumentWithdrawn.words,
    What.VOID: events.NumberVoided.words,
}


@dataclass(frozen=True, slots=True)
class Past:
    """A line of the history. `old` and `new` are empty for readers who may not know them."""

    at: datetime
    words: Text
    who: Text
    because: str
    old: Text | str
    new: Text | str


def past(
    session: ReadSession, among: Select[Document], document: Document, *, within: bool, formats: Formats
) -> list[Past]:
    """List the history of a document that was loaded for the reader, who has a seat in its body or not."""
    entries = history.of(session, among, document, within=within)
    topic_names = names(session, formats.language) if any(entry.what is What.TOPICS for entry in entries) else {}
    return [_build_line(entry, document, formats, topic_names) for entry in entries]


def _build_line(entry: Entry, document: Document, formats: Formats, topic_names: Names) -> Past:
    """Build one line of the history."""
    values: tuple[Text | str, Text | str] = (entry.old, entry.new)
    if entry.what is What.ACCESS and entry.new:
        values = (ACCESSES[entry.old][0], ACCESSES[entry.new][0])
    if entry.what is What.TOPICS:
        values = (_format_topics(entry.old, topic_names), _format_topics(entry.new, topic_names))
    who = by(entry.by or document, entry.side)
    return Past(entry.at, _format_label(entry, formats), who, entry.because, *values)


def _format_topics(codes: str, topic_names: Names) -> str:
    """Return the names of topics, given their codes separated by spaces."""
    return "; ".join(name for _, name in those(topic_names, codes.split()))


def _format_label(entry: Entry, formats: Formats) -> Text:
    """Return the sentence that says what happened."""
    language = formats.language_name(entry.language) if entry.language else ""
    match entry.what:
        case What.REGISTERED | What.EDITION:
            return say("Registered as %(symbol)s", symbol=entry.symbol)
        case What.TRANSLATED:
            return say("Translation added to %(symbol)s: %(language)s", symbol=entry.symbol, language=language)
        case What.TITLE:
            return say("The title was corrected: %(language)s", language=language)
        case What.RELATED:
            return say("%(relation)s %(symbol)s", relation=_format_relation(entry), symbol=entry.symbol)
        case What.TAKEN_BACK:
            return say("Taken back: %(relation)s %(symbol)s", relation=_format_relation(entry), symbol=entry.symbol)
    return WORDS[entry.what]


def _format_relation(entry: Entry) -> Text:
    """Return the label of a relation, seen from this document."""
    return RELATIONS[entry.kind][0 if entry.says else 1]
