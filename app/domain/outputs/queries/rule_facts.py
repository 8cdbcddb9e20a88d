"""The facts of outputs that the rules need, as columns of one statement on outputs and their meetings."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, Select, func, select, union

from app.core.database.combined_lists import KeyParameter, rows_of_thing
from app.domain.bodies.models import Accreditation, Appointment
from app.domain.documents.models import Document, Edition, Sponsor
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import is_first_day_reached
from app.domain.outputs.models import Output, OutputFile, OutputSourceDocument, OutputStatus, Withdrawal
from app.domain.outputs.queries.approvals import select_approvers, select_refused_approvers
from app.domain.outputs.rules.outputs import OutputRuleSubject

OutputFactsRow = Row[*tuple[Any, ...]]
"""An output (`Output`) with the columns of `RULE_FACTS`."""

_SOURCES = select(OutputSourceDocument.document_id).where(OutputSourceDocument.output_id == Output.id).correlate(Output)
_SPONSORS: CompoundSelect[str] = union(
    select(Document.entity).where(Document.id.in_(_SOURCES)).correlate(Output),
    select(Sponsor.entity)
    .join(Edition, Edition.id == Sponsor.edition_id)
    .where(Edition.document_id.in_(_SOURCES))
    .correlate(Output),
    select(func.unnest(Output.sponsored_by)).correlate(Output),
)
_PROPOSAL = select(Withdrawal).where(Withdrawal.output_id == Output.id, Withdrawal.ended_how.is_(None))
WITHDRAWAL_PROPOSED_BY = _PROPOSAL.with_only_columns(Withdrawal.proposed_by).scalar_subquery()
WITHDRAWAL_PROPOSED_AT = _PROPOSAL.with_only_columns(Withdrawal.proposed_at).scalar_subquery()
RULE_FACTS = (
    Meeting,
    select_approvers().label("approvers"),
    select_refused_approvers().label("refused_approvers"),
    func.array(_SPONSORS.scalar_subquery()).label("sponsors"),
    select(func.array_agg(OutputFile.language))
    .where(OutputFile.output_id == Output.id)
    .scalar_subquery()
    .label("languages"),
    WITHDRAWAL_PROPOSED_BY.label("withdrawal_proposed_by"),
)


@rows_of_thing
def list_facts_of_output(output_id: KeyParameter) -> Select[*tuple[Any, ...]]:
    """List an output with its facts, and the people who hold a seat or an office for one of its sponsors in any body,
    or held one before, in one row."""
    people = union(
        *(
            select(seat.person_id).where(seat.entity.in_(_SPONSORS)).correlate(Output)
            for seat in (Accreditation, Appointment)
        )
    )
    of_sponsors = func.array(people.scalar_subquery()).label("people_of_sponsors")
    facts = select(Output, *RULE_FACTS, of_sponsors).join(Meeting, Meeting.id == Output.meeting_id)
    return facts.where(Output.id == output_id)


def build_output_rule_subject(row: OutputFactsRow, people_of_sponsors: Collection[UUID]) -> OutputRuleSubject:
    """Build the state of an output from its facts. Only approvals of exactly the adopted text count."""
    output: Output = row.Output
    return OutputRuleSubject(
        output.body_id,
        output.status,
        output.adopted_by,
        frozenset(row.approvers or ()),
        frozenset(row.sponsors),
        frozenset(people_of_sponsors),
        output.original in (row.languages or ()) and output.original in output.titles,
        row.Meeting.life,
        release_at=output.release_at if output.status == OutputStatus.SCHEDULED else None,
        withdrawal_proposed_by=row.withdrawal_proposed_by,
        has_failed=output.failed_because is not None,
        still_to_come=frozenset(output.still_to_come),
        refused_approvers=frozenset(row.refused_approvers or ()),
        is_first_day_reached=is_first_day_reached(row.Meeting),
    )
