"""The participants of a meeting in protocol order, by delegation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.asgi.actors import EntityName
from app.asgi.words import MODES, PARTS
from app.core.access import Actor
from app.core.i18n import Text, say
from app.domain.meetings.models import Meeting
from app.domain.participants import rules
from app.domain.participants.actions import ITU
from app.domain.participants.models import Participant

SECRETARIAT_WORDS, OBSERVERS_WORDS = say("Secretariat of ITU"), say("Observers")


@dataclass(frozen=True, slots=True)
class Line:
    """One participant in a list."""

    participant: Participant
    capacity: Text
    mode: Text
    may_change: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The participants of one delegation, of one observer organization, or of the secretariat."""

    name: Text
    lines: list[Line]


def groups(actor: Actor, meeting: Meeting, participants: Sequence[Participant]) -> list[Group]:
    """Group participants by delegation, in protocol order."""
    return [
        Group(_group_name(*key), [_line(actor, meeting, each) for each in those])
        for key, those in groupby(participants, key=lambda each: (each.entity, each.entity_name))
    ]


def _group_name(entity: str, entity_name: str) -> Text:
    return SECRETARIAT_WORDS if entity == ITU else EntityName(entity or entity_name, {"otherwise": entity_name})


def _line(actor: Actor, meeting: Meeting, each: Participant) -> Line:
    may_change = rules.REGISTER.allows(actor, rules.delegation(meeting, each.entity))
    return Line(each, PARTS[each.capacity], MODES[each.mode], may_change)
