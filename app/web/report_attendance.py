"""Who took part in a meeting, as its report says it: a sentence for the beginning, and a list for the end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.asgi.formats import Formats
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.meetings.models import Meeting
from app.domain.member_states import is_known
from app.domain.participants import queries
from app.domain.participants.models import Mode, Participant
from app.web.participants import Line, groups


@dataclass(frozen=True, slots=True)
class Attendance:
    """Those who were noted as present; where nobody noted that, those who were registered."""

    actor: Actor
    meeting: Meeting
    people: Sequence[Participant]
    noted: bool

    def summary(self, formats: Formats) -> Text:
        """How many, and of how many States."""
        states = len({each.entity for each in self.people if is_known(each.entity)})
        remote = sum(each.mode == Mode.REMOTE for each in self.people)
        counts = {"states": states, "count": len(self.people), "remote": remote}
        written = {name: formats.number(count) for name, count in counts.items()}
        if self.noted:
            return say(
                "Represented were: Member States %(states)s, participants %(count)s, of them remotely %(remote)s.",
                **written,
            )
        return say(
            "Registered were: Member States %(states)s, participants %(count)s, of them remotely %(remote)s.", **written
        )

    def lines(self, language: str) -> Iterator[Text]:
        """A sentence for each delegation, in protocol order, its head first."""
        for group in groups(self.actor, self.meeting, self.people):
            people = "; ".join(_called(each, language) for each in group.lines)
            yield say("%(delegation)s: %(people)s", delegation=group.name, people=people)


def attendance(session: ReadSession, actor: Actor, meeting: Meeting) -> Attendance:
    """Who took part, as far as it is known."""
    registered = queries.listed(session, actor, meeting)
    noted = any(each.attended is not None for each in registered)
    return Attendance(actor, meeting, [each for each in registered if each.attended or not noted], noted)


def _called(line: Line, language: str) -> str:
    one = line.participant
    name = f"{one.name}, {one.function}" if one.function else one.name
    facts = [line.capacity, line.mode] if one.mode == Mode.REMOTE else [line.capacity]
    return f"{name} ({'; '.join(fact.into(language) for fact in facts)})"
