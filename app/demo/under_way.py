"""What is under way in the demo: each of the cast finds something on their desk."""

from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from app.core import clock
from app.demo.builder import StoryBuilder, shift_clock_by_days
from app.demo.papers import PapersUnderWay
from app.domain.agendas.actions import editing as agendas
from app.domain.agendas.inputs import ItemSchedule
from app.domain.agendas.queries import agenda_drafts
from app.domain.bodies.models import Body
from app.domain.bodies.rules import get_position_audience
from app.domain.circulations.actions import circulation, comments
from app.domain.circulations.inputs import NewCirculation, NewComment
from app.domain.contributions.actions import cosponsors
from app.domain.contributions.inputs import CosponsorInvitation
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output
from app.domain.silence.actions import procedure as silence
from app.domain.silence.inputs import NewSilencePosition, NewSilenceProcedure
from app.domain.silence.models import OpeningChoice, SilencePositionKind, SilenceProcedure
from app.domain.silence.queries.addressees import (
    list_addressed_member_states,
    list_states_to_inform,
    list_unreached_states,
)
from app.domain.silence.rules import compute_digest_of_states

SILENCE_LENGTH, COMMENTS_WANTED_IN, SILENCE_ENDS_AT = timedelta(days=6), timedelta(days=9), time(12, 0)
LONG_ITEM, LONG_ITEM_MINUTES = 5, 150  # with the next item, more than their session has room for


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Begins, in the last day, what is under way. Each step is later than the one before."""

    builder: StoryBuilder
    papers: PapersUnderWay

    def begin(self, present: Meeting, at_parent: Meeting) -> None:
        """Begin everything: at the coming meeting, and at that of the parent group."""
        self._circulate(present)
        self._open_silence(present)
        self._ask_for_cosponsor(present)
        self._plan_too_long(present)
        self._submit_late(at_parent)

    def _circulate(self, meeting: Meeting) -> None:
        """Circulate a draft to the delegations, and comment on it."""
        session = self.builder.session
        with shift_clock_by_days(-1, hours=7):
            output = self.builder.draft_output(meeting, self.papers.circulated)
        with shift_clock_by_days(-1, hours=8), self.builder.act_as("laurent") as chair:
            comments_by = (clock.now() + COMMENTS_WANTED_IN).date()
            new = NewCirculation(note=self.papers.note, comments_by=comments_by, text=self.builder.digest(output))
            version = circulation.circulate_draft(session, chair, output, new)
        for number, comment in enumerate(self.papers.comments):
            with shift_clock_by_days(-1, hours=9 + number), self.builder.act_as(comment.by) as delegate:
                said = NewComment(language="en", paragraph=0, kind="remark", text=comment.text, lang="en")
                comments.add_comment(session, delegate, version, said)

    def _open_silence(self, meeting: Meeting) -> None:
        """Put a text before the States, and let the first of them answer."""
        with shift_clock_by_days(-1, hours=12):
            output = self.builder.draft_output(meeting, self.papers.silence)
        with shift_clock_by_days(-1, hours=13):
            procedure = self._open_procedure(meeting, output)
        with shift_clock_by_days(-1, hours=14), self.builder.act_as("haruka") as delegate:
            supports = NewSilencePosition(stance=SilencePositionKind.SUPPORTS_TEXT, lang="en")
            silence.take_position(self.builder.session, delegate, procedure, supports, version=0)

    def _open_procedure(self, meeting: Meeting, output: Output) -> SilenceProcedure:
        """Start the procedure although most States of the demo have no accredited delegate."""
        session = self.builder.session
        with self.builder.act_as("laurent") as chair:
            until = (clock.now() + SILENCE_LENGTH).astimezone(ZoneInfo(meeting.zone))
            states = list_addressed_member_states(session, output.body_id)
            informed = list_states_to_inform(session, output, clock.now())
            new = NewSilenceProcedure(
                on=until.date(),
                at=SILENCE_ENDS_AT,
                text=self.builder.digest(output),
                unreached=compute_digest_of_states(list_unreached_states(states, informed)),
                positions_shown_to=get_position_audience(session.get_one(Body, output.body_id).positions_shown_to),
                choice=OpeningChoice.OPEN_ANYWAY,
                opening_reason=self.papers.opening_reason,
            )
            return silence.open_procedure(session, chair, output, new)

    def _ask_for_cosponsor(self, meeting: Meeting) -> None:
        """Draft a contribution, and invite other States to be its co-sponsors."""
        paper = self.papers.asked
        with shift_clock_by_days(-1, hours=15):
            contribution = self.builder.draft_contribution(meeting, paper)
        with shift_clock_by_days(-1, hours=16), self.builder.act_as(paper.by) as delegate:
            for state in paper.asks:
                invitation = CosponsorInvitation(entity=state)
                cosponsors.invite_cosponsor(self.builder.session, delegate, contribution, invitation)

    def _plan_too_long(self, meeting: Meeting) -> None:
        """Plan more minutes for an item than its session has: a change of the agenda that is not published yet."""
        session = self.builder.session
        with shift_clock_by_days(-1, hours=17), self.builder.act_as("ines") as secretary:
            item = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting))[LONG_ITEM - 1][0]
            schedules = {item.id: ItemSchedule(session=item.session_id, minutes=LONG_ITEM_MINUTES)}
            agendas.schedule_agenda_items(session, secretary, meeting, schedules, version=meeting.agenda_version)

    def _submit_late(self, meeting: Meeting) -> None:
        """Submit a contribution after the deadline of the meeting."""
        with shift_clock_by_days(-1, hours=18):
            contribution = self.builder.draft_contribution(meeting, self.papers.late)
        with shift_clock_by_days(-1, hours=19):
            self.builder.submit_draft(contribution, self.papers.late)
