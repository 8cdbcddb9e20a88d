"""The kinds of outcomes: how each is found, as far as an actor may see it. A new kind is an entry here.

Each statement starts from what the actor may see: the page of each target that it selects is open to this actor and
shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Select

from app.domain.document_outcomes.queries import after_meetings, after_releases, at_meetings, in_reports
from app.domain.document_outcomes.queries.parameters import Origins
from app.domain.document_outcomes.rules.outcomes import (
    ActionPointOutcome,
    DecisionOutcome,
    DeliveryOutcome,
    ForwardingOutcome,
    ItemOutcome,
    LiaisonOutcome,
    MadeFromOutcome,
    MandateOutcome,
    Outcome,
    OutputOutcome,
    RelationOutcome,
    ReplyOutcome,
    ReportOutcome,
    SenderWithdrawalOutcome,
)


@dataclass(frozen=True, slots=True)
class OutcomeSource:
    """Where the outcomes of one kind come from: their class, the statement for an actor, and what makes one of a row.

    `select` takes the actor; of the kinds `ALSO_OF_ITEMS_AND_OUTPUTS` also the origins. One that is not `for_lists` is
    read on the page of one document alone.
    """

    kind: type[Outcome]
    select: Callable[..., Select[*tuple[Any, ...]]]
    build: Callable[[Any], Outcome]
    for_lists: bool = True


OUTCOME_SOURCES = (
    OutcomeSource(ItemOutcome, at_meetings.select_items, at_meetings.build_item),
    OutcomeSource(DecisionOutcome, at_meetings.select_decisions, at_meetings.build_decision),
    OutcomeSource(OutputOutcome, after_meetings.select_outputs, after_meetings.build_output),
    OutcomeSource(ActionPointOutcome, at_meetings.select_action_points, at_meetings.build_action_point),
    OutcomeSource(ForwardingOutcome, after_meetings.select_forwardings, after_meetings.build_forwarding),
    OutcomeSource(RelationOutcome, after_meetings.select_relations, after_meetings.build_relation),
    OutcomeSource(ReportOutcome, in_reports.select_reports, in_reports.build_report, for_lists=False),
    OutcomeSource(LiaisonOutcome, after_releases.select_liaisons, after_releases.build_liaison),
    OutcomeSource(ReplyOutcome, after_releases.select_replies, after_releases.build_reply),
    OutcomeSource(
        SenderWithdrawalOutcome,
        after_releases.select_sender_withdrawals,
        after_releases.build_sender_withdrawal,
        for_lists=False,
    ),
    OutcomeSource(DeliveryOutcome, after_releases.select_deliveries, after_releases.build_delivery, for_lists=False),
    OutcomeSource(MandateOutcome, after_releases.select_mandates, after_releases.build_mandate, for_lists=False),
)

ALSO_OF_ITEMS_AND_OUTPUTS = (
    DecisionOutcome,
    OutputOutcome,
    ActionPointOutcome,
    ForwardingOutcome,
    LiaisonOutcome,
    DeliveryOutcome,
)
TRACE_SOURCES = (
    *(
        replace(each, select=partial(each.select, origins=Origins.ALL))
        if each.kind in ALSO_OF_ITEMS_AND_OUTPUTS
        else each
        for each in OUTCOME_SOURCES
    ),
    OutcomeSource(MadeFromOutcome, after_meetings.select_sources, after_meetings.build_source, for_lists=False),
)
"""Where the outcomes come from of all that cites a clause: documents, and also agenda items and outputs."""
