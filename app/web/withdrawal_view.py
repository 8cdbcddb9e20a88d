"""What the pages of an output show of its withdrawal: who proposed it and why, and what became of that."""

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
    """A proposal as pages show it. `instead` is what takes the place of the text: its symbol and its address."""

    made: Withdrawal
    proposed: Text
    tag: tuple[str, Text]
    ended: Text | None
    instead: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class OfOutput:
    """What the page of an output shows: the confirmed withdrawal, to everybody; to the chair and the secretariat the
    proposal that waits, and earlier ones."""

    confirmed: Proposal | None
    waiting: Proposal | None
    earlier: list[Proposal]
    may_propose: bool
    is_mine: bool = False
    """Whoever proposed it decides nothing, but may take it back."""


def proposal(session: ReadSession, output: Output, formats: Formats) -> Proposal | None:
    """The one that waits."""
    found = queries.withdrawal(session, output)
    return _shown(session, output, found, formats) if found else None


def of_output(session: ReadSession, actor: Actor, output: Output, case: rules.Case, formats: Formats) -> OfOutput:
    """Put together for that actor."""
    if output.status not in (Status.RELEASED, Status.WITHDRAWN):
        return OfOutput(None, None, [], may_propose=False)
    every = [_shown(session, output, each, formats) for each in queries.withdrawals(session, output)]
    decides = rules.SEE_WITHDRAWAL.who.against(actor, case) is None
    waiting = next((each for each in every if each.made.ended_how is None), None) if decides else None
    return OfOutput(
        confirmed=next((each for each in every if each.made.ended_how == End.CONFIRMED), None),
        waiting=waiting,
        earlier=[each for each in every if each.made.ended_how in (End.DECLINED, End.TAKEN_BACK)] if decides else [],
        may_propose=rules.PROPOSE_WITHDRAWAL.allows(actor, case),
        is_mine=waiting is not None and waiting.made.proposed_by == actor.person,
    )


def _shown(session: ReadSession, output: Output, made: Withdrawal, formats: Formats) -> Proposal:
    zone = session.get_one(Meeting, output.meeting_id).zone

    def by(person: object, capacity: str) -> Mapping[str, object]:
        words = [formats.text(ROLES.get(each, each)) for each in capacity.split()]
        return {
            "name": session.get_one(Person, person).name,
            "capacities": format_list(words, locale=formats.locale),
        }

    proposed = say(
        "%(name)s (%(capacities)s), %(when)s",
        when=formats.when(made.proposed_at, zone),
        **by(made.proposed_by, made.capacity),
    )
    ended = None
    if made.ended_at and made.ended_how:
        when = formats.when(made.ended_at, zone)
        ended = say("%(name)s (%(capacities)s), %(when)s", when=when, **by(made.ended_by, made.ended_capacity or ""))
    instead = session.get_one(Output, made.replaced_by) if made.replaced_by else None
    return Proposal(
        made,
        proposed,
        ENDS[made.ended_how] if made.ended_how else ("warn", say("Waits for a second person")),
        ended,
        (instead.symbol or "", f"/outputs/{instead.id}") if instead else None,
    )
