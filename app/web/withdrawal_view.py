"""A withdrawal as the pages of an output show it: who proposed it and why, and its outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from babel.lists import format_list

from app.asgi.formats import Formats
from app.asgi.words import ROLES
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries, rules
from app.domain.outputs.models import End, Output, Status, Withdrawal

ENDS: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        End.CONFIRMED: ("bad", say("Withdrawn")),
        End.DECLINED: ("none", say("Declined")),
        End.TAKEN_BACK: ("none", say("Taken back")),
    }
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed withdrawal. `instead` is the symbol and URL of the output that replaces the text."""

    made: Withdrawal
    proposed: Text
    tag: tuple[str, Text]
    ended: Text | None
    instead: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class OfOutput:
    """Withdrawals on the page of an output: the confirmed one for everybody; the pending and earlier ones for the
    chair and the secretariat."""

    confirmed: Proposal | None
    waiting: Proposal | None
    earlier: list[Proposal]
    may_propose: bool
    is_mine: bool = False
    """The proposer cannot decide, but can retract the proposal."""


def proposal(session: ReadSession, output: Output, formats: Formats) -> Proposal | None:
    """Return the pending proposal, or None."""
    withdrawal = queries.withdrawal(session, output)
    return _build_proposal(session, output, withdrawal, formats) if withdrawal else None


def of_output(session: ReadSession, actor: Actor, output: Output, case: rules.Case, formats: Formats) -> OfOutput:
    """Load what the page of an output shows the actor of its withdrawals."""
    if output.status not in (Status.RELEASED, Status.WITHDRAWN):
        return OfOutput(None, None, [], may_propose=False)
    every = [_build_proposal(session, output, each, formats) for each in queries.withdrawals(session, output)]
    decides = rules.SEE_WITHDRAWAL.who.against(actor, case) is None
    waiting = next((each for each in every if each.made.ended_how is None), None) if decides else None
    return OfOutput(
        confirmed=next((each for each in every if each.made.ended_how == End.CONFIRMED), None),
        waiting=waiting,
        earlier=[each for each in every if each.made.ended_how in (End.DECLINED, End.TAKEN_BACK)] if decides else [],
        may_propose=rules.PROPOSE_WITHDRAWAL.allows(actor, case),
        is_mine=waiting is not None and waiting.made.proposed_by == actor.person,
    )


def _build_proposal(session: ReadSession, output: Output, withdrawal: Withdrawal, formats: Formats) -> Proposal:
    zone = session.get_one(Meeting, output.meeting_id).zone

    def by(person: object, capacity: str) -> Mapping[str, object]:
        words = [formats.text(ROLES.get(each, each)) for each in capacity.split()]
        return {
            "name": session.get_one(Person, person).name,
            "capacities": format_list(words, locale=formats.locale),
        }

    proposed = say(
        "%(name)s (%(capacities)s), %(when)s",
        when=formats.when(withdrawal.proposed_at, zone),
        **by(withdrawal.proposed_by, withdrawal.capacity),
    )
    ended = None
    if withdrawal.ended_at and withdrawal.ended_how:
        when = formats.when(withdrawal.ended_at, zone)
        ended = say(
            "%(name)s (%(capacities)s), %(when)s", when=when, **by(withdrawal.ended_by, withdrawal.ended_capacity or "")
        )
    replacement = session.get_one(Output, withdrawal.replaced_by) if withdrawal.replaced_by else None
    return Proposal(
        withdrawal,
        proposed,
        ENDS[withdrawal.ended_how] if withdrawal.ended_how else ("warn", say("Waits for a second person")),
        ended,
        (replacement.symbol or "", f"/outputs/{replacement.id}") if replacement else None,
    )
