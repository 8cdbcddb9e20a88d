"""Translations that are due, of documents and of outputs, with who does each of them until when.

What is due is computed from the texts that are there; only assignments are stored.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    Select,
    String,
    Subquery,
    Uuid,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from app.core.database.clock_parameters import build_moment_parameter
from app.core.db import LocalizedText, ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.documents.models import Document, Edition
from app.domain.documents.queries import translations_due as documents
from app.domain.files.models import Rendition
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.queries import is_meeting_of_series
from app.domain.outputs.models import Output, OutputFile, OutputStatus, OutputTranslation
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.outputs.rules.outputs import AWAITING_RELEASE
from app.domain.translations.inputs import DueTranslationFilter, TranslationKey
from app.domain.translations.models import ReceivedTranslation, TextKind, TranslationAssignment, TranslationState

MAX_KEYS = 200
DueTranslationRow = Row[*tuple[Any, ...]]
"""Columns as `_select_columns` names them."""


@dataclass(frozen=True, slots=True)
class DueCount:
    """How many translations are due in a language, in a state and for a meeting, overdue or not, and the pages of
    their originals as far as they were counted."""

    language: str
    state: str
    meeting_id: UUID | None
    is_overdue: bool
    texts: int
    pages: int


def select_documents_due(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the editions that are due, with each language."""
    return documents.select_texts_due(
        actor,
        Document.body_id.label("body_id"),
        Edition.id.label("edition_id"),
        cast(null(), Uuid()).label("output_id"),
        documents.LANGUAGE_CODE.label("language"),
        Edition.symbol.label("symbol"),
        Document.id.label("page_id"),
        Edition.step.label("step"),
        Edition.number.label("number"),
        Edition.titles.label("titles"),
        Edition.original.label("original"),
        Document.entity.label("entity"),
        Edition.at_request.label("at_request"),
        Edition.registered_at.label("since"),
        Document.scope.label("scope"),
        Rendition.pages.label("pages"),
        and_(documents.IS_IN_FORCE, documents.HAD_EARLIER_VERSION).label("was_there"),
    )


def select_outputs_due(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the adopted outputs that lack a language of their body, or one that an advance version announced, with
    each of these languages. An added translation counts once a second person has approved it."""
    possible = case((Output.status == OutputStatus.RELEASED, Output.still_to_come), else_=Body.languages)
    languages = func.unnest(possible).table_valued("code").render_derived(name="tongue").lateral()
    code = languages.c.code
    visible_ids = list_visible_outputs(actor).with_only_columns(Output.id)
    original = and_(OutputFile.output_id == Output.id, OutputFile.language == Output.original)
    is_due = or_(
        and_(Output.status.in_(AWAITING_RELEASE), any_(Body.languages) == code),
        and_(Output.status == OutputStatus.RELEASED, any_(Output.still_to_come) == code),
    )
    return (
        select(
            Output.body_id,
            cast(null(), Uuid()),
            Output.id,
            code,
            func.coalesce(Output.symbol, ""),
            Output.id,
            literal(""),
            literal(0),
            Output.titles,
            Output.original,
            literal(""),
            literal(None, type_=Edition.at_request.type),
            Output.adopted_at,
            cast(Meeting.number, String),
            Rendition.pages,
            literal(value=False),
        )
        .select_from(Output)
        .join(Body, Body.id == Output.body_id)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .join(languages, is_due)
        .outerjoin(OutputFile, original)
        .outerjoin(Rendition, Rendition.sha256 == OutputFile.sha256)
        .where(
            Output.id.in_(visible_ids),
            Output.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
            not_(_has_adopted_text(code)),
            not_(_has_translation(code, OutputTranslation.approved == OutputTranslation.digest)),
        )
    )


def _has_adopted_text(code: ColumnElement[str]) -> ColumnElement[bool]:
    other = OutputFile.__table__.alias("adopted")
    return exists().where(other.c.output_id == Output.id, other.c.language == code)


def _has_translation(code: ColumnElement[str], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(OutputTranslation.output_id == Output.id, OutputTranslation.language == code, *conditions)


def _is_of(table: type[TranslationAssignment] | type[ReceivedTranslation], due: Subquery) -> ColumnElement[bool]:
    """Condition: the row of the table is about the text and language of the due translation."""
    is_of_text = or_(table.edition_id == due.c.edition_id, table.output_id == due.c.output_id)
    return and_(is_of_text, table.language == due.c.language)


def _build_posting_day(due: Subquery) -> ColumnElement[Any]:
    """The day by which a document must be posted for its meeting; none for outputs, which are adopted at it, and
    none once it is over: what is wanted in one more language after that is not late."""
    is_ahead = and_(due.c.edition_id.is_not(None), Meeting.life.not_in((MeetingLife.CLOSED, MeetingLife.CANCELLED)))
    return case((is_ahead, cast(func.timezone(Meeting.zone, Meeting.posting_due_at), Date)))


def _select_due(actor: Actor) -> tuple[Select[*tuple[Any, ...]], dict[str, ColumnElement[Any]]]:
    """Select every translation that is due, and return what may be filtered and sorted by."""
    due = union_all(select_documents_due(actor), select_outputs_due(actor)).subquery("due")
    day = func.timezone(func.coalesce(Meeting.zone, "UTC"), build_moment_parameter()).cast(Date)
    due_on = func.coalesce(TranslationAssignment.due_on, _build_posting_day(due))
    translator = func.coalesce(Person.name, TranslationAssignment.translator_name)
    in_approval = exists().where(
        OutputTranslation.output_id == due.c.output_id, OutputTranslation.language == due.c.language
    )
    received = exists().where(_is_of(ReceivedTranslation, due))
    state = case(
        (or_(in_approval, received), TranslationState.RECEIVED),
        (translator.is_not(None), TranslationState.ASSIGNED),
        else_=TranslationState.UNASSIGNED,
    )
    columns: dict[str, ColumnElement[Any]] = {
        "due_on": due_on,
        "is_overdue": func.coalesce(due_on < day, False),
        "state": state,
        "translator": translator,
        "translator_id": TranslationAssignment.translator_id.expression,
        "meeting_id": Meeting.id.expression,
        "in_approval": in_approval,
    }
    statement = (
        select(*due.c, *(column.label(name) for name, column in columns.items()))
        .select_from(due)
        .outerjoin(Meeting, is_meeting_of_series(due.c.body_id, due.c.scope))
        .outerjoin(TranslationAssignment, _is_of(TranslationAssignment, due))
        .outerjoin(Person, Person.id == TranslationAssignment.translator_id)
    )
    return statement, {name: due.c[name] for name in due.c.keys()} | columns  # noqa: SIM118 - it is no mapping


def select_due_translations(actor: Actor, wanted: DueTranslationFilter) -> Select[*tuple[Any, ...]]:
    """Select the translations that are due and that the filter wants, in its order."""
    statement, columns = _select_due(actor)
    conditions = {
        "language": wanted.language,
        "state": wanted.state,
        "meeting_id": wanted.meeting,
        "translator": wanted.translator,
        "is_overdue": wanted.overdue or None,
    }
    chosen = [columns[name] == value for name, value in conditions.items() if value is not None]
    return statement.where(*chosen).order_by(*_list_order(columns, wanted.sort))


def _list_order(columns: dict[str, ColumnElement[Any]], sort: str) -> list[ColumnElement[Any]]:
    """List what a list is sorted by: what was chosen, then what was registered first."""
    first = columns["due_on" if sort.removeprefix("-") == "due" else sort.removeprefix("-")]
    ordered = first.desc() if sort.startswith("-") else first.asc()
    return [ordered.nulls_last(), columns["since"], columns["symbol"], columns["language"]]


def list_due_translations(
    session: ReadSession, actor: Actor, wanted: DueTranslationFilter, *, limit: int, offset: int = 0
) -> Sequence[DueTranslationRow]:
    """List the translations that are due and that the filter wants."""
    return session.execute(select_due_translations(actor, wanted).limit(limit).offset(offset)).all()


def list_translations_by_key(
    session: ReadSession, actor: Actor, keys: Collection[TranslationKey]
) -> Sequence[DueTranslationRow]:
    """List those of these translations that are due, by body, then what was registered first. Raises NotFound if there
    is none."""
    statement, columns = _select_due(actor)
    text_id = func.coalesce(columns["edition_id"], columns["output_id"])
    is_wanted = tuple_(text_id, columns["language"]).in_([(key.text_id, key.language) for key in keys])
    order = (columns[name] for name in ("body_id", "since", "symbol", "language"))
    rows = session.execute(statement.where(is_wanted).order_by(*order)).all()
    if not rows:
        raise NotFound()
    return rows


def count_due_translations(session: ReadSession, actor: Actor, wanted: DueTranslationFilter) -> list[DueCount]:
    """Count the translations that the filter wants, in groups."""
    found = select_due_translations(actor, wanted).order_by(None).subquery()
    groups = (found.c.language, found.c.state, found.c.meeting_id, found.c.is_overdue)
    pages = func.coalesce(func.sum(found.c.pages), 0)
    rows = session.execute(select(*groups, func.count(), pages).group_by(*groups))
    return [DueCount(*row) for row in rows]


def get_key(row: DueTranslationRow) -> TranslationKey:
    """Return which translation a row is about."""
    if row.edition_id:
        return TranslationKey(TextKind.EDITION, row.edition_id, row.language)
    return TranslationKey(TextKind.OUTPUT, row.output_id, row.language)


def get_titles(row: DueTranslationRow) -> LocalizedText:
    """Return the titles of the text."""
    titles: LocalizedText = row.titles
    return titles
