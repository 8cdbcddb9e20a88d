"""Attendance in the report of a meeting: a sentence for the opening, and a list for the annex."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.meetings.models import Meeting
from app.domain.member_states import is_known_state
from app.domain.participants import queries
from app.domain.participants.models import Participant, ParticipationMode
from app.http.localization import Localizer
from app.web.views.meetings.participants import ParticipantLine, group_by_delegation


@dataclass(frozen=True, slots=True)
class ReportAttendance:
    """The participants noted as present; where attendance was not noted, those registered."""

    actor: Actor
    meeting: Meeting
    people: Sequence[Participant]
    is_noted: bool

    def format_summary(self, formats: Localizer) -> LazyText:
        """Return the sentence with the numbers of States and participants."""
        states = len({each.entity for each in self.people if is_known_state(each.entity)})
        remote = sum(each.mode == ParticipationMode.REMOTE for each in self.people)
        counts = {"states": states, "count": len(self.people), "remote": remote}
        formatted = {name: formats.format_number(count) for name, count in counts.items()}
        if self.is_noted:
            return _(
                "Member States represented: %(states)s. Participants: %(count)s, of whom remote: %(remote)s.",
                **formatted,
            )
        return _(
            "Member States registered: %(states)s. Participants: %(count)s, of whom remote: %(remote)s.",
            **formatted,
        )

    def format_delegation_lines(self, language: str) -> Iterator[LazyText]:
        """Yield one sentence for each delegation, in protocol order, its head first."""
        for group in group_by_delegation(self.actor, self.meeting, self.people):
            people = "; ".join(_describe_participant(each, language) for each in group.lines)
            yield _("%(delegation)s: %(people)s", delegation=group.name, people=people)


def load_report_attendance(session: ReadSession, actor: Actor, meeting: Meeting) -> ReportAttendance:
    """Load the attendance of a meeting."""
    registered = queries.list_participants(session, actor, meeting)
    noted = any(each.attended is not None for each in registered)
    return ReportAttendance(actor, meeting, [each for each in registered if each.attended or not noted], noted)


def _describe_participant(line: ParticipantLine, language: str) -> str:
    participant = line.participant
    name = f"{participant.name}, {participant.function}" if participant.function else participant.name
    facts = [line.capacity, line.mode] if participant.mode == ParticipationMode.REMOTE else [line.capacity]
    return f"{name} ({'; '.join(fact.translate(language) for fact in facts)})"
