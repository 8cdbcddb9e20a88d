"""The list of outputs, narrowed and sorted as its reader asks for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, exists, func, or_, select

from app.core.db import LocalizedText, ReadSession
from app.core.permissions import Actor
from app.domain.bodies.queries.bodies import build_body_condition
from app.domain.outputs.inputs import OutputListFilter
from app.domain.outputs.models import Output, OutputFile, OutputTranslation
from app.domain.outputs.queries.outputs import list_visible_outputs

OutputListRow = Row[*tuple[Any, ...]]
"""A row of `list_outputs`."""
OUTPUT_LIST_COLUMNS = (
    Output.id,
    Output.meeting_id,
    Output.kind,
    Output.status,
    Output.symbol,
    Output.titles,
    Output.original,
    Output.adopted_on,
    Output.released_at,
    Output.drafted_at,
    Output.still_to_come,
)


def select_outputs(actor: Actor, filters: OutputListFilter) -> Select[Output]:
    """Select the visible outputs that fit every filter, in the order that was asked for; the latest first otherwise. A
    `-` before the order reverses it."""
    statement = list_visible_outputs(actor)
    if filters.words:
        in_title = build_title_condition(Output.titles, filters.words)
        statement = statement.where(or_(in_title, Output.symbol.icontains(filters.words, autoescape=True)))
    if filters.group:
        statement = statement.where(build_body_condition(Output.body_id, filters.group))
    if filters.kind:
        statement = statement.where(Output.kind == filters.kind)
    if filters.status:
        statement = statement.where(Output.status == filters.status)
    sort = filters.sort or "-date"
    keys = {"date": Output.drafted_at, "symbol": Output.symbol, "kind": Output.kind, "status": Output.status}
    key = keys[sort.removeprefix("-")]
    return statement.order_by(
        key.desc().nulls_last() if sort.startswith("-") else key, Output.drafted_at.desc(), Output.id
    )


def build_title_condition(titles: SQLColumnExpression[LocalizedText], words: str) -> ColumnElement[bool]:
    """SQL condition: one of the titles, in any language, contains these words."""
    title = func.jsonb_each_text(titles).table_valued("language", "words").render_derived()
    return exists(select(1).select_from(title).where(title.c.words.icontains(words, autoescape=True)))


def list_outputs(
    session: ReadSession, statement: Select[Output], *, limit: int, offset: int = 0
) -> Sequence[OutputListRow]:
    """List the outputs of a statement in its order: `OUTPUT_LIST_COLUMNS`, the adopted languages, and the languages of
    released translations."""
    languages = (
        select(func.array_agg(OutputFile.language))
        .where(OutputFile.output_id == Output.id)
        .scalar_subquery()
        .label("languages")
    )
    translated = (
        select(func.array_agg(OutputTranslation.language))
        .where(OutputTranslation.output_id == Output.id, OutputTranslation.released_at.is_not(None))
        .scalar_subquery()
        .label("translated")
    )
    selected = statement.with_only_columns(*OUTPUT_LIST_COLUMNS, languages, translated)
    return session.execute(selected.limit(limit).offset(offset)).all()
