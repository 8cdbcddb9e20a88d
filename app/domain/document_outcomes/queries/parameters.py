"""The parameter that all queries for outcomes share: the documents that are asked about, which the actor may see."""

from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, SQLColumnExpression, Uuid, any_, bindparam

DOCUMENTS = "documents"


def is_asked_about(document_id: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """SQL condition: this is one of the documents that are asked about."""
    return document_id == any_(bindparam(DOCUMENTS, type_=ARRAY(Uuid)))
