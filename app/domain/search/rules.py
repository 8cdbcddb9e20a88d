"""Parser of document symbols as people write them: `22/8`, `CWG-Internet 22/8 Rev.1`, `22/INF/3`, `C 8`."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, func, select

from app.core.db import LocalizedText, ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.documents.models import Document, DocumentSeries, Edition, EditionStep
from app.domain.documents.queries.documents import list_visible_documents

MAX_MATCHES = 5
SERIES_CODES = "c|inf|adm|dt|dl|r|out|ls"
SYMBOL_PATTERN = re.compile(
    rf"(?:(?P<prefix>(?!(?:{SERIES_CODES})[ /.-]?\d)[a-z][a-z0-9-]+)[ /])?"
    r"(?:(?P<scope>\d{1,6})[ /-])?"
    rf"(?:(?P<series>{SERIES_CODES})[ /.-]?)?"
    r"(?P<number>\d{1,6})"
    r"(?: ?\(?(?P<step>rev|add|corr)[. ]{0,2}(?P<count>\d{1,3})\)?)?",
    re.ASCII,
)

NamedDocumentRow = tuple[UUID, str, str, str, str, LocalizedText, str | None, bool | None]
"""id, symbol, entity, original, kind, titles, ended_as, at_request: a document that has this symbol."""


@dataclass(frozen=True, slots=True)
class ParsedSymbol:
    """A parsed document symbol. Without a series it is that of a contribution, whose symbols name none."""

    prefix: str | None
    scope: str | None
    series: str
    number: int
    step: EditionStep | None
    count: int


def normalize_symbol(text: str) -> str:
    """Normalize a symbol: lower case, ASCII digits, single spaces, no spaces around a slash."""
    normalized = unicodedata.normalize("NFKC", text).casefold()
    normalized = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0], digit[0])), normalized)
    return " ".join(re.sub(r"\s*/\s*", "/", normalized).split())


def parse_symbol(text: str) -> ParsedSymbol | None:
    """Parse a symbol in any usual spelling; None if it is none. A bare number is not a symbol."""
    match = SYMBOL_PATTERN.fullmatch(normalize_symbol(text))
    if match is None or not (match["prefix"] or match["scope"] or match["series"]):
        return None
    step = EditionStep(match["step"]) if match["step"] else None
    series = (match["series"] or "c").upper()
    return ParsedSymbol(match["prefix"], match["scope"], series, int(match["number"]), step, int(match["count"] or 0))


def find_documents_by_symbol(
    session: ReadSession, actor: Actor, symbol: ParsedSymbol
) -> Sequence[Row[*NamedDocumentRow]]:
    """Find the visible documents (or revisions, addenda, corrigenda) with that symbol, the latest first."""
    statement = (
        list_visible_documents(actor)
        .join(DocumentSeries, DocumentSeries.id == Document.series_id)
        .where(Document.number == symbol.number, DocumentSeries.code == symbol.series)
    )
    if symbol.prefix:
        statement = statement.where(
            Document.body_id.in_(select(Body.id).where(func.lower(Body.prefix) == symbol.prefix))
        )
    if symbol.scope:
        statement = statement.where(Document.scope == symbol.scope)
    name, at_request = Document.symbol, Document.at_request
    if symbol.step:
        statement = statement.join(Edition, Edition.document_id == Document.id).where(
            Edition.step == symbol.step, Edition.number == symbol.count
        )
        name, at_request = Edition.symbol, Edition.at_request
    columns = (name, Document.entity, Document.original, Document.kind, Document.titles, Document.ended_as, at_request)
    return session.execute(
        statement.with_only_columns(Document.id, *columns).order_by(Document.registered_at.desc()).limit(MAX_MATCHES)
    ).all()
