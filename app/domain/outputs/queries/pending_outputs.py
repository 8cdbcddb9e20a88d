"""What of the outputs may require an act of the chair or the secretariat, or was decided by one person alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, literal, or_, select

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.queries.roster import select_entities_of_person
from app.domain.bodies.rules import CHAIRS
from app.domain.documents.models import Document, Edition, Sponsor
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import is_first_day_reached
from app.domain.outputs.models import (
    Output,
    OutputFile,
    OutputSourceDocument,
    OutputStatus,
    ReleasePlan,
    Withdrawal,
    WithdrawalOutcome,
)
from app.domain.outputs.queries import approvals
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.outputs.rules.outputs import OutputRuleSubject

OutputToDecideRow = Row[*tuple[Any, ...]]
"""An output (`Output`) with the columns that the rules need, and its meeting (`Meeting`)."""


def list_outputs_to_decide_on(
    session: ReadSession, actor: Actor, *, limit: int
) -> list[tuple[OutputToDecideRow, OutputRuleSubject]]:
    """List the outputs that may require an act, with their state, for the chair and the secretariat.

    These are outputs that are not on their way to release, advance versions, and those whose withdrawal is proposed or
    failed. Always one statement.
    """
    sponsors = (
        select(func.array_agg(Document.entity))
        .join(OutputSourceDocument, OutputSourceDocument.document_id == Document.id)
        .where(OutputSourceDocument.output_id == Output.id)
    )
    cosponsors = (
        select(func.array_agg(Sponsor.entity))
        .join(Edition, Edition.id == Sponsor.edition_id)
        .join(OutputSourceDocument, OutputSourceDocument.document_id == Edition.document_id)
        .where(OutputSourceDocument.output_id == Output.id)
    )
    languages = select(func.array_agg(OutputFile.language)).where(OutputFile.output_id == Output.id)
    proposal = select(Withdrawal).where(Withdrawal.output_id == Output.id, Withdrawal.ended_how.is_(None))
    proposed_by = proposal.with_only_columns(Withdrawal.proposed_by).scalar_subquery()
    acted_for = select_entities_of_person(actor.person).subquery()
    rows = session.execute(
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
                    or_(func.cardinality(Output.still_to_come) > 0, proposed_by.is_not(None)),
                ),
            ),
            Output.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
        )
        .add_columns(
            Meeting,
            approvals.select_approvers().label("approvers"),
            approvals.select_refused_approvers().label("refused_approvers"),
            sponsors.scalar_subquery().label("sponsors"),
            cosponsors.scalar_subquery().label("cosponsors"),
            languages.scalar_subquery().label("languages"),
            select(func.array_agg(acted_for.c.entity)).scalar_subquery().label("acted_for"),
            proposed_by.label("withdrawal_proposed_by"),
            proposal.with_only_columns(Withdrawal.proposed_at).scalar_subquery().label("withdrawal_proposed_at"),
        )
        .order_by(Output.drafted_at)
        .limit(limit)
    )
    return [(row, _build_subject_of_row(row, actor)) for row in rows]


def _build_subject_of_row(row: OutputToDecideRow, actor: Actor) -> OutputRuleSubject:
    """Build the state of an output from a row of `list_outputs_to_decide_on`, as far as it concerns the actor."""
    output: Output = row.Output
    sponsors = frozenset((*output.sponsored_by, *(row.sponsors or ()), *(row.cosponsors or ())))
    return OutputRuleSubject(
        output.body_id,
        output.status,
        output.adopted_by,
        frozenset(row.approvers or ()),
        sponsors,
        frozenset({actor.person} if sponsors.intersection(row.acted_for or ()) else ()),
        output.original in (row.languages or ()) and output.original in output.titles,
        row.Meeting.life,
        withdrawal_proposed_by=row.withdrawal_proposed_by,
        has_failed=output.failed_because is not None,
        still_to_come=frozenset(output.still_to_come),
        refused_approvers=frozenset(row.refused_approvers or ()),
        is_first_day_reached=is_first_day_reached(row.Meeting),
    )


def list_sole_decisions(
    session: ReadSession, actor: Actor, since: datetime, *, limit: int
) -> list[tuple[Output, bool]]:
    """List outputs that others released or withdrew alone since then, and whether each was withdrawn, the earliest
    first.

    For the chair and the secretariat of the body. Always one statement.
    """
    releases = select(
        ReleasePlan.output_id, literal(value=False).label("is_withdrawn"), ReleasePlan.set_at, ReleasePlan.set_by
    ).where(ReleasePlan.alone_text.is_not(None))
    withdrawn = select(Withdrawal.output_id, literal(value=True), Withdrawal.ended_at, Withdrawal.ended_by).where(
        Withdrawal.ended_how == WithdrawalOutcome.CONFIRMED, Withdrawal.ended_by == Withdrawal.proposed_by
    )
    acts = releases.union_all(withdrawn).subquery()
    rows = session.execute(
        list_visible_outputs(actor)
        .join(acts, acts.c.output_id == Output.id)
        .add_columns(acts.c.is_withdrawn)
        .where(
            acts.c.set_at >= since,
            acts.c.set_by != actor.person,
            Output.body_id.in_(actor.bodies_with_role(*CHAIRS, Office.SECRETARY)),
        )
        .order_by(acts.c.set_at, Output.id)
        .limit(limit)
    )
    return [(output, is_withdrawn) for output, is_withdrawn in rows]
