"""What cites a mandate, a clause or an action line. Every list and count begins with what the actor may see.

An output cites what it names itself and what its sources cite; of these, those that the actor may see count. Of an
agenda, the items of its current release count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Row, Select, String, cast, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database.combined_lists import read_statements_together
from app.core.db import LocalizedText, ReadSession
from app.core.permissions import Actor
from app.domain.agendas.models import AgendaRelease, ReleasedAgendaItem
from app.domain.agendas.queries.agenda_releases import current_released_items
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries.contributions import list_visible_contributions
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.mandates.queries import build_citing_condition
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.queries import build_visible_meeting_condition
from app.domain.outputs.models import Output, OutputSourceDocument
from app.domain.outputs.queries.outputs import list_visible_outputs

MOST_LISTED = 100
"""Contributions, outputs and agenda items listed of each; documents have a list of their own that can be filtered."""
ENDED_STATUSES = (ContributionStatus.REGISTERED,)
"""A registered contribution is listed as its document."""
BEGUN_LIVES = (MeetingLife.IN_SESSION, MeetingLife.CLOSED)
"""At such a meeting the items of its agenda have been taken up."""


class CitingKind(StrEnum):
    """Kind of what cites something."""

    DOCUMENT = "document"
    CONTRIBUTION = "contribution"
    OUTPUT = "output"
    AGENDA_ITEM = "agenda-item"


CitingItemColumns = tuple[UUID, str, LocalizedText, UUID, str, int]
"""item_id, label, titles, meeting_id, prefix of the body, number of the meeting."""


class CitedColumn(StrEnum):
    """Which citations are meant; the name is that of the column in each table."""

    MANDATES = "mandates"
    ACTION_LINES = "action_lines"


def _build_condition(column: InstrumentedAttribute[list[str]], cited: CitedColumn, code: str) -> ColumnElement[bool]:
    """Build the condition that a column has this code, or that of a clause of this mandate."""
    if cited is CitedColumn.MANDATES:
        return build_citing_condition(column, code)
    contains: ColumnElement[bool] = column.contains([code])
    return contains


def select_citing_documents(actor: Actor, cited: CitedColumn, code: str) -> Select[Document]:
    """Select the documents that cite this and that the actor may see."""
    return list_visible_documents(actor).where(_build_condition(getattr(Document, cited), cited, code))


def select_citing_contributions(actor: Actor, cited: CitedColumn, code: str) -> Select[Contribution]:
    """Select the contributions that are not registered yet, cite this, and that the actor may see; the latest first."""
    citing = list_visible_contributions(actor).where(
        Contribution.status.not_in(ENDED_STATUSES), _build_condition(getattr(Contribution, cited), cited, code)
    )
    return citing.order_by(Contribution.changed_at.desc()).limit(MOST_LISTED)


def select_citing_outputs(actor: Actor, cited: CitedColumn, code: str) -> Select[Output]:
    """Select the outputs that cite this, themselves or by a source, and that the actor may see; the latest first."""
    sources = select_citing_documents(actor, cited, code).with_only_columns(Document.id)
    by_source = Output.id.in_(
        select(OutputSourceDocument.output_id).where(OutputSourceDocument.document_id.in_(sources))
    )
    citing = list_visible_outputs(actor).where(_build_condition(getattr(Output, cited), cited, code) | by_source)
    return citing.order_by(Output.drafted_at.desc()).limit(MOST_LISTED)


def select_citing_agenda_items(actor: Actor, cited: CitedColumn, code: str) -> Select[*CitingItemColumns]:
    """Select the items of released agendas that cite this and that the actor may see; those of the latest meeting
    first."""
    citing = _select_visible_agenda_items(actor).where(
        _build_condition(getattr(ReleasedAgendaItem, cited), cited, code)
    )
    item = ReleasedAgendaItem.item_id, ReleasedAgendaItem.label, ReleasedAgendaItem.titles
    columns = citing.with_only_columns(*item, AgendaRelease.meeting_id, Body.prefix, Meeting.number)
    in_body = columns.join(Body, Body.id == Meeting.body_id)
    return in_body.order_by(Meeting.opens_on.desc(), Meeting.id, ReleasedAgendaItem.place).limit(MOST_LISTED)


def _select_visible_agenda_items(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the items of the current releases of the agendas of all meetings that the actor may see."""
    items = current_released_items().join(Meeting, Meeting.id == AgendaRelease.meeting_id)
    return items.where(build_visible_meeting_condition(actor))


@dataclass(frozen=True, slots=True)
class CitingRows:
    """What cites something besides documents: contributions, outputs, and rows of agenda items."""

    contributions: Sequence[Contribution]
    outputs: Sequence[Output]
    agenda_items: Sequence[Row[*CitingItemColumns]]


def read_citing_rows(session: ReadSession, actor: Actor, cited: CitedColumn, code: str) -> CitingRows:
    """Read the contributions, outputs and agenda items that cite this and that the actor may see, in one statement."""
    contributions, outputs, agenda_items = read_statements_together(
        session,
        [
            select_citing_contributions(actor, cited, code),
            select_citing_outputs(actor, cited, code),
            select_citing_agenda_items(actor, cited, code),
        ],
    )
    return CitingRows([each for (each,) in contributions], [each for (each,) in outputs], agenda_items)


def count_citing(
    session: ReadSession, actor: Actor, cited: CitedColumn, mandate: str | None = None
) -> Mapping[str, Mapping[CitingKind, int]]:
    """Count what cites each code and the actor may see, by kind, in one statement; of one mandate, also for each of its
    clauses."""
    pairs = union_all(*_select_pairs(actor, cited)).subquery()
    counted = select(pairs.c.code, pairs.c.kind, func.count(pairs.c.thing.distinct())).group_by(
        pairs.c.code, pairs.c.kind
    )
    if mandate is not None:
        counted = counted.where((pairs.c.code == mandate) | pairs.c.code.startswith(f"{mandate}/", autoescape=True))
    counts: dict[str, dict[CitingKind, int]] = {}
    for code, kind, number in session.execute(counted):
        counts.setdefault(code, {})[CitingKind(kind)] = number
    return counts


def _select_pairs(actor: Actor, cited: CitedColumn) -> list[Select[*tuple[Any, ...]]]:
    """Select the pairs of a code and of what cites it, of each kind."""
    visible_documents = list_visible_documents(actor).subquery()
    of_documents = _unnest(visible_documents.c[cited])
    of_sources = list_visible_outputs(actor).join(OutputSourceDocument, OutputSourceDocument.output_id == Output.id)
    of_sources = of_sources.join(visible_documents, visible_documents.c.id == OutputSourceDocument.document_id)
    of_drafts, of_outputs = _unnest(getattr(Contribution, cited)), _unnest(getattr(Output, cited))
    of_items = _unnest(getattr(ReleasedAgendaItem, cited))
    drafts = list_visible_contributions(actor).where(Contribution.status.not_in(ENDED_STATUSES))
    return [
        select(of_documents.c.code, literal(CitingKind.DOCUMENT).label("kind"), visible_documents.c.id.label("thing"))
        .select_from(visible_documents)
        .join(of_documents, true()),
        drafts.join(of_drafts, true()).with_only_columns(
            of_drafts.c.code, literal(CitingKind.CONTRIBUTION), Contribution.id
        ),
        list_visible_outputs(actor)
        .join(of_outputs, true())
        .with_only_columns(of_outputs.c.code, literal(CitingKind.OUTPUT), Output.id),
        of_sources.join(of_documents, true()).with_only_columns(
            of_documents.c.code, literal(CitingKind.OUTPUT), Output.id
        ),
        _select_visible_agenda_items(actor)
        .join(of_items, true())
        .with_only_columns(of_items.c.code, literal(CitingKind.AGENDA_ITEM), ReleasedAgendaItem.item_id),
    ]


def _unnest(column: ColumnElement[Any] | InstrumentedAttribute[list[str]]) -> Any:
    """Turn a column of codes into a table of them."""
    return func.unnest(cast(column, ARRAY(String))).table_valued("code").render_derived()


@dataclass(frozen=True, slots=True)
class ClauseProgress:
    """What was done under a clause in a period: documents registered, outputs adopted, agenda items of meetings that
    opened, as far as the reader may see them; and when the latest of all was, before or in the period."""

    documents: int = 0
    outputs: int = 0
    agenda_items: int = 0
    latest_at: datetime | None = None


def list_progress(
    session: ReadSession, actor: Actor, begins_at: datetime, ends_at: datetime
) -> Mapping[str, ClauseProgress]:
    """List what was done under each clause and each mandate cited as a whole until the end of a period, in one
    statement."""
    done = union_all(*_select_done(actor)).subquery()
    in_period = done.c.thing.distinct()
    is_in_period = done.c.at >= begins_at
    counted = (
        select(
            done.c.code,
            func.count(in_period).filter(is_in_period, done.c.kind == CitingKind.DOCUMENT),
            func.count(in_period).filter(is_in_period, done.c.kind == CitingKind.OUTPUT),
            func.count(in_period).filter(is_in_period, done.c.kind == CitingKind.AGENDA_ITEM),
            func.max(done.c.at),
        )
        .where(done.c.at < ends_at)
        .group_by(done.c.code)
    )
    return {code: ClauseProgress(*values) for code, *values in session.execute(counted)}


def _select_done(actor: Actor) -> list[Select[*tuple[Any, ...]]]:
    """Select what was registered, adopted or taken up at a meeting and cites a mandate: code, kind, identifier, and
    when; of an agenda item, the beginning of the day (UTC) on which its meeting opened."""
    visible_documents = list_visible_documents(actor).subquery()
    of_documents, of_outputs = _unnest(visible_documents.c.mandates), _unnest(Output.mandates)
    adopted = list_visible_outputs(actor).where(Output.adopted_at.is_not(None))
    by_sources = adopted.join(OutputSourceDocument, OutputSourceDocument.output_id == Output.id).join(
        visible_documents, visible_documents.c.id == OutputSourceDocument.document_id
    )
    of_items = _unnest(ReleasedAgendaItem.mandates)
    opened_at = func.timezone("UTC", cast(Meeting.opens_on, DateTime), type_=DateTime(timezone=True))
    document, output = literal(CitingKind.DOCUMENT).label("kind"), literal(CitingKind.OUTPUT)
    columns = (visible_documents.c.id.label("thing"), visible_documents.c.registered_at.label("at"))
    return [
        select(of_documents.c.code, document, *columns)
        .select_from(visible_documents)
        .join(of_documents, true())
        .where(visible_documents.c.ended_as.is_(None)),
        adopted.join(of_outputs, true()).with_only_columns(of_outputs.c.code, output, Output.id, Output.adopted_at),
        by_sources.join(of_documents, true()).with_only_columns(
            of_documents.c.code, output, Output.id, Output.adopted_at
        ),
        _select_visible_agenda_items(actor)
        .where(Meeting.life.in_(BEGUN_LIVES))
        .join(of_items, true())
        .with_only_columns(of_items.c.code, literal(CitingKind.AGENDA_ITEM), ReleasedAgendaItem.item_id, opened_at),
    ]
