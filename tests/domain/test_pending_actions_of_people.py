"""Each kind of pending action on a real database: brought about, on the desks of those it concerns and of no one else,
in their digests, announced by an e-mail when it begins, and gone once it is settled."""

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest
from app.core.i18n import LANGUAGES, negotiate_language
from app.core.journal import JournalLine
from app.core.pending_actions import PendingActionKind, PendingActionSource, Urgency
from app.core.storage import Store, open_store
from app.core.validation import ReasonInput
from app.domain.agendas.actions import item_proposals
from app.domain.agendas.actions import release as agenda_releases
from app.domain.agendas.inputs import ItemProposalAnswer
from app.domain.agendas.models import ItemProposal
from app.domain.agendas.pending import build_proposal_actions
from app.domain.agendas.queries.proposed_items import select_unanswered_item_proposals
from app.domain.bodies.actions import seats
from app.domain.bodies.actions.accreditation_requests import decline_accreditation_request, request_accreditation
from app.domain.bodies.inputs import NewAppointment
from app.domain.bodies.models import Accreditation, Appointment, Body
from app.domain.bodies.pending import ACCREDIT_OR_DECLINE
from app.domain.bodies.queries.accreditation_requests import get_request_to_answer
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import (
    confirmations,
    cosponsors,
    drafting,
    late_submissions,
    refusals,
    registration,
)
from app.domain.contributions.inputs import ContributionCover, CosponsorInvitation, FollowUpTarget
from app.domain.contributions.models import Contribution
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import ActionPoint
from app.domain.documents.actions import changes
from app.domain.documents.inputs import DocumentTitles
from app.domain.documents.models import Document, EditionStep
from app.domain.floor import queries as floors
from app.domain.floor.actions import session as floor
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import get_today_at_meeting
from app.domain.monitoring.models import Measurement
from app.domain.monitoring.pending import AlarmConfiguration, list_alarm_actions
from app.domain.notifications.actions.creation import create_notifications
from app.domain.notifications.models import EmailNotification, NotificationDigest
from app.domain.notifications.queries.notifications import prepare_notifications
from app.domain.notifications.rules.catalogue import list_notification_types
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.actions import withdrawal
from app.domain.outputs.inputs import NewReleasePlan, OutputCover
from app.domain.outputs.models import Output
from app.domain.participants.actions import attendance
from app.domain.pending_actions import KINDS, SOURCES, list_pending_actions, list_pending_actions_of_person
from app.domain.reports.actions import action_points, corrections
from app.domain.reports.actions import comments as report_comments
from app.domain.reports.actions import drafting as reports
from app.domain.reports.inputs import (
    ActionPointUpdate,
    CorrectionsDeadline,
    NewActionPoint,
    NewReportCommentAnswer,
    NewReportDraft,
    ParagraphChange,
)
from app.domain.reports.models import ReportCorrection, ReportStage, SpeakerAttribution
from app.domain.reports.pending import UPDATE_ACTION
from app.domain.reports.rules.paragraphs import ParagraphKind, create_paragraph
from app.domain.silence.actions import draft_texts
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.queries.procedures import get_procedure_rule_subject
from app.domain.silence.rules import SilenceRuleSubject
from app.http.localization import Localizer
from app.http.mail.rendering import MailContext, render_digest
from app.http.pending_lines import list_pending_lines
from app.settings import Settings
from tests.document_history import add_translation
from tests.domain import test_body_proposals as body_proposals
from tests.domain import test_duty_publications as duty_publications
from tests.domain import test_liaisons as liaisons
from tests.domain import test_line_focal_points as line_focal_points
from tests.domain import test_organization_inboxes as organization_inboxes
from tests.domain import test_reporting_duties as reporting
from tests.domain.test_notification_types import IN_THE_DIGEST_ALONE
from tests.world import GRACE, PLAYERS, World, record_rows

TO_A_REGISTRY = ({"words": "A registry", "wants": "action"},)
PEOPLE = ("amina", "joseph", "rafael", "haruka", "laurent", "layla", "ines", "daniel", "wambui", "chen", "olga")
BECAUSE = ReasonInput(reason="It is not ready.")
Story = Generator[None, None, None]


@dataclass
class Scene:
    """The world of a story, with the store of releases and the settings of alarms and e-mail."""

    world: World
    releases: Store
    alarms: AlarmConfiguration
    mail: MailContext

    def contribution(self, key: UUID, by: str, act: Callable[..., object], *more: object) -> None:
        """Act on a contribution in the version that it has now."""
        with self.world.acting(by) as (session, actor):
            row = session.get_one(Contribution, key)
            act(session, actor, row, *more, version=row.version)

    def delete_draft(self, key: UUID, by: str = "amina") -> None:
        with self.world.acting(by) as (session, actor):
            drafting.delete_draft_contribution(session, actor, session.get_one(Contribution, key))

    def find_owners(self, kind: str) -> str:
        """The people for whom the sources of a kind find something of it."""
        finding = [source for source in SOURCES if kind in {each.name for each in source.kinds}]
        return " ".join(who for who in PEOPLE if kind in self._read(who, finding))

    def _read(self, who: str, sources: Sequence[PendingActionSource]) -> set[str]:
        with self.world.acting(who) as (session, actor):
            actions = list(list_alarm_actions(session, actor, self.alarms))
            for source in sources:
                if source.is_for(actor):
                    rows = session.execute(source.select_rows(actor).limit(9)).all()
                    actions += source.build_actions(session, actor, rows)
            return {action.kind.name for action in actions}

    def find_kinds(self, who: str) -> set[str]:
        """The kinds of which something is on the desk of somebody."""
        with self.world.acting(who) as (session, actor):
            return {action.kind.name for action in list_pending_actions(session, actor, self.alarms).actions}

    def is_in_digest(self, who: str, kind: PendingActionKind) -> bool:
        """Whether a digest to somebody, sent now, has what is pending of a kind."""
        with transaction(self.world.work) as session:
            person = session.get_one(Person, self.world.person(who).id)
            pending = list_pending_actions_of_person(session, person, self.alarms)
            recipient = Address(username=who, domain="example.org")
            sent = render_digest(NotificationDigest(id=uuid4()), [], pending, person, recipient, self.mail)
            language = negotiate_language([person.locale])
        text = message_from_bytes(sent, policy=policy.default).get_content().splitlines()
        lines = [line for line in list_pending_lines(pending, Localizer(language)) if line.key.startswith(kind.name)]
        named = "\n".join(each for each in text if not each.startswith("http"))
        return bool(lines) and all(line.heading in named and self.mail.portal_url + line.path in text for line in lines)

    def notify_people(self, kind: PendingActionKind) -> set[str]:
        """Create the notifications about the events that begin a kind; return who began it, and is not notified."""
        with transaction(self.world.work) as session:
            lines = session.scalars(select(JournalLine).where(JournalLine.event.in_(kind.begun_by))).all()
            for line in lines:
                create_notifications(session, line.seq, self.mail.digests)
            began = {
                line.person
                for line in lines
                for each in list_notification_types(line)
                if kind in each.announces and each.skips_actor
            }
            return {who for who in PEOPLE if self.world.person(who).id in began}

    def find_notified(self, kind: PendingActionKind) -> set[str]:
        """The people to whom an e-mail about a kind is sent, if it is sent now."""
        notified = set()
        with transaction(self.world.work) as session:
            written: dict[UUID, list[EmailNotification]] = {}
            for notification in session.scalars(select(EmailNotification)):
                written.setdefault(notification.person_id, []).append(notification)
            for key, notifications in written.items():
                prepared = prepare_notifications(session, session.get_one(Person, key), notifications)
                if any(kind in each.notification_type.announces for each in prepared):
                    notified.add(key)
        return {who for who in PEOPLE if self.world.person(who).id in notified}


STORIES: dict[str, tuple[str, Callable[[Scene], Story]]] = {}
"""By the name of the kind: on whose desks it is, in the order of `PEOPLE`, and how it comes about and ends."""


def story(kind: str, owners: str) -> Callable[[Callable[[Scene], Story]], Callable[[Scene], Story]]:
    def add(tell: Callable[[Scene], Story]) -> Callable[[Scene], Story]:
        STORIES[kind] = owners, tell
        return tell

    return add


def find_kind(name: str) -> PendingActionKind:
    return next(kind for kind in KINDS if kind.name == name)


@story("office:confirm", "daniel")
def propose_an_office(scene: Scene) -> Story:
    with scene.world.acting("ines") as (session, actor):
        body = session.get_one(Body, scene.world.body().id)
        person = session.get_one(Person, scene.world.person("olga").id)
        new = NewAppointment(person=person.id, office="tsb", from_on=date(2026, 1, 1), until_on=date(2039, 1, 1))
        proposed = seats.propose_office(session, actor, body, person, new)
    yield
    with scene.world.acting("daniel") as (session, actor):
        seats.confirm_office(session, actor, session.get_one(Appointment, proposed.id))


def end_soon(scene: Scene, seat: type[Accreditation] | type[Appointment], who: str, days: int = 10) -> None:
    """Let the seats of somebody end in so many days."""
    with transaction(scene.world.write) as session:
        record_rows(session)
        until = clock.now().date() + timedelta(days=days)
        session.execute(update(seat).where(seat.person_id == scene.world.person(who).id).values(until_on=until))


@story("accreditation:ends", "ines daniel")
def let_the_accreditation_of_a_head_end_soon(scene: Scene) -> Story:
    end_soon(scene, Accreditation, "amina")
    scene.world.seat("amina", "delegate")  # until later, in another capacity
    yield
    end_soon(scene, Accreditation, "amina", days=400)


def test_the_end_of_the_seat_of_a_delegate_concerns_the_focal_point_of_that_state(scene: Scene) -> None:
    end_soon(scene, Accreditation, "rafael")
    assert scene.find_owners("accreditation:ends") == ""

    scene.world.seat("wambui", "delegate")
    end_soon(scene, Accreditation, "wambui")
    assert scene.find_owners("accreditation:ends") == "joseph"

    scene.world.seat("wambui", "delegate")  # until later
    assert scene.find_owners("accreditation:ends") == ""


@story("office:ends", "ines daniel")
def let_an_office_end_soon(scene: Scene) -> Story:
    end_soon(scene, Appointment, "layla")
    yield
    end_soon(scene, Appointment, "layla", days=400)


@story("meeting:convene", "ines daniel")
def save_a_meeting_as_a_draft(scene: Scene) -> Story:
    planned = scene.world.planned()
    yield
    scene.world.moved(planned, "convene")


@story("meeting:open", "ines daniel")
def convene_a_meeting(scene: Scene) -> Story:
    meeting = scene.world.moved(scene.world.planned(), "convene")
    yield
    scene.world.moved(meeting, "open")


@story("meeting:schedule-sessions", "laurent layla ines daniel")
def convene_a_meeting_without_sessions(scene: Scene) -> Story:
    meeting = scene.world.meeting()
    yield
    scene.world.session_of(meeting)


@story("meeting:begin", "laurent layla ines daniel")
def let_the_first_day_come(scene: Scene) -> Story:
    meeting = scene.world.meeting(opens_in=0)
    yield
    scene.world.moved(meeting, "begin")


@story("meeting:close", "laurent layla ines daniel")
def let_the_last_day_come(scene: Scene) -> Story:
    meeting = scene.world.moved(scene.world.meeting(opens_in=-2), "begin")
    yield
    scene.world.moved(meeting, "close")


@story("document:translate", "ines daniel")
def want_another_language(scene: Scene) -> Story:
    _made, document = scene.world.registered(scene.world.meeting())
    scene.world.works_in("en", "fr")
    yield
    add_translation(scene.world, document, "fr", by="ines")


@story("document:titles", "ines daniel")
def register_with_the_original_title_alone(scene: Scene) -> Story:
    _made, document = scene.world.registered(scene.world.meeting())
    yield
    with scene.world.acting("ines") as (session, actor):
        row = session.get_one(Document, document.id)
        titles = DocumentTitles(**{f"title_{code}": "A title" for code in LANGUAGES if code not in row.titles})
        changes.supply_titles(session, actor, row, titles, version=row.version)


@story("participant:register-delegation", "amina joseph")
def convene_a_meeting_with_a_closed_list(scene: Scene) -> Story:
    meeting = scene.world.meeting()
    yield
    scene.world.participant(meeting)


@story("participant:delegations-missing", "ines daniel")
def let_registration_close(scene: Scene) -> Story:
    scene.world.meeting(number=23, opens_in=40)  # registration is open
    assert scene.find_owners("participant:delegations-missing") == ""
    meeting = scene.world.meeting(opens_in=3)
    yield
    for entity in ("KEN", "BRA", "JPN"):
        scene.world.participant(meeting, entity=entity, by="ines")


@story("participant:note-attendance", "ines daniel")
def begin_a_meeting_with_a_participant(scene: Scene) -> Story:
    meeting = scene.world.meeting(opens_in=20)
    came = scene.world.participant(meeting)
    scene.world.moved(meeting, "begin")
    yield
    with scene.world.acting("ines") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        attendance.note_attendance(session, actor, row, {came.id}, listed={came.id}, previously_present=set())


@story("agenda:allocate", "laurent layla ines daniel")
def register_a_document(scene: Scene) -> Story:
    meeting = scene.world.meeting()
    _made, document = scene.world.registered(meeting)
    assert scene.find_owners("agenda:allocate") == ""
    item = scene.world.item(meeting)
    yield
    scene.world.allocated(meeting, document, item)


@story("agenda:release", "laurent layla ines daniel")
def change_the_draft_of_an_agenda(scene: Scene) -> Story:
    meeting = scene.world.meeting()
    scene.world.item(meeting)
    yield
    scene.world.agenda_released(meeting)


@story("agenda:adopt", "laurent layla ines daniel")
def begin_a_meeting_with_a_released_agenda(scene: Scene) -> Story:
    scene.world.moved(scene.world.meeting(number=23, opens_in=0), "begin")  # without an agenda
    assert scene.find_owners("agenda:adopt") == ""
    meeting = scene.world.meeting(opens_in=0)
    scene.world.item(meeting)
    scene.world.agenda_released(meeting)
    scene.world.moved(meeting, "begin")
    yield
    with scene.world.acting("laurent") as (session, actor):
        agenda_releases.adopt_agenda(session, actor, session.get_one(Meeting, meeting.id), number=1)


def propose_item(scene: Scene) -> tuple[UUID, UUID]:
    meeting = scene.world.meeting(opens_in=40)
    return meeting.id, scene.world.proposed(meeting).id


def accept_proposal(scene: Scene, meeting: UUID, proposal: UUID) -> None:
    with scene.world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting)
        wish = session.get_one(ItemProposal, proposal)
        item_proposals.accept_item_proposal(session, actor, row, wish, version=row.agenda_version)


@story("agenda:answer-proposal", "laurent layla ines daniel")
def propose_an_item(scene: Scene) -> Story:
    keys = propose_item(scene)
    yield
    accept_proposal(scene, *keys)


def test_a_proposal_for_a_meeting_that_is_over_takes_no_place_in_the_list(scene: Scene) -> None:
    over, _unanswered = propose_item(scene)
    waiting = scene.world.proposed(scene.world.meeting(number=23, opens_in=40))
    with transaction(scene.world.write) as session:
        session.get_one(Meeting, over).life = "cancelled"
        record_rows(session)

    with scene.world.acting("laurent") as (session, actor):
        rows = session.execute(select_unanswered_item_proposals(actor).limit(1)).all()
        assert [action.subject for action in build_proposal_actions(session, actor, rows)] == [waiting.id]


@story("agenda:proposal-added", "amina")
def add_a_proposed_item(scene: Scene) -> Story:
    accept_proposal(scene, *propose_item(scene))
    yield
    with clock.shifted_clock(timedelta(days=15)):
        yield


@story("agenda:proposal-answered", "amina")
def answer_a_proposal(scene: Scene) -> Story:
    meeting, proposal = propose_item(scene)
    with scene.world.acting("laurent") as (session, actor):
        row, wish = session.get_one(Meeting, meeting), session.get_one(ItemProposal, proposal)
        item_proposals.answer_item_proposal(session, actor, row, wish, ItemProposalAnswer(answer="It is not urgent."))
    yield
    with clock.shifted_clock(timedelta(days=15)):
        yield


@story("floor:open", "laurent layla ines daniel")
def let_a_session_come(scene: Scene) -> Story:
    meeting = scene.world.meeting(opens_in=0)
    planned = scene.world.session(meeting)
    for is_cancelled in (True, False):
        with transaction(scene.world.write) as session:
            session.get_one(MeetingSession, planned.id).cancelled = is_cancelled
            record_rows(session)
        assert bool(scene.find_owners("floor:open")) is not is_cancelled
    yield
    with scene.world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        floor.open_meeting_session(session, actor, row, session.get_one(MeetingSession, planned.id))


def close_session(scene: Scene, meeting: Meeting) -> None:
    with scene.world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        sitting = floors.find_open_sitting(session, row)
        assert sitting
        floor.close_meeting_session(session, actor, row, version=sitting.version)


@story("floor:run", "laurent layla ines daniel")
def open_a_session(scene: Scene) -> Story:
    meeting = scene.world.meeting(opens_in=0)
    scene.world.sitting(meeting)
    yield
    close_session(scene, meeting)


@story("floor:follow", "amina joseph rafael haruka")
def open_a_session_for_the_delegations(scene: Scene) -> Story:
    meeting = scene.world.meeting(opens_in=0)
    scene.world.sitting(meeting)
    yield
    close_session(scene, meeting)


@story("contribution:draft", "amina")
def draft_a_contribution(scene: Scene) -> Story:
    draft = scene.world.draft(scene.world.meeting())
    yield
    scene.delete_draft(draft.id, "amina")


@story("contribution:returned", "amina")
def return_a_contribution(scene: Scene) -> Story:
    returned = scene.world.returned(scene.world.meeting())
    yield
    scene.delete_draft(returned.id, "amina")


@story("contribution:file-refused", "amina")
def refuse_a_file_after_its_submission(scene: Scene) -> Story:
    made = scene.world.submitted(scene.world.meeting())
    with transaction(scene.world.work) as session:
        refusals.return_infected_contributions(session, scene.world.file().sha256, "Eicar", grace=GRACE)
    yield
    scene.delete_draft(made.id, "amina")


@story("contribution:declined", "ines daniel")
def decline_what_the_secretariat_wrote(scene: Scene) -> Story:
    made = scene.world.submitted_for(scene.world.meeting())
    scene.contribution(made.id, "amina", confirmations.decline_to_confirm, BECAUSE)
    yield
    scene.delete_draft(made.id, "ines")


@story("contribution:clear", "amina")
def draft_what_the_head_clears(scene: Scene) -> Story:
    meeting = scene.world.meeting()
    with scene.world.acting("amina") as (session, actor):
        place = EntityInBody(meeting.body_id, "KEN")
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)
    scene.world.seat("wambui", "delegate")
    draft = scene.world.draft(meeting, by="wambui")
    assert scene.find_kinds("wambui") & {"contribution:draft", "contribution:clear"} == {"contribution:draft"}
    yield
    scene.contribution(draft.id, "amina", cosponsors.give_clearance_to_contribution)


def test_a_head_is_asked_to_clear_no_draft_without_a_file_and_none_that_was_returned(scene: Scene) -> None:
    meeting = scene.world.meeting()
    with scene.world.acting("amina") as (session, actor):
        place = EntityInBody(meeting.body_id, "KEN")
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)
    scene.world.draft(meeting, file=False)
    assert scene.find_kinds("amina") & {"contribution:draft", "contribution:clear"} == {"contribution:draft"}

    draft = scene.world.draft(meeting)
    assert "contribution:clear" in scene.find_kinds("amina")
    with scene.world.acting("amina") as (session, _actor):
        session.get_one(Contribution, draft.id).status = "returned"
        record_rows(session)
    assert scene.find_kinds("amina") & {"contribution:returned", "contribution:clear"} == {"contribution:returned"}


@story("contribution:cosponsor", "rafael")
def invite_a_cosponsor(scene: Scene) -> Story:
    draft = scene.world.asked(scene.world.meeting(), "BRA")
    yield
    scene.contribution(draft.id, "rafael", cosponsors.sign_contribution)


@story("contribution:cosponsor-again", "rafael")
def change_what_another_state_co_sponsors(scene: Scene) -> Story:
    draft = scene.world.asked(scene.world.meeting(), "BRA")
    scene.contribution(draft.id, "rafael", cosponsors.sign_contribution)
    cover = ContributionCover(title="Another title", original="en", purpose="discussion")
    scene.contribution(draft.id, "amina", drafting.save_draft_cover, cover)
    yield
    scene.contribution(draft.id, "rafael", cosponsors.sign_contribution)


def draft_revision(scene: Scene) -> UUID:
    """Draft a revision of a document that Brazil co-sponsors; returns the key of the draft."""
    meeting = scene.world.meeting()
    _made, document = scene.world.registered_with_cosponsor(meeting)
    with scene.world.acting("amina") as (session, actor):
        following = FollowUpTarget(session.get_one(Document, document.id), EditionStep.REVISION)
        cover = ContributionCover(
            title="A joint title", original="en", purpose="discussion", note="Paragraph 2 is new."
        )
        row = session.get_one(Meeting, meeting.id)
        made = drafting.create_draft_contribution(session, actor, row, cover, key=uuid4(), following=following)
        drafting.put_contribution_file(session, actor, made, scene.world.file(), began_at=clock.now())
        return made.id


@story("contribution:cosponsor-revision", "rafael")
def revise_what_another_state_co_sponsors(scene: Scene) -> Story:
    draft = draft_revision(scene)
    yield
    scene.contribution(draft, "rafael", cosponsors.sign_contribution)


@story("contribution:invitation-ended", "rafael")
def go_on_without_a_cosponsor(scene: Scene) -> Story:
    draft = draft_revision(scene)
    with scene.world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft)
        cosponsors.withdraw_cosponsor_invitation(session, actor, row, "BRA")
    yield
    with scene.world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft)
        cosponsors.invite_cosponsor(session, actor, row, CosponsorInvitation(entity="BRA"))


@story("contribution:invitation-withdrawn", "rafael")
def go_on_with_a_draft_without_an_invited_state(scene: Scene) -> Story:
    draft = scene.world.asked(scene.world.meeting(), "BRA")
    with scene.world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        cosponsors.withdraw_cosponsor_invitation(session, actor, row, "BRA")
    yield
    with scene.world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        cosponsors.invite_cosponsor(session, actor, row, CosponsorInvitation(entity="BRA"))


@story("accreditation:answer-request", "joseph")
def ask_to_be_accredited(scene: Scene) -> Story:
    with scene.world.acting("wambui") as (session, actor):
        request = request_accreditation(session, actor, session.get_one(Body, scene.world.body().id))
    yield
    with scene.world.acting("joseph") as (session, actor):
        row = get_request_to_answer(session, actor, request.id)
        decline_accreditation_request(session, actor, row, BECAUSE)


@story("contribution:confirm", "amina joseph")
def submit_in_the_name_of_a_state(scene: Scene) -> Story:
    made = scene.world.submitted_for(scene.world.meeting())
    yield
    scene.contribution(made.id, "joseph", confirmations.confirm_contribution)


def submit_late(scene: Scene) -> UUID:
    return scene.world.submitted(scene.world.meeting(opens_in=3)).id


@story("contribution:late", "laurent layla")
def submit_after_the_deadline(scene: Scene) -> Story:
    key = submit_late(scene)
    yield
    scene.contribution(key, "laurent", late_submissions.accept_late_contribution, BECAUSE)


@story("contribution:late-with-chair", "ines daniel")
def submit_after_the_deadline_for_the_secretariat(scene: Scene) -> Story:
    key = submit_late(scene)
    yield
    scene.contribution(key, "laurent", late_submissions.hold_late_contribution, BECAUSE)


@story("contribution:held", "ines daniel")
def hold_a_late_contribution(scene: Scene) -> Story:
    held = scene.world.held(scene.world.meeting(opens_in=3))
    yield
    scene.contribution(held.id, "ines", registration.return_contribution, BECAUSE)


@story("contribution:register", "ines daniel")
def submit_a_contribution(scene: Scene) -> Story:
    made = scene.world.submitted(scene.world.meeting())
    yield
    scene.contribution(made.id, "ines", registration.register_contribution)


def get_report(scene: Scene, stage: ReportStage) -> tuple[Meeting, ReportCorrection]:
    meeting = scene.world.moved(scene.world.meeting(opens_in=0), "begin")
    return meeting, scene.world.reported(meeting, stage)


@story("report:draft", "laurent layla ines daniel")
def close_a_meeting(scene: Scene) -> Story:
    meeting = scene.world.moved(scene.world.meeting(opens_in=-2), "begin", "close")
    yield
    with scene.world.acting("laurent") as (session, actor):
        row, text = session.get_one(Meeting, meeting.id), create_paragraph(ParagraphKind.TEXT, "A text.", "en")
        wanted = NewReportDraft(attribution=SpeakerAttribution.NAMED, lang="en")
        reports.save_report_draft(session, actor, row, wanted, [text])


@story("report:circulate", "laurent layla ines daniel")
def draft_a_report(scene: Scene) -> Story:
    meeting, _correction = get_report(scene, ReportStage.DRAFT)
    yield
    with scene.world.acting("laurent") as (session, actor):
        reports.circulate_report(session, actor, session.get_one(Meeting, meeting.id), revision=1)


def reject(scene: Scene, meeting: Meeting, correction: ReportCorrection) -> None:
    with scene.world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        corrections.decline_report_correction(session, actor, row, correction.id, BECAUSE)


def accept(scene: Scene, meeting: Meeting, correction: ReportCorrection) -> None:
    with scene.world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        corrections.accept_report_correction(
            session, actor, row, correction.id, ParagraphChange(text="Another text."), revision=1
        )


@story("report:answer-correction", "laurent layla ines daniel")
def request_a_correction(scene: Scene) -> Story:
    meeting, correction = get_report(scene, ReportStage.CIRCULATED)
    assert "report:adopt" not in scene.find_kinds("laurent")
    yield
    reject(scene, meeting, correction)


@story("report:answer-comments", "laurent layla ines daniel")
def comment_on_a_report(scene: Scene) -> Story:
    meeting, correction = get_report(scene, ReportStage.CIRCULATED)
    comment = scene.world.commented(meeting, correction.paragraph)
    yield
    with scene.world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        report_comments.resolve_report_comment(session, actor, row, comment.id, version=1)


@story("report:comment-answered", "amina")
def answer_a_comment(scene: Scene) -> Story:
    meeting, correction = get_report(scene, ReportStage.CIRCULATED)
    comment = scene.world.commented(meeting, correction.paragraph)
    with scene.world.acting("ines") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        answer = NewReportCommentAnswer(answer="The chair said so.", lang="en")
        report_comments.answer_report_comment(session, actor, row, comment.id, answer, version=1)
    reject(scene, meeting, correction)
    yield
    adopt_report(scene, meeting, 1)


def adopt_report(scene: Scene, meeting: Meeting, revision: int) -> None:
    with scene.world.acting("laurent") as (session, actor):
        reports.adopt_report(session, actor, session.get_one(Meeting, meeting.id), revision=revision)


@story("report:correct", "amina rafael haruka")
def circulate_a_report_with_a_deadline_for_corrections(scene: Scene) -> Story:
    meeting, correction = get_report(scene, ReportStage.CIRCULATED)
    with scene.world.acting("laurent") as (session, actor):
        deadline = CorrectionsDeadline(corrections_due_on=clock.now().date() + timedelta(days=5))
        row = session.get_one(Meeting, meeting.id)
        corrections.set_corrections_deadline(session, actor, row, deadline, was="")
    reject(scene, meeting, correction)
    yield
    adopt_report(scene, meeting, 1)


@story("report:adopt", "laurent layla ines daniel")
def answer_all_corrections(scene: Scene) -> Story:
    meeting, correction = get_report(scene, ReportStage.CIRCULATED)
    reject(scene, meeting, correction)
    yield
    adopt_report(scene, meeting, 1)


@story("report:read", "amina rafael haruka")
def circulate_a_report(scene: Scene) -> Story:
    meeting, correction = get_report(scene, ReportStage.CIRCULATED)
    reject(scene, meeting, correction)
    yield
    adopt_report(scene, meeting, 1)


@story("report:register", "ines daniel")
def adopt_a_report(scene: Scene) -> Story:
    meeting, _correction = get_report(scene, ReportStage.ADOPTED)
    yield
    with scene.world.acting("ines") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        reports.register_report(session, actor, row, "Report", scene.world.file())


@story("report:correction-accepted", "amina")
def accept_a_correction(scene: Scene) -> Story:
    accept(scene, *get_report(scene, ReportStage.CIRCULATED))
    yield
    with clock.shifted_clock(timedelta(days=15)):
        yield


@story("report:correction-rejected", "amina")
def reject_a_correction(scene: Scene) -> Story:
    meeting, correction = get_report(scene, ReportStage.CIRCULATED)
    reject(scene, meeting, correction)
    yield
    adopt_report(scene, meeting, 1)


def add_action_point(scene: Scene, owner: str, person: UUID | None = None) -> tuple[Meeting, ActionPoint]:
    meeting = scene.world.meeting(opens_in=0)
    scene.world.sitting(meeting)
    with scene.world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        sitting = floors.find_open_sitting(session, row)
        assert sitting
        new = NewDecision(text="The group agreed to go on.", lang="en")
        decision = floor.record_decision(session, actor, row, new, version=sitting.version)
        today = get_today_at_meeting(row)
        task = NewActionPoint(text="Draft a paper.", lang="en", owner=owner, person=person, due_on=today)
        return row, action_points.add_action_point(session, actor, row, decision, task)


@story("action:update", "amina")
def give_a_state_an_action_point(scene: Scene) -> Story:
    meeting, point = add_action_point(scene, "KEN")
    yield
    with scene.world.acting("amina") as (session, actor):
        row, done = session.get_one(Meeting, meeting.id), ActionPointUpdate(progress="done", note="It is drafted.")
        action_points.update_action_point(session, actor, row, point.id, done, version=1)


@pytest.mark.parametrize(
    ("owner", "people"),
    [
        ("secretariat", "ines daniel"),
        ("Secretariat", "ines daniel"),
        ("ITU", "ines daniel"),
        ("chair", "laurent"),
        ("CHE", ""),
        ("KEN", "amina"),
    ],
)
def test_an_action_point_is_on_the_desk_of_its_owner_who_is_notified(scene: Scene, owner: str, people: str) -> None:
    meeting, point = add_action_point(scene, owner)

    assert scene.find_owners("action:update") == people
    began = scene.notify_people(UPDATE_ACTION)
    assert scene.find_notified(UPDATE_ACTION) == set(people.split()) - began
    if "ines" in people:
        with transaction(scene.world.write) as session:  # the secretariat works without the tools of the chair
            session.get_one(Meeting, meeting.id).deputies = []
            record_rows(session)
        with scene.world.acting("ines") as (session, actor):
            row, done = session.get_one(Meeting, meeting.id), ActionPointUpdate(progress="done", note="It is done.")
            action_points.update_action_point(session, actor, row, point.id, done, version=1)
        assert scene.find_owners("action:update") == ""


@pytest.mark.parametrize("key", ["amina", "ines", "joseph", "layla"])
def test_an_action_point_of_one_person_is_on_the_desk_of_that_person_alone(scene: Scene, key: str) -> None:
    _meeting, point = add_action_point(scene, "The editing group", scene.world.actor(key).person)

    assert scene.find_owners("action:update") == key
    began = scene.notify_people(UPDATE_ACTION)
    assert scene.find_notified(UPDATE_ACTION) == {key} - began
    assert point.owner == scene.world.actor(key).entity


def test_the_action_point_of_a_person_who_left_the_group_is_a_task_of_the_state(scene: Scene) -> None:
    person = scene.world.actor("joseph").person
    add_action_point(scene, "KEN", person)
    assert scene.find_owners("action:update") == "joseph"
    with scene.world.acting("ines") as (session, actor):
        for accreditation in session.scalars(select(Accreditation).where(Accreditation.person_id == person)):
            seats.end_accreditation(session, actor, accreditation, BECAUSE)

    assert scene.find_owners("action:update") == "amina"


def test_an_action_point_is_not_given_to_somebody_without_a_role_in_the_group(scene: Scene) -> None:
    with pytest.raises(BadRequest):
        add_action_point(scene, "KEN", scene.world.actor("olga").person)


@story("output:complete-draft", "laurent layla ines daniel")
def draft_an_output_without_a_text(scene: Scene) -> Story:
    meeting = scene.world.meeting(opens_in=-1)
    with scene.world.acting("ines") as (session, actor):
        cover = OutputCover(kind="report", original="en", titles={"en": "A title"}, sources=frozenset())
        made = outputs.create_draft_output(session, actor, session.get_one(Meeting, meeting.id), cover)
    yield
    with scene.world.acting("ines") as (session, actor):
        draft_texts.put_draft_file(session, actor, session.get_one(Output, made.id), scene.world.file())


@story("output:adopt", "laurent layla")
def draft_an_output(scene: Scene) -> Story:
    scene.world.output(scene.world.meeting(number=23, opens_in=10))
    assert scene.find_owners("output:adopt") == ""
    draft = scene.world.output(scene.world.meeting(opens_in=0))
    yield
    scene.world.schedule(draft, seconds=3600)


@story("output:approve", "layla ines daniel")
def adopt_an_output(scene: Scene) -> Story:
    adopted = scene.world.adopted(scene.world.meeting(opens_in=0))
    yield
    scene.world.both_approve(adopted)


@story("output:release", "ines")
def approve_an_output(scene: Scene) -> Story:
    approved = scene.world.approved(scene.world.meeting(opens_in=0))
    yield
    scene.world.schedule_release(approved)


@story("output:release-failed", "laurent layla ines daniel")
def fail_to_release(scene: Scene) -> Story:
    failed = scene.world.failed(scene.world.meeting(opens_in=0))
    yield
    scene.world.schedule_release(failed)


@story("output:confirm-withdrawal", "laurent layla daniel")
def propose_a_withdrawal(scene: Scene) -> Story:
    released = scene.world.released(scene.world.meeting(opens_in=0), scene.releases)
    scene.world.to_be_withdrawn(released)
    yield
    scene.world.decline_withdrawal(released)


@story("output:withdrawal-failed", "laurent layla ines daniel")
def fail_to_withdraw(scene: Scene) -> Story:
    released = scene.world.withdrawal_failed(scene.world.released(scene.world.meeting(opens_in=0), scene.releases))
    yield
    with scene.world.acting("ines") as (session, actor):
        withdrawal.retry_withdrawal(session, actor, session.get_one(Output, released.id))


@story("output:approve-translation", "laurent layla daniel")
def translate_an_adopted_text(scene: Scene) -> Story:
    adopted = scene.world.adopted(scene.world.meeting(opens_in=0))
    scene.world.translated(adopted, "fr", approved_by="")
    yield
    scene.world.approve_translation(adopted, "fr", by="layla")


def test_no_e_mail_asks_to_approve_a_translation_that_was_replaced(scene: Scene) -> None:
    kind = find_kind("output:approve-translation")
    adopted = scene.world.adopted(scene.world.meeting(opens_in=0))
    scene.world.translated(adopted, "fr", approved_by="")
    scene.notify_people(kind)
    assert scene.find_notified(kind)

    scene.world.translated(adopted, "fr", title="Another title", approved_by="")

    assert scene.find_notified(kind) == set()


def release_in_advance(scene: Scene) -> Output:
    return scene.world.advance(scene.world.meeting(opens_in=0), scene.releases, "fr")


@story("output:translate", "ines daniel")
def release_an_advance_version(scene: Scene) -> Story:
    output = release_in_advance(scene)
    yield
    scene.world.translated(output, "fr")


@story("output:release-completed", "laurent ines daniel")
def approve_the_last_translation(scene: Scene) -> Story:
    output = release_in_advance(scene)
    scene.world.translated(output, "fr")
    yield
    scene.world.completing(output)


def test_no_e_mail_asks_to_release_a_text_in_all_languages_while_one_is_missing(scene: Scene) -> None:
    kind = find_kind("output:release-completed")
    output = scene.world.advance(scene.world.meeting(opens_in=0), scene.releases, "es", "fr")
    scene.world.translated(output, "fr")
    scene.notify_people(kind)
    assert scene.find_notified(kind) == set()

    scene.world.translated(output, "es")
    scene.notify_people(kind)
    assert scene.find_notified(kind)


@story("output:completion-failed", "laurent layla ines daniel")
def fail_to_release_in_all_languages(scene: Scene) -> Story:
    output = release_in_advance(scene)
    scene.world.translated(output, "fr")
    scene.world.completing(output)
    scene.world.not_completed(output)
    yield
    scene.world.completing(output)


@story("delivery:acknowledge", "olga")
def release_a_text_to_a_unit(scene: Scene) -> Story:
    scene.world.seat("olga", "tsb")
    adopted = scene.world.adopted(scene.world.meeting(opens_in=0))
    output = scene.world.as_released(adopted, scene.releases, NewReleasePlan(addressees=frozenset({"tsb"})))
    yield
    scene.world.acknowledge(scene.world.deliver(output)[0])


@story("delivery:hand-over", "ines daniel")
def release_a_text_to_a_recipient_in_words(scene: Scene) -> Story:
    meeting = scene.world.meeting(opens_in=0)
    output = scene.world.released(meeting, scene.releases, kind="liaison", addressees=TO_A_REGISTRY)
    yield
    scene.world.hand_over(scene.world.deliver(output)[0])


@story("delivery:receive", "ines")
def release_a_text_for_the_parent(scene: Scene) -> Story:
    to = scene.world.parent_meeting()
    output = scene.world.for_the_parent(scene.world.meeting(opens_in=0), scene.releases)
    yield
    scene.world.forwarded(output, to)


@story("output:released-alone", "laurent layla daniel")
def release_alone(scene: Scene) -> Story:
    scene.world.released_alone(scene.world.meeting(opens_in=0), scene.releases)
    yield
    with clock.shifted_clock(timedelta(days=31)):
        yield


@story("output:withdrawn-alone", "laurent layla daniel")
def withdraw_alone(scene: Scene) -> Story:
    scene.world.withdraw_alone(scene.world.released(scene.world.meeting(opens_in=0), scene.releases))
    yield
    with clock.shifted_clock(timedelta(days=31)):
        yield


@story("version:comment", "amina rafael haruka")
def circulate_a_draft(scene: Scene) -> Story:
    version = scene.world.circulated(scene.world.output(scene.world.meeting()), "One.", "Two.")
    yield
    for who in ("amina", "rafael", "haruka"):
        scene.world.comment(version, who)


@story("comment:answer", "laurent layla ines daniel")
def comment_on_a_draft(scene: Scene) -> Story:
    version = scene.world.circulated(scene.world.output(scene.world.meeting(opens_in=0)), "One.", "Two.")
    comment = scene.world.comment(version)
    assert "output:adopt" not in scene.find_kinds("laurent")
    yield
    scene.world.answered(comment)


def open_procedure(scene: Scene) -> SilenceProcedure:
    return scene.world.silence(scene.world.output(scene.world.meeting(opens_in=0)))


@story("silence:take-position", "amina rafael haruka")
def open_a_silence_procedure(scene: Scene) -> Story:
    procedure = open_procedure(scene)
    yield
    for who in ("amina", "rafael", "haruka"):
        scene.world.position(procedure, who, "supports")


@story("silence:name-delegate", "joseph")
def open_a_silence_procedure_for_a_state_without_a_delegate(scene: Scene) -> Story:
    end_soon(scene, Accreditation, "amina", days=-1)
    open_procedure(scene)
    yield
    scene.world.seat("wambui", "delegate")


@story("silence:delegates-asked", "joseph")
def open_a_silence_procedure_for_a_focal_point(scene: Scene) -> Story:
    procedure = open_procedure(scene)
    yield
    scene.world.position(procedure, "amina", "supports")


@story("silence:under-way", "laurent layla ines daniel")
def let_a_silence_procedure_run(scene: Scene) -> Story:
    procedure = open_procedure(scene)
    assert "output:adopt" not in scene.find_kinds("laurent")
    yield
    scene.world.position(procedure, "amina", "breaks", text="We object.")


@story("silence:broken", "laurent layla ines daniel")
def break_silence(scene: Scene) -> Story:
    procedure = open_procedure(scene)
    scene.world.position(procedure, "amina", "breaks", text="We object.")
    assert "output:adopt" not in scene.find_kinds("laurent")
    yield
    assert not read_silence(scene, procedure).is_text_changed
    with scene.world.acting("ines") as (session, actor):
        output = session.get_one(Output, procedure.output_id)
        draft_texts.put_draft_file(session, actor, output, scene.world.file("fr", "Un texte."))
    assert scene.find_owners("silence:broken") == "laurent layla"
    after = read_silence(scene, procedure)
    assert (after.is_text_changed, after.is_followed) == (True, False)
    scene.world.silence(output)
    assert read_silence(scene, procedure).is_followed


def read_silence(scene: Scene, procedure: SilenceProcedure) -> SilenceRuleSubject:
    """What the page of a procedure goes by."""
    with transaction(scene.world.read) as session:
        return get_procedure_rule_subject(session, session.get_one(SilenceProcedure, procedure.id))


@story("silence:void", "laurent layla")
def change_a_text_under_silence(scene: Scene) -> Story:
    procedure = open_procedure(scene)
    with scene.world.acting("ines") as (session, actor):
        output = session.get_one(Output, procedure.output_id)
        draft_texts.put_draft_file(session, actor, output, scene.world.file("en", "Another text."))
    yield
    scene.world.silence(output)


@story("body:confirm", "daniel")
def propose_a_group(scene: Scene) -> Story:
    proposal = body_proposals.propose(scene.world)
    yield
    body_proposals.decide(scene.world, "daniel", proposal, decline=True)


@story("body:confirm-secretary", "daniel")
def propose_the_first_secretary_of_a_group(scene: Scene) -> Story:
    proposal = body_proposals.propose_for_study_group(scene.world)
    yield
    body_proposals.decide(scene.world, "daniel", proposal)


@story("body:confirm-change", "daniel")
def propose_the_change_of_a_group(scene: Scene) -> Story:
    proposal = scene.world.propose_change(deadline_days=21)
    yield
    body_proposals.decide(scene.world, "daniel", proposal.id)


@story("body:confirm-end", "daniel")
def propose_the_end_of_a_group(scene: Scene) -> Story:
    proposal = body_proposals.propose_end(scene.world, date(2099, 12, 31))
    yield
    body_proposals.decide(scene.world, "daniel", proposal, decline=True)


@story("focal-point:confirm", "daniel")
def propose_the_focal_point_of_an_action_line(scene: Scene) -> Story:
    scene.world.seat("olga", "tsb")
    term = line_focal_points.propose(scene.world)
    yield
    line_focal_points.confirm(scene.world, term)


@story("liaison:register", "ines daniel")
def take_a_liaison_in(scene: Scene) -> Story:
    liaison = liaisons.take_in(scene.world)
    yield
    liaisons.register(scene.world, liaison, scene.world.meeting())


@story("liaison:give", "laurent layla ines daniel")
def register_a_liaison(scene: Scene) -> Story:
    liaison = liaisons.registered(scene.world, scene.world.meeting())
    yield
    liaisons.hold(scene.world, liaison, "amina")


@story("liaison:prepare-reply", "amina")
def give_a_liaison_to_a_delegate(scene: Scene) -> Story:
    liaison = liaisons.registered(scene.world, scene.world.meeting())
    liaisons.hold(scene.world, liaison, "amina")
    yield
    with scene.world.acting("laurent") as (session, actor):
        row = liaisons.queries.get_visible_liaison(session, actor, liaison.id, lock=True)
        liaisons.actions.close_liaison(session, actor, row, liaisons.BECAUSE, version=row.version)


@story("expected-report:overdue", "ines daniel")
def let_a_report_be_overdue(scene: Scene) -> Story:
    duty = reporting.add_duty(scene.world, due_in=-10)
    with transaction(scene.world.write) as session:
        reporting.reports.note_overdue_reports(session)
    yield
    reporting.decline(scene.world, duty, due_on=duty.next_due_on)


@story("reporting-duty:confirm-publication", "laurent layla daniel")
def propose_to_publish_reports(scene: Scene) -> Story:
    duty = reporting.add_duty(scene.world)
    duty_publications.propose(scene.world, duty)
    yield
    duty_publications.confirm(scene.world, duty)


@story("organization:confirm-inbox", "daniel")
def enter_the_key_of_an_organization(scene: Scene) -> Story:
    inbox = organization_inboxes.propose(scene.world)
    yield
    organization_inboxes.confirm(scene.world, inbox)


@story("system:alarm", "ines daniel")
def let_the_worker_be_silent(scene: Scene) -> Story:
    with transaction(scene.world.work) as session:
        session.add(Measurement(name="worker", value=0.0, at=clock.now() - timedelta(days=2)))
    yield
    with transaction(scene.world.work) as session:
        session.execute(delete(Measurement))


@pytest.fixture
def scene(world: World, tmp_path: Path, settings: Settings) -> Scene:
    slow = timedelta(days=1)  # a machine under load raises no alarm
    limits = replace(settings.alarm_thresholds, headless=slow, oldest_due=slow, backup_age=slow, check_age=slow)
    alarms = AlarmConfiguration(limits, ())
    mail = MailContext.from_settings(
        settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1"), "mail_from": "portal@example.org"})
    )
    assert mail
    return Scene(world, open_store(f"file://{tmp_path}/released"), alarms, mail)


STILL_SENT = {
    "silence:take-position": "a State can change its position until the deadline",
    "silence:name-delegate": "a State can change its position until the deadline",
    "silence:broken": "it says how the procedure ended",
    "silence:void": "it says how the procedure ended",
    "version:comment": "a delegation can add comments",
}
"""Acts for which an e-mail asks also after they were taken, and why it is true then too."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_it_is_on_the_desks_of_those_it_concerns_and_in_their_e_mails_until_it_is_settled(
    scene: Scene, kind: PendingActionKind
) -> None:
    owners, tell = STORIES[kind.name]
    assert scene.find_owners(kind.name) == ""
    scenes = tell(scene)

    next(scenes)
    assert scene.find_owners(kind.name) == owners
    people = owners.split()
    assert all(scene.is_in_digest(who, kind) for who in {people[0], people[-1]})
    if kind.name not in IN_THE_DIGEST_ALONE:
        asked = set(people) - scene.notify_people(kind)
        assert asked
        assert asked <= scene.find_notified(kind)

    with suppress(StopIteration):
        next(scenes)
    assert scene.find_owners(kind.name) == ""
    if kind.urgency is Urgency.ACTION and kind.name not in IN_THE_DIGEST_ALONE:
        assert bool(scene.find_notified(kind)) is (kind.name in STILL_SENT)


def test_the_worker_reads_for_a_digest_exactly_what_is_on_the_desk_of_its_person(scene: Scene) -> None:
    """The row security of its role hides less: also what was returned and requests for accreditation of others."""
    meeting = scene.world.meeting(opens_in=40)
    scene.world.draft(meeting)
    scene.world.returned(meeting)
    scene.world.asked(meeting, "BRA")
    scene.contribution(scene.world.submitted_for(meeting).id, "amina", confirmations.decline_to_confirm, BECAUSE)
    scene.world.proposed(meeting)
    next(ask_to_be_accredited(scene))

    found: set[str] = set()
    for who in PLAYERS:
        with scene.world.acting(who) as (session, actor):
            on_the_desk = list_pending_actions(session, actor, scene.alarms)
        with transaction(scene.world.work) as session:
            person = session.get_one(Person, scene.world.person(who).id)
            assert list_pending_actions_of_person(session, person, scene.alarms) == on_the_desk, who
        found |= on_the_desk.totals.keys()
    hidden_from_others = {"contribution:draft", "contribution:returned", "contribution:cosponsor"}
    assert found > hidden_from_others | {"contribution:declined", "agenda:answer-proposal", ACCREDIT_OR_DECLINE.name}
