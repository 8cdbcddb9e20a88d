"""Attendance in the report of a meeting: a sentence for the opening, and a list for the annex."""

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
from app.web.participants_view import Line, groups


@dataclass(frozen=True, slots=True)
class Attendance:
    """The participants noted as present; where attendance was not noted, those registered."""

    actor: Actor
    meeting: Meeting
    people: Sequence[Participant]
    noted: bool

    def summary(self, formats: Formats) -> Text:
        """Return the sentence with the numbers of States and participants."""
        states = len({each.entity for each in self.people if is_known(each.entity)})
        remote = sum(each.mode == Mode.REMOTE for each in self.people)
        counts = {"states": states, "count": len(self.people), "remote": remote}
        formatted = {name: formats.number(count) for name, count in counts.items()}
        if self.noted:
            return say(
                "Represented were: Member States %(states)s, participants %(count)s, of them remotely %(remote)s.",
                **formatted,
            )
        return say(
            "Registered were: Member States %(states)s, participants %(count)s, of them remotely %(remote)s.",
            **formatted,
        )

    def lines(self, language: str) -> Iterator[Text]:
        """Yield one sentence for each delegation, in protocol order, its head first."""
        for group in groups(self.actor, self.meeting, self.people):
            people = "; ".join(_describe_participant(each, language) for each in group.lines)
            yield say("%(delegation)s: %(people)s", delegation=group.name, people=people)


def attendance(session: ReadSession, actor: Actor, meeting: Meeting) -> Attendance:
    """Load the attendance of a meeting."""
    registered = queries.listed(session, actor, meeting)
    noted = any(each.attended is not None for each in registered)
    return Attendance(actor, meeting, [each for each in registered if each.attended or not noted], noted)


def _describe_participant(line: Line, language: str) -> str:
    participant = line.participant
    name = f"{participant.name}, {participant.function}" if participant.function else participant.name
    facts = [line.capacity, line.mode] if participant.mode == Mode.REMOTE else [line.capacity]
    return f"{name} ({'; '.join(fact.into(language) for fact in facts)})"
