"""Whether a contribution that the secretariat submitted in the name of a State waits for that State.

It waits while somebody can confirm it. Who is seated meanwhile can; if no one is left, it waits no more. What somebody
of the State submitted does not wait.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.database.combined_lists import KeyParameter, rows_of_thing
from app.core.db import ReadSession
from app.core.journal import Event, JournalLine
from app.domain.bodies.queries.seats import build_represented_condition
from app.domain.contributions import events
from app.domain.contributions.models import Contribution
from app.domain.contributions.rules import permissions as rules

EVENTS_BEFORE_CONFIRMATION = (events.ContributionSubmitted, events.ConfirmationVoided, events.ConfirmationRequested)
"""Events from which on a contribution may wait for its State. The journal has an index on their contribution."""


@dataclass(frozen=True, slots=True)
class SecretariatAuthorship:
    """What readers of an edition learn of a text that the secretariat wrote in the name of a State.

    `confirmed_at` is when somebody of the State confirmed it; None if no one did. `is_own_submission` is whether
    somebody of the State submitted it.
    """

    confirmed_at: datetime | None
    is_own_submission: bool


@dataclass(frozen=True, slots=True)
class ConfirmationState:
    """Whether somebody of the State submitted what the secretariat wrote in its name, and whether it waits for the
    State."""

    is_own_submission: bool
    awaits_state: bool


def find_secretariat_authorship(session: ReadSession, contribution: Contribution) -> SecretariatAuthorship | None:
    """Find who is behind a registered contribution that the secretariat wrote in the name of a State; None if it did
    not.

    For those who may read its edition, which is checked by the caller: both names stand on record.
    """
    if contribution.by_entity == contribution.entity:
        return None
    confirmed_at = contribution.confirmed_at if rules.is_confirmed_text(contribution) else None
    return SecretariatAuthorship(confirmed_at, is_own_submission(session, contribution))


def _is_line_of_contribution(*kinds: type[Event]) -> ColumnElement[bool]:
    """SQL condition: the journal line is of one of these events, and about the contribution."""
    # Written into the statement, since the database compares them with the condition of its index when it plans.
    names = literal([kind.name for kind in kinds], literal_execute=True)
    contribution = JournalLine.facts.op("->>", return_type=String)(literal_column("'contribution'"))
    return and_(JournalLine.event.in_(names), contribution == cast(Contribution.id, String))


def _build_own_submission_condition() -> ColumnElement[bool]:
    """SQL condition: somebody of the State submitted the text as it is, as the journal tells.

    A version of the portal that knew no confirmations did not note such a submission as one.
    """
    own = exists().where(
        _is_line_of_contribution(events.ContributionSubmitted),
        JournalLine.body == Contribution.body_id,
        JournalLine.person == Contribution.submitted_by,
        JournalLine.entity == Contribution.entity,
        JournalLine.at >= Contribution.submitted_at,
    )
    return own.correlate(Contribution)


def _build_voided_condition() -> ColumnElement[bool]:
    """SQL condition: the State had confirmed this submission, and the meeting changed since."""
    voided = exists().where(
        _is_line_of_contribution(events.ConfirmationVoided),
        JournalLine.body == Contribution.body_id,
        JournalLine.at >= Contribution.submitted_at,
    )
    return voided.correlate(Contribution)


IS_WAITING_FOR_STATE = and_(
    Contribution.status.in_(rules.CONFIRMABLE_STATUSES),
    Contribution.by_entity != Contribution.entity,
    or_(Contribution.confirmed_at.is_(None), Contribution.confirmed_at < Contribution.submitted_at),
    build_represented_condition(Contribution.body_id, Contribution.entity),
    ~_build_own_submission_condition(),
)
"""SQL condition: the contribution waits for its State, which has somebody in the body to confirm it."""


def select_confirmation_requests() -> Select[int, datetime, UUID, str]:
    """Select what waits for its State in every body, each once: the journal line from which on it waits, with its time,
    the body and the State. For the system: checks no access."""
    about = _is_line_of_contribution(*EVENTS_BEFORE_CONFIRMATION)
    requests = (
        select(JournalLine.seq.label("line"), JournalLine.at, Contribution.body_id, Contribution.entity)
        .join_from(Contribution, JournalLine, about)
        .where(IS_WAITING_FOR_STATE)
    )
    return requests.ext(distinct_on(Contribution.id)).order_by(Contribution.id, JournalLine.seq.desc())


@rows_of_thing
def list_confirmation_facts(contribution_id: KeyParameter) -> Select[bool, bool, bool]:
    """List the facts about the confirmation of a contribution that the secretariat wrote, in one row; none of another
    contribution. Access is checked by the caller."""
    return select(
        build_represented_condition(Contribution.body_id, Contribution.entity).label("is_represented"),
        _build_own_submission_condition().label("is_own_submission"),
        _build_voided_condition().label("is_voided"),
    ).where(Contribution.id == contribution_id, Contribution.by_entity != Contribution.entity)


def get_confirmation_state(session: ReadSession, contribution: Contribution) -> ConfirmationState:
    """Return who submitted a contribution that the secretariat wrote, and whether it waits for its State. Access is
    checked by the caller."""
    if contribution.by_entity == contribution.entity or contribution.status in rules.OPEN_STATUSES:
        return ConfirmationState(is_own_submission=False, awaits_state=False)
    [facts] = list_confirmation_facts(session, contribution)
    is_unconfirmed = contribution.status in rules.CONFIRMABLE_STATUSES and rules.is_unconfirmed_text(contribution)
    is_own = facts.is_own_submission
    return ConfirmationState(is_own, awaits_state=is_unconfirmed and facts.is_represented and not is_own)


def is_own_submission(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether somebody of its State submitted the text that the secretariat wrote. Access is checked by the
    caller."""
    return get_confirmation_state(session, contribution).is_own_submission


def is_confirmation_voided(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether the State had confirmed this submission, and the meeting changed since. Access is checked by the
    caller."""
    return any(facts.is_voided for facts in list_confirmation_facts(session, contribution))


def is_confirmed_by_answer(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether the State confirmed what the secretariat submitted, and did not submit it itself. Access is
    checked by the caller."""
    return rules.is_confirmed_text(contribution) and not is_own_submission(session, contribution)


def is_awaiting_state(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether the contribution waits for its State: no one of it confirmed what the secretariat wrote, somebody
    can, and it is not the State's own submission. Access is checked by the caller."""
    return get_confirmation_state(session, contribution).awaits_state
