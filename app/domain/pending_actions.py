"""All kinds of pending actions, and those of one person: for the desk, e-mails, calendars and counters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from app.core.database.combined_lists import StatementsReadTogether, prepare_reading
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.pending_actions import (
    PendingAction,
    PendingActionKind,
    PendingActionSource,
    remove_hidden,
    sort_by_deadline,
)
from app.core.permissions import Actor
from app.domain.agendas import pending as agendas
from app.domain.bodies import pending as bodies
from app.domain.bodies.queries.seats import build_actor, set_row_security_of_actor
from app.domain.body_proposals import pending as body_proposals
from app.domain.circulations import pending as circulations
from app.domain.contributions.pending import sources as contributions
from app.domain.deliveries import pending as deliveries
from app.domain.documents import pending as documents
from app.domain.floor import pending as floor
from app.domain.identity.models.tables import Person
from app.domain.liaisons import pending as liaisons
from app.domain.line_focal_points import pending as line_focal_points
from app.domain.meetings import pending as meetings
from app.domain.monitoring import pending as monitoring
from app.domain.monitoring.pending import AlarmConfiguration
from app.domain.organization_inboxes import pending as organization_inboxes
from app.domain.outputs import pending as outputs
from app.domain.participants import pending as participants
from app.domain.reporting_duties import pending as reporting_duties
from app.domain.reports import pending as reports
from app.domain.silence import pending as silence

MAX_ACTIONS_OF_A_SOURCE = 50
SOURCES: tuple[PendingActionSource, ...] = (
    *bodies.SOURCES,
    *body_proposals.SOURCES,
    *line_focal_points.SOURCES,
    *organization_inboxes.SOURCES,
    *documents.SOURCES,
    *meetings.SOURCES,
    *participants.SOURCES,
    *agendas.SOURCES,
    *floor.SOURCES,
    *contributions.SOURCES,
    *reports.SOURCES,
    *outputs.SOURCES,
    *circulations.SOURCES,
    *silence.SOURCES,
    *deliveries.SOURCES,
    *liaisons.SOURCES,
    *reporting_duties.SOURCES,
)
"""All sources, in the order of the packages. Alarms have none: what raises them is a setting of the operator."""

KINDS: tuple[PendingActionKind, ...] = (
    *dict.fromkeys(kind for source in SOURCES for kind in source.kinds),
    monitoring.ALARM,
)


@dataclass(frozen=True, slots=True)
class PendingActions:
    """What is pending for one person, the first deadline first.

    `totals` count by the name of a kind; for a source with more actions than were read, as its own count says, if it
    has one. `full_lists` are the pages that list what was not read.
    """

    actions: Sequence[PendingAction]
    totals: Mapping[str, int]
    full_lists: Sequence[tuple[str, LazyText]]


def list_pending_actions(
    session: ReadSession, actor: Actor, alarm_settings: AlarmConfiguration | None
) -> PendingActions:
    """List what is pending for the actor, with the alarms of these settings, or none.

    One SQL statement reads all sources; one with more actions than are read may count them.
    """
    actions = list(monitoring.list_alarm_actions(session, actor, alarm_settings)) if alarm_settings else []
    totals: dict[str, int] = {}
    full_lists: dict[str, LazyText] = {}
    for source, rows in _read_sources(session, actor):
        found = list(source.build_actions(session, actor, rows))
        actions += found[:MAX_ACTIONS_OF_A_SOURCE]
        if len(found) > MAX_ACTIONS_OF_A_SOURCE and source.full_list:
            full_lists |= [source.full_list]
        if len(found) > MAX_ACTIONS_OF_A_SOURCE and source.count_actions:
            totals |= {kind.name: source.count_actions(session, actor) for kind in source.kinds}
    shown = sort_by_deadline(remove_hidden(actions))
    counted: dict[str, int] = {}
    for action in shown:
        counted[action.kind.name] = counted.get(action.kind.name, 0) + action.count
    return PendingActions(shown, counted | totals, list(full_lists.items()))


def list_pending_actions_of_person(
    session: ReadSession, person: Person, alarm_settings: AlarmConfiguration | None = None
) -> PendingActions:
    """List what is pending for a person who is not signed in, with the seats that they hold now: for e-mails and
    calendars. From here on the session reads with the rights of that person, row security included."""
    actor = build_actor(session, person)
    set_row_security_of_actor(session, actor)
    return list_pending_actions(session, actor, alarm_settings)


def _read_sources(session: ReadSession, actor: Actor) -> list[tuple[PendingActionSource, Sequence[Any]]]:
    """Read the sources in which something is pending for the actor, with as many rows as are shown and one more."""
    sources, reading = _prepare_reading(actor)
    rows_of_each = reading.read(session) if reading else ()
    return [(source, rows) for source, rows in zip(sources, rows_of_each, strict=True) if rows]


@keep_statement
def _prepare_reading(actor: Actor) -> tuple[Sequence[PendingActionSource], StatementsReadTogether | None]:
    """Prepare to read the sources; None for an actor for whom nothing may be pending."""
    sources, statements = build_statements(actor)
    return sources, prepare_reading(statements) if statements else None


@keep_statement
def build_statements(actor: Actor) -> tuple[Sequence[PendingActionSource], Sequence[Select[*tuple[Any, ...]]]]:
    """Build the statements of the sources in which something may be pending for the actor."""
    sources = [source for source in SOURCES if source.is_for(actor)]
    return sources, [source.select_rows(actor).limit(MAX_ACTIONS_OF_A_SOURCE + 1) for source in sources]
