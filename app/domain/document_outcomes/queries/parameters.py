"""The parameters that all queries for outcomes share: the things that are asked about, which the actor may see."""

from enum import Enum, auto
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, SQLColumnExpression, Uuid, any_, bindparam

DOCUMENTS, AGENDA_ITEMS, OUTPUTS = "documents", "agenda_items", "outputs"


class Origins(Enum):
    """Of what the outcomes are asked for: of documents, or also of agenda items and outputs, for a trace. A statement
    that can do with documents alone is planned sooner."""

    DOCUMENTS = auto()
    ALL = auto()


def is_asked_about(
    identifier: SQLColumnExpression[UUID] | SQLColumnExpression[UUID | None], parameter: str = DOCUMENTS
) -> ColumnElement[bool]:
    """SQL condition: this is one of the documents, agenda items or outputs that are asked about."""
    return identifier == any_(bindparam(parameter, type_=ARRAY(Uuid)))
