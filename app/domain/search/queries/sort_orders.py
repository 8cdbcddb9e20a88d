"""Orders of lists of documents."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeVarTuple

from sqlalchemy import Integer, Select, SQLColumnExpression, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.domain import member_states
from app.domain.documents.models import Document, DocumentSeries

Columns = TypeVarTuple("Columns")


def order_documents(statement: Select[*Columns], sort: str, language: str) -> Select[*Columns]:
    """Sort documents; ties are broken by registration, the latest first. A `-` before the order reverses it."""
    name = sort.removeprefix("-")
    keys = SORT_KEYS[name](language)
    if sort.startswith("-"):
        keys = [key.desc() for key in keys]
    if name == "date":
        return statement.order_by(*keys)
    return statement.order_by(*keys, Document.registered_at.desc(), Document.id)


def _by_date(_language: str) -> list[SQLColumnExpression[Any]]:
    return [Document.registered_at, Document.number, Document.id]


def _by_number(_language: str) -> list[SQLColumnExpression[Any]]:
    code = select(DocumentSeries.code).where(DocumentSeries.id == Document.series_id).scalar_subquery()
    return [func.length(Document.scope), Document.scope, code, Document.number]


def _by_source(language: str) -> list[SQLColumnExpression[Any]]:
    return build_entity_order(Document.entity, language)


def build_entity_order(entity: SQLColumnExpression[str], language: str) -> list[SQLColumnExpression[Any]]:
    """Return the keys that sort a column of entities by the names of States in that language; other entities follow by
    their codes."""
    states = member_states.order_by_name(member_states.MEMBER_STATES, language)
    places = literal({code: position for position, code in enumerate(states)}, JSONB)
    return [func.coalesce(cast(func.jsonb_extract_path_text(places, entity), Integer), len(states)), entity]


def _by_title(language: str) -> list[SQLColumnExpression[Any]]:
    """Sort by the title that the reader sees: in their language, else in the original one."""
    json_text = func.jsonb_extract_path_text
    title = func.coalesce(json_text(Document.titles, language), json_text(Document.titles, Document.original))
    return [func.lower(title)]


SORT_KEYS: MappingProxyType[str, Callable[[str], list[SQLColumnExpression[Any]]]] = MappingProxyType(
    {"date": _by_date, "number": _by_number, "source": _by_source, "title": _by_title}
)
