"""A withdrawal as the pages of an output show it: who proposed it and why, and its outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from babel.lists import format_list

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import READABLE_STATUSES, Output, OutputStatus, Withdrawal, WithdrawalOutcome
from app.domain.outputs.queries import withdrawals
from app.domain.outputs.rules import withdrawals as rules
from app.domain.outputs.rules.failures import WITHDRAWAL_FAILURE_TEXTS
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.http.labels import ROLE_LABELS
from app.http.localization import Localizer

WITHDRAWAL_END_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        WithdrawalOutcome.CONFIRMED: ("bad", _("Withdrawn")),
        WithdrawalOutcome.DECLINED: ("none", _("Proposal declined")),
        WithdrawalOutcome.RETRACTED: ("none", _("Proposal withdrawn")),
    }
)


@dataclass(frozen=True, slots=True)
class WithdrawalProposal:
    """A proposed withdrawal. `instead` is the symbol and URL of the output that replaces the text."""

    withdrawal: Withdrawal
    proposed: LazyText
    tag: tuple[str, LazyText]
    ended: LazyText | None
    instead: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class OutputWithdrawal:
    """Withdrawals on the page of an output: the confirmed one for everybody; the pending and earlier ones for the
    chair and the secretariat. `failure` says why the confirmed one is not carried out."""

    confirmed: WithdrawalProposal | None
    waiting: WithdrawalProposal | None
    earlier: list[WithdrawalProposal]
    may_propose: bool
    may_retry: bool = False
    failure: LazyText | None = None
    is_mine: bool = False
    """The proposer cannot decide, but can retract the proposal."""


def find_pending_withdrawal(session: ReadSession, output: Output, formats: Localizer) -> WithdrawalProposal | None:
    """Return the pending proposal, or None."""
    withdrawal = withdrawals.find_pending_withdrawal(session, output)
    return _build_proposal(session, output, withdrawal, formats) if withdrawal else None


def load_output_withdrawal(
    session: ReadSession, actor: Actor, output: Output, case: OutputRuleSubject, formats: Localizer
) -> OutputWithdrawal:
    """Load what the page of an output shows the actor of its withdrawals."""
    if output.status not in READABLE_STATUSES | {OutputStatus.WITHDRAWN}:
        return OutputWithdrawal(None, None, [], may_propose=False)
    every = [
        _build_proposal(session, output, each, formats)
        for each in withdrawals.list_withdrawal_proposals(session, output)
    ]
    decides = rules.SEE_WITHDRAWAL.actor_rule.objection_to(actor, case) is None
    waiting = next((each for each in every if each.withdrawal.ended_how is None), None) if decides else None
    return OutputWithdrawal(
        confirmed=next((each for each in every if each.withdrawal.ended_how == WithdrawalOutcome.CONFIRMED), None),
        waiting=waiting,
        earlier=[
            each
            for each in every
            if each.withdrawal.ended_how in (WithdrawalOutcome.DECLINED, WithdrawalOutcome.RETRACTED)
        ]
        if decides
        else [],
        may_propose=rules.PROPOSE_WITHDRAWAL.allows(actor, case),
        may_retry=rules.RETRY_WITHDRAWAL.allows(actor, case),
        failure=WITHDRAWAL_FAILURE_TEXTS[output.failed_because][0] if output.failed_because else None,
        is_mine=waiting is not None and waiting.withdrawal.proposed_by == actor.person,
    )


def _build_proposal(
    session: ReadSession, output: Output, withdrawal: Withdrawal, formats: Localizer
) -> WithdrawalProposal:
    zone = session.get_one(Meeting, output.meeting_id).zone

    def by(person: object, capacity: str) -> Mapping[str, object]:
        words = [formats.translate_text(ROLE_LABELS.get(each, each)) for each in capacity.split()]
        return {
            "name": session.get_one(Person, person).name,
            "capacities": format_list(words, locale=formats.locale),
        }

    proposed = _(
        "%(name)s (%(capacities)s), %(when)s",
        when=formats.format_instant(withdrawal.proposed_at, zone),
        **by(withdrawal.proposed_by, withdrawal.capacity),
    )
    ended = None
    if withdrawal.ended_at and withdrawal.ended_how:
        when = formats.format_instant(withdrawal.ended_at, zone)
        ended = _(
            "%(name)s (%(capacities)s), %(when)s", when=when, **by(withdrawal.ended_by, withdrawal.ended_capacity or "")
        )
    replacement = session.get_one(Output, withdrawal.replaced_by) if withdrawal.replaced_by else None
    return WithdrawalProposal(
        withdrawal,
        proposed,
        WITHDRAWAL_END_LABELS[withdrawal.ended_how]
        if withdrawal.ended_how
        else ("warn", _("Awaiting confirmation by a second person")),
        ended,
        (replacement.symbol or "", f"/outputs/{replacement.id}") if replacement else None,
    )
