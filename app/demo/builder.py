"""Creates people, meetings, contributions and outputs of the demo's story through the actions of the domain."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import LocalizedText, WriteSession
from app.core.permissions import Actor
from app.core.storage import Store
from app.core.validation import ReasonInput
from app.demo.gathering import DELEGATION_MEMBERS, plan_agenda_items, prepare_meeting
from app.demo.papers import (
    ContributionOutcome,
    DemoContribution,
    DemoDecision,
    DemoOutput,
    DemoWithdrawal,
    PaperFiles,
)
from app.domain.agendas.actions import allocation, release
from app.domain.agendas.actions import editing as agendas
from app.domain.agendas.inputs import NewAgendaItem, NewAgendaRelease
from app.domain.agendas.queries import agenda_drafts, agenda_releases
from app.domain.bodies.models import Body
from app.domain.bodies.queries.seats import list_seats, set_row_security_of_actor
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.actions import registration
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution as Submitted
from app.domain.contributions.queries.submissions import load_submission
from app.domain.decisions.inputs import NewDecision
from app.domain.deliveries.actions import making as deliveries
from app.domain.deliveries.actions import receiving
from app.domain.deliveries.queries import list_deliveries
from app.domain.documents.models import Document
from app.domain.floor.actions import session as floor
from app.domain.identity.models.tables import Person
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import list_sessions
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.actions import release as releasing
from app.domain.outputs.actions import withdrawal as proposing
from app.domain.outputs.actions.approval_checks import record_approval_check
from app.domain.outputs.inputs import Adoption, NewReleasePlan, NewWithdrawal, OutputCover
from app.domain.outputs.models import ApprovalCheckOutcome, Output, OutputKind, ReleaseAddressee
from app.domain.outputs.queries import outputs as texts
from app.domain.outputs.queries.approvals import list_unchecked_approvals
from app.domain.participants.actions import registration as participants
from app.domain.participants.inputs import NewParticipant
from app.domain.releases.actions import release as releases
from app.domain.releases.actions import withdrawal
from app.domain.reports.actions import action_points
from app.domain.reports.actions import drafting as reports
from app.domain.reports.inputs import NewActionPoint, NewReportDraft
from app.domain.reports.models import SpeakerAttribution
from app.domain.silence.actions import draft_texts
from app.web.views.reports.generator import generate_report_paragraphs

TIME_ZONE = "Europe/Zurich"
MEETING_LENGTH = timedelta(days=2)
GRACE_PERIOD = timedelta(minutes=30)
DAYS_TO_WITHDRAWAL = 10  # after the release


@dataclass(frozen=True, slots=True)
class DemoStores:
    """The two stores of the demo's files: the portal's and the release store."""

    portal: Store
    release: Store


@contextmanager
def shift_clock_by_days(days: float, *, hours: float = 0) -> Iterator[None]:
    """Shift the clock to so many days and hours from now, for everything inside."""
    with clock.shifted_clock(timedelta(days=days, hours=hours)):
        yield


@dataclass(slots=True)
class StoryBuilder:
    """Creates people, meetings, contributions and outputs, and remembers them by their keys."""

    session: WriteSession
    stores: DemoStores
    issuer: str
    place: LocalizedText
    files: PaperFiles
    people: dict[str, UUID] = field(default_factory=dict)
    documents: dict[str, UUID] = field(default_factory=dict)
    decisions: dict[str, UUID] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)

    @contextmanager
    def act_as(self, key: str) -> Iterator[Actor]:
        """Act as a person, with the seats that they hold at that time and the row security of their entity."""
        self.session.flush()
        person = self.session.get_one(Person, self.people[key])
        seats = list_seats(self.session, person.id, person.membership, person.entity, clock.now().date())
        actor = Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)
        set_row_security_of_actor(self.session, actor)
        yield actor
        self.session.flush()

    def convene_meeting(
        self, code: str, number: int, called: int, opens: int, agenda: Sequence[LocalizedText]
    ) -> Meeting:
        """Convene a meeting and release its agenda, in all languages."""
        opens_on = clock.now().date() + timedelta(days=opens)
        body = self.session.scalars(select(Body).where(Body.code == code)).one()

        def call(place_name: str) -> NewMeeting:
            return NewMeeting(
                number=number, place=place_name, zone=TIME_ZONE, opens_on=opens_on, closes_on=opens_on + MEETING_LENGTH
            )

        with shift_clock_by_days(called), self.act_as("ines") as secretary:
            meeting = meetings.convene_meeting(self.session, secretary, body, call(self.place["en"]), "en")
            for language, place_name in self.place.items():
                meetings.change_meeting(
                    self.session, secretary, meeting, call(place_name), language, version=meeting.version
                )
            for titles in agenda:
                self.add_item(secretary, meeting, titles)
            prepare_meeting(self.session, secretary, meeting)
            plan_agenda_items(self.session, secretary, meeting)
            self._release(secretary, meeting)
        return meeting

    def register_participants(self, meeting: Meeting) -> None:
        """Register the participants of the delegations."""
        for key, entity, name, capacity, mode in DELEGATION_MEMBERS:
            with shift_clock_by_days(-1, hours=6), self.act_as(key) as actor:
                new = NewParticipant(name=name, capacity=capacity, mode=mode)
                participants.register_participant(self.session, actor, meeting, entity, new)

    def _release(self, secretary: Actor, meeting: Meeting) -> None:
        release.release_agenda(self.session, secretary, meeting, NewAgendaRelease(), version=meeting.agenda_version)

    def add_item(self, secretary: Actor, meeting: Meeting, titles: LocalizedText) -> None:
        first, *others = titles
        new = NewAgendaItem(title=titles[first])
        item = agendas.add_agenda_item(self.session, secretary, meeting, new, first, version=meeting.agenda_version)
        for language in others:
            new, version = NewAgendaItem(title=titles[language]), meeting.agenda_version
            agendas.change_agenda_item(self.session, secretary, meeting, item, new, language, version=version)

    def convene_study_group(self, code: str, called: int, opens: int) -> None:
        """Convene a first meeting of a study group, which is open for contributions, by its own secretary."""
        opens_on = clock.now().date() + timedelta(days=opens)
        body = self.session.scalars(select(Body).where(Body.code == code)).one()
        new = NewMeeting(
            number=1, place=self.place["en"], zone=TIME_ZONE, opens_on=opens_on, closes_on=opens_on + MEETING_LENGTH
        )
        with shift_clock_by_days(called), self.act_as("daniel") as secretary:
            meetings.convene_meeting(self.session, secretary, body, new, "en")

    def submit_contributions(self, meeting: Meeting, papers: Sequence[DemoContribution]) -> None:
        """Submit contributions one after the other, take each up to its outcome, and release the agenda again."""
        for paper in sorted(papers, key=lambda paper: -paper.days):
            self._take_to_outcome(meeting, paper)
        with shift_clock_by_days(-min(paper.days for paper in papers), hours=5), self.act_as("ines") as secretary:
            self._release(secretary, meeting)

    def _take_to_outcome(self, meeting: Meeting, paper: DemoContribution) -> None:
        """Draft a contribution so many days ago, and take it up to its outcome in the hours after that."""
        with shift_clock_by_days(-paper.days):
            contribution = self.draft_contribution(meeting, paper)
        if paper.fate is not ContributionOutcome.DRAFT:
            with shift_clock_by_days(-paper.days, hours=1):
                self.submit_draft(contribution, paper)
        if paper.fate in {ContributionOutcome.RETURNED, ContributionOutcome.REGISTERED}:
            with shift_clock_by_days(-paper.days, hours=4), self.act_as("ines") as secretary:
                self._handle_submission(secretary, meeting, contribution, paper)

    def draft_contribution(self, meeting: Meeting, paper: DemoContribution) -> Submitted:
        """Draft a contribution with its files."""
        item = agenda_releases.list_current_released_items(self.session, meeting)[paper.item - 1]
        cover = ContributionCover(
            title=paper.texts[paper.original].title,
            original=paper.original,
            purpose=paper.purpose,
            abstract=paper.abstract,
            item=item.item_id,
            topics=paper.topics,
            mandates=paper.mandates,
            action_lines=paper.action_lines,
        )
        with self.act_as(paper.by) as delegate:
            contribution = contributions.create_draft_contribution(self.session, delegate, meeting, cover, key=uuid4())
            for language in paper.texts:
                file = self.files[paper.key, language]
                contributions.put_contribution_file(self.session, delegate, contribution, file, began_at=clock.now())
        return contribution

    def submit_draft(self, contribution: Submitted, paper: DemoContribution) -> None:
        """Submit a draft as its author, even if it is late."""
        with self.act_as(paper.by) as delegate:
            submission = load_submission(self.session, contribution)
            contributions.submit_contribution(
                self.session,
                delegate,
                submission,
                version=contribution.version,
                grace=GRACE_PERIOD,
                accepts_lateness=True,
            )

    def _handle_submission(
        self, secretary: Actor, meeting: Meeting, contribution: Submitted, paper: DemoContribution
    ) -> None:
        if paper.fate is ContributionOutcome.RETURNED:
            registration.return_contribution(
                self.session, secretary, contribution, ReasonInput(reason=paper.because), version=contribution.version
            )
            return
        document = registration.register_contribution(
            self.session, secretary, contribution, version=contribution.version
        )
        self.documents[paper.key] = document.id
        self._put_on_agenda(secretary, meeting, document, paper.item)

    def _put_on_agenda(self, secretary: Actor, meeting: Meeting, document: Document, position: int) -> None:
        item = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(self.session, meeting))[position - 1][0]
        allocation.allocate_document(self.session, secretary, meeting, document, item, version=meeting.agenda_version)

    def hold_meeting(
        self, meeting: Meeting, results: Sequence[DemoOutput], decisions: Sequence[DemoDecision], opened: int
    ) -> None:
        """Hold a meeting of three days: decide in a session, draft the outputs, adopt them, and close the meeting."""
        with shift_clock_by_days(opened), self.act_as("laurent") as chair:
            draft_texts.change_meeting_life_voiding_procedures(
                self.session, chair, meeting, "begin", version=meeting.version
            )
        with shift_clock_by_days(opened, hours=12), self.act_as("laurent") as chair:
            self._decide(chair, meeting, decisions)
        with shift_clock_by_days(opened + 1):
            drafted = [self.draft_output(meeting, result) for result in results]
        with shift_clock_by_days(opened + 2), self.act_as("laurent") as chair:
            for output in drafted:
                adoption = Adoption(adopted_on=meeting.closes_on, without_pdf=True, text=self.digest(output))
                draft_texts.adopt_draft(self.session, chair, output, adoption)
            draft_texts.change_meeting_life_voiding_procedures(
                self.session, chair, meeting, "close", version=meeting.version
            )

    def _decide(self, chair: Actor, meeting: Meeting, decisions: Sequence[DemoDecision]) -> None:
        """Record the decisions of the first session, each with what has to be done after it."""
        ordered = agenda_releases.list_current_released_items(self.session, meeting)
        sitting = floor.open_meeting_session(self.session, chair, meeting, list_sessions(self.session, meeting)[0])
        for each in decisions:
            floor.go_to_item(self.session, chair, meeting, ordered[each.item - 1].item_id, version=sitting.version)
            named = frozenset(self.documents[key] for key in each.documents)
            new_decision = NewDecision(text=each.text, lang="en", documents=named)
            decision = floor.record_decision(self.session, chair, meeting, new_decision, version=sitting.version)
            self.decisions[each.key] = decision.id
            for task in each.actions:
                due_on = clock.now().date() + timedelta(days=task.days)
                new = NewActionPoint(text=task.text, lang="en", owner=task.owner, due_on=due_on)
                action_points.add_action_point(self.session, chair, meeting, decision, new)
        floor.close_meeting_session(self.session, chair, meeting, version=sitting.version)

    def circulate_report(self, meeting: Meeting, days: float) -> None:
        """Generate the report of a meeting that was held, and circulate it to the delegations so many days from now."""
        with shift_clock_by_days(days), self.act_as("laurent") as chair:
            options = NewReportDraft(attribution=SpeakerAttribution.NAMED, lang="en")
            paragraphs = generate_report_paragraphs(self.session, chair, meeting, options)
            report = reports.save_report_draft(self.session, chair, meeting, options, paragraphs)
            reports.circulate_report(self.session, chair, meeting, revision=report.revision)

    def release_outputs(self, results: Sequence[DemoOutput], released: int) -> None:
        """Have two others approve the adopted outputs, release them, and withdraw some later."""
        drafted = [self.outputs[result.key] for result in results]
        chosen = {self.outputs[result.key].id: frozenset(result.addressees) for result in results}
        for days, key in ((-10, "layla"), (-9, "daniel")):
            with shift_clock_by_days(released + days), self.act_as(key) as approver:
                for output in drafted:
                    outputs.approve_release(self.session, approver, output, digest=self.digest(output), proof=None)
        with shift_clock_by_days(released), self.act_as("ines") as secretary:
            for output in drafted:
                for given in list_unchecked_approvals(self.session, output.id):
                    record_approval_check(self.session, given, ApprovalCheckOutcome.BEFORE)
                addressees = chosen[output.id] | frozenset({ReleaseAddressee.PUBLIC} if output.for_public else ())
                releasing.schedule_release(self.session, secretary, output, NewReleasePlan(addressees=addressees))
                releases.release_output(self.session, self.stores.portal, self.stores.release, output.id)
                deliveries.create_deliveries(self.session, output.id)
        for result in results:
            if result.gone:
                self._withdraw(self.outputs[result.key], result.gone, released + DAYS_TO_WITHDRAWAL)

    def draft_output(self, meeting: Meeting, result: DemoOutput) -> Output:
        """Draft an output as the secretariat."""
        titles = result.titles | {language: text.title for language, text in result.texts.items()}
        sources = frozenset(self.documents[key] for key in result.sources)
        decisions = frozenset(self.decisions[key] for key in result.decisions)
        cover = OutputCover(
            kind=result.kind,
            original=result.original,
            titles=titles,
            sources=sources,
            decisions=decisions,
            for_public=result.for_public,
            mandates=tuple(result.mandates),
            action_lines=tuple(result.action_lines),
        )
        with self.act_as("daniel") as secretary:
            output = self.outputs[result.key] = outputs.create_draft_output(self.session, secretary, meeting, cover)
            for language in result.texts:
                draft_texts.put_draft_file(self.session, secretary, output, self.files[result.key, language])
        return output

    def _withdraw(self, output: Output, gone: DemoWithdrawal, day: int) -> None:
        """Withdraw an output: one person proposes it, another confirms."""
        replacement_id = self.outputs[gone.replaced_by].id
        with shift_clock_by_days(day), self.act_as("ines") as secretary:
            new = NewWithdrawal(reason=gone.because, lang="en", replaced_by=replacement_id)
            proposal_id = proposing.propose_withdrawal(self.session, secretary, output, new).id
        with shift_clock_by_days(day, hours=3), self.act_as("layla") as vice_chair:
            proposing.confirm_withdrawal(self.session, vice_chair, output, expected_withdrawal_id=proposal_id)
            journal.write_recorded_events(self.session)
            withdrawal.withdraw_output(self.session, output.id)
        withdrawal.remove_files_of_withdrawn_output(self.session, self.stores.release, output.id)

    def forward_reports(self, results: Sequence[DemoOutput], meeting: Meeting, called: int) -> None:
        """Have the parent group receive the reports that were released to it, for its meeting."""
        with shift_clock_by_days(called, hours=1), self.act_as("ines") as secretary:
            for result in results:
                if result.kind is OutputKind.PARENT_REPORT:
                    output = self.outputs[result.key]
                    (delivery,) = list_deliveries(self.session, output)
                    deliveries.send_delivery(self.session, delivery.id)
                    receiving.receive_delivery(self.session, secretary, delivery, meeting.id)

    def digest(self, output: Output) -> str:
        """Compute the digest of the text of an output, as it is now."""
        return texts.compute_text_digest(self.session, output)
