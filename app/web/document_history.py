"""What happened to a document, in words."""

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
    """One line of the history. `old` and `new` are given only to those who may know them."""

    at: datetime
    words: Text
    who: Text
    because: str
    old: Text | str
    new: Text | str


def past(
    session: ReadSession, among: Select[Document], document: Document, *, within: bool, formats: Formats
) -> list[Past]:
    """The history of a document that was found for the reader; `within` says that they have a seat in its body."""
    entries = history.of(session, among, document, within=within)
    known = names(session, formats.language) if any(entry.what is What.TOPICS for entry in entries) else {}
    return [_line(entry, document, formats, known) for entry in entries]


def _line(entry: Entry, document: Document, formats: Formats, known: Names) -> Past:
    values: tuple[Text | str, Text | str] = (entry.old, entry.new)
    if entry.what is What.ACCESS and entry.new:
        values = (ACCESSES[entry.old][0], ACCESSES[entry.new][0])
    if entry.what is What.TOPICS:
        values = (_topics(entry.old, known), _topics(entry.new, known))
    who = by(entry.by or document, entry.side)
    return Past(entry.at, _words(entry, formats), who, entry.because, *values)


def _topics(codes: str, known: Names) -> str:
    return "; ".join(name for _, name in those(known, codes.split()))


def _words(entry: Entry, formats: Formats) -> Text:
    language = formats.language_name(entry.language) if entry.language else ""
    match entry.what:
        case What.REGISTERED | What.EDITION:
            return say("Registered as %(symbol)s", symbol=entry.symbol)
        case What.TRANSLATED:
            return say("Translation added to %(symbol)s: %(language)s", symbol=entry.symbol, language=language)
        case What.TITLE:
            return say("The title was corrected: %(language)s", language=language)
        case What.RELATED:
            return say("%(relation)s %(symbol)s", relation=_relation(entry), symbol=entry.symbol)
        case What.TAKEN_BACK:
            return say("Taken back: %(relation)s %(symbol)s", relation=_relation(entry), symbol=entry.symbol)
    return WORDS[entry.what]


def _relation(entry: Entry) -> Text:
    return RELATIONS[entry.kind][0 if entry.says else 1]
