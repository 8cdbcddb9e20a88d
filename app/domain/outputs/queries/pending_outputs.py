"""What of the outputs may require an act of the chair or the secretariat, or was decided by one person alone."""

from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select

from app.core.database.clock_parameters import Moment
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.queries.roster import select_entities_of_person
from app.domain.bodies.rules import CHAIRS
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import (
    Output,
    OutputStatus,
    ReleasePlan,
    Withdrawal,
    WithdrawalOutcome,
)
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.outputs.queries.rule_facts import (
    RULE_FACTS,
    WITHDRAWAL_PROPOSED_AT,
    WITHDRAWAL_PROPOSED_BY,
    OutputFactsRow,
    build_output_rule_subject,
)
from app.domain.outputs.rules.outputs import OutputRuleSubject


def select_outputs_to_decide_on(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the outputs that may require an act, with what `build_subject_of_row` needs, for the chair and the
    secretariat.

    These are outputs that are not on their way to release, advance versions, and those whose withdrawal is proposed or
    failed.
    """
    acted_for = select_entities_of_person(actor.person).subquery()
    return (
        list_visible_outputs(actor)
        .join(Meeting, Meeting.id == Output.meeting_id)
        .where(
            or_(
                Output.status.in_(
                    (OutputStatus.DRAFT, OutputStatus.ADOPTED, OutputStatus.APPROVED, OutputStatus.FAILED)
                ),
                and_(Output.status == OutputStatus.WITHDRAWING, Output.failed_because.is_not(None)),
                and_(
                    Output.status == OutputStatus.RELEASED,
                    or_(func.cardinality(Output.still_to_come) > 0, WITHDRAWAL_PROPOSED_BY.is_not(None)),
                ),
            ),
            Output.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
        )
        .add_columns(
            *RULE_FACTS,
            select(func.array_agg(acted_for.c.entity)).scalar_subquery().label("acted_for"),
            WITHDRAWAL_PROPOSED_AT.label("withdrawal_proposed_at"),
        )
        .order_by(Output.drafted_at)
    )


def build_subject_of_row(row: OutputFactsRow, actor: Actor) -> OutputRuleSubject:
    """Build the state of an output from a row of `select_outputs_to_decide_on`, as far as it concerns the actor."""
    acts_for_sponsor = set(row.sponsors).intersection(row.acted_for or ())
    return build_output_rule_subject(row, [actor.person] if acts_for_sponsor else [])


def select_sole_decisions(actor: Actor, since: Moment) -> Select[Output, bool]:
    """Select outputs that others released or withdrew alone since then, and whether each was withdrawn, the earliest
    first, for the chair and the secretariat of the body."""
    releases = select(
        ReleasePlan.output_id, literal(value=False).label("is_withdrawn"), ReleasePlan.set_at, ReleasePlan.set_by
    ).where(ReleasePlan.alone_text.is_not(None))
    withdrawn = select(Withdrawal.output_id, literal(value=True), Withdrawal.ended_at, Withdrawal.ended_by).where(
        Withdrawal.ended_how == WithdrawalOutcome.CONFIRMED, Withdrawal.ended_by == Withdrawal.proposed_by
    )
    acts = releases.union_all(withdrawn).subquery()
    return (
        list_visible_outputs(actor)
        .join(acts, acts.c.output_id == Output.id)
        .add_columns(acts.c.is_withdrawn)
        .where(
            acts.c.set_at >= since,
            acts.c.set_by != actor.person,
            Output.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
        )
        .order_by(acts.c.set_at, Output.id)
    )
