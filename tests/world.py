"""The world of the tests: the cast on the roster of CWG-Internet, and one method that creates each thing."""

import hashlib
import io
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory, gettempdir
from typing import cast
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import sessionmaker

from app.core import clock, journal
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import (
    SIGNERS_KEY,
    ReadSession,
    WriteSession,
    create_database_engine,
    set_row_security_entity,
    transaction,
    write_session_factory,
)
from app.core.files.ingest import IngestedFile, ingest_file
from app.core.permissions import Actor
from app.core.rendering.undrawn import UndrawnContent
from app.core.signing import PublicKeysByPurpose, Signer, SigningPurpose
from app.core.storage import Store, hash_file, open_store
from app.core.validation import ReasonInput
from app.demo.cast import CAST
from app.domain.agendas.actions import allocation, item_proposals, release
from app.domain.agendas.actions import editing as agendas
from app.domain.agendas.inputs import NewAgendaItem, NewAgendaRelease, NewItemProposal
from app.domain.agendas.models import AgendaItem, AgendaRelease, ItemProposal
from app.domain.bodies.actions import accreditation_requests
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, AccreditationRequest, Appointment, Body, Capacity
from app.domain.bodies.queries.seats import list_seats, set_row_security_of_actor
from app.domain.bodies.rules import get_position_audience
from app.domain.body_proposals.actions import confirm_proposal, propose_change
from app.domain.body_proposals.inputs import ChangedBody
from app.domain.body_proposals.models import BodyProposal
from app.domain.body_proposals.queries import read_body_with_rules
from app.domain.circulations.actions import circulation as circulations
from app.domain.circulations.actions import comments
from app.domain.circulations.inputs import NewCirculation, NewComment, NewCommentAnswer
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer
from app.domain.contributions.actions import clean_copies, cosponsors, late_submissions, registration
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.inputs import CleanCopyInput, ContributionCover, CosponsorInvitation
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules.file_questions import list_questions
from app.domain.contributions.rules.submissions import Submission
from app.domain.deliveries.actions import answers as answering
from app.domain.deliveries.actions import making as delivering
from app.domain.deliveries.actions import receiving
from app.domain.deliveries.inputs import HandoverNote
from app.domain.deliveries.models import Delivery
from app.domain.deliveries.queries import list_deliveries
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import EditionContent as RegisteredText
from app.domain.documents.inputs import LanguageFile, NewEdition
from app.domain.documents.models import Document, Edition, EditionStep
from app.domain.files import actions as file_actions
from app.domain.files.inputs import RenditionResult
from app.domain.floor.actions import session as floor
from app.domain.floor.actions import speakers_list
from app.domain.floor.inputs import FloorRequestInput
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.identity.actions import sessions as people
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.domain.identity.models.tables import Person
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.actions import sessions
from app.domain.meetings.inputs import NewMeeting, NewMeetingSession
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import get_today_at_meeting
from app.domain.organizations import actions as organizations
from app.domain.organizations.inputs import OrganizationEntry
from app.domain.organizations.models import Organization
from app.domain.outputs.actions import completion, translation
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.actions import release as releasing_outputs
from app.domain.outputs.actions import withdrawal as withdrawing
from app.domain.outputs.actions.approval_checks import record_approval_check
from app.domain.outputs.inputs import (
    Adoption,
    NewReleasePlan,
    NewWithdrawal,
    OutputCover,
    ReleaseInstant,
    SoleDecision,
    TranslatedTitle,
)
from app.domain.outputs.models import (
    ApprovalCheck,
    ApprovalCheckOutcome,
    Output,
    OutputStatus,
    OutputTranslation,
    ReleaseFailure,
)
from app.domain.outputs.queries import outputs as output_queries
from app.domain.outputs.queries import translations
from app.domain.outputs.queries.approvals import list_unchecked_approvals
from app.domain.outputs.queries.withdrawals import find_pending_withdrawal
from app.domain.outputs.rules import outputs as output_rules
from app.domain.outputs.rules.approvals import ApprovalStatement
from app.domain.outputs.rules.texts import compute_digest_of_translations
from app.domain.participants.actions import registration as participants
from app.domain.participants.inputs import NewParticipant
from app.domain.participants.models import Participant
from app.domain.preservation.events import RecordMigrated
from app.domain.releases.actions import completion as completing_releases
from app.domain.releases.actions import release as releases
from app.domain.releases.actions import withdrawal as withdrawing_releases
from app.domain.reports.actions import comments as report_comments
from app.domain.reports.actions import corrections
from app.domain.reports.actions import drafting as reports
from app.domain.reports.inputs import NewReportComment, NewReportCorrection, NewReportDraft
from app.domain.reports.models import ReportComment, ReportCorrection, ReportStage, SpeakerAttribution
from app.domain.reports.queries import find_report
from app.domain.reports.rules.paragraphs import ParagraphKind
from app.domain.reports.rules.paragraphs import create_paragraph as new_paragraph
from app.domain.silence.actions import draft_texts, statements
from app.domain.silence.actions import procedure as silence
from app.domain.silence.inputs import NewSilencePosition, NewSilenceProcedure, NewStatement
from app.domain.silence.models import OutputStatement, SilenceProcedure
from app.domain.silence.queries.addressees import (
    list_addressed_member_states,
    list_states_to_inform,
    list_unreached_states,
)
from app.domain.silence.queries.positions import find_position
from app.domain.silence.rules import compute_digest_of_states
from app.key_settings import PUBLIC_KEY_SETTINGS
from tests.approval_tokens import prove, sign, state
from tests.files import make_docx, make_pdf
from tests.kept_databases import PREFIX

ISSUER = "http://127.0.0.1:9/provider"
BODY, PARENT = "cwg-internet", "wg-wsis"
PLAYERS = {player.key: player for player in CAST}
GRACE = timedelta(minutes=30)
RECEIPT_KEY = "dGhpcyBrZXkgc2lnbnMgcmVjZWlwdHMgaW4gdGVzdHM="
RELEASE_KEY = "dGhpcyBrZXkgc2lnbnMgbWFuaWZlc3RzIGluIHRlc3Q="
LEDGER_KEY = "dGhpcyBrZXkgc2lnbnMgdGhlIGhlYWRzIGluIHRlc3Q="
MAIL_SECRET = "the-mails-in-tests-0123456789-vwxyz"
ROSTERS: dict[str, Mapping[str, UUID]] = {}
"""The cast by the name of a database that a worker keeps."""
OF_ONE_RUN = "CWG_TESTS_RUN"  # set where the folder for temporary files is that of one run
PORTAL = "http://127.0.0.1:8000"
# No two are equal: what is signed for one purpose and checked with the key of another is refused.
RECEIPT_SIGNER, RELEASE_SIGNER, LEDGER_SIGNER = (
    Signer.from_secret(PORTAL, key) for key in (RECEIPT_KEY, RELEASE_KEY, LEDGER_KEY)
)
SIGNERS = {
    SigningPurpose.RECEIPTS: RECEIPT_SIGNER,
    SigningPurpose.RELEASES: RELEASE_SIGNER,
    SigningPurpose.LEDGER: LEDGER_SIGNER,
}
PORTAL_SIGNERS = {SigningPurpose.RECEIPTS: RECEIPT_SIGNER}
WORKER_SIGNERS = {SigningPurpose.RELEASES: RELEASE_SIGNER, SigningPurpose.LEDGER: LEDGER_SIGNER}
PUBLIC_KEYS = PublicKeysByPurpose(*(SIGNERS[purpose].public_keys for purpose in SigningPurpose))
PUBLIC_KEY_LISTS = {PUBLIC_KEY_SETTINGS[purpose]: signer.public_key.text for purpose, signer in SIGNERS.items()}
PRIVATE_KEYS = {"receipt_key": RECEIPT_KEY, "release_key": RELEASE_KEY, "ledger_key": LEDGER_KEY}


def key_environment(*private: str) -> dict[str, str]:
    """The public keys of all purposes, and these private keys, as variables of the environment."""
    return {
        f"CWG_{name.upper()}": value
        for name, value in (PUBLIC_KEY_LISTS | {name: PRIVATE_KEYS[name] for name in private}).items()
    }


_WORKER_ENGINES: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()


def get_worker_engine(engine: Engine) -> Engine:
    """The database of this engine, with the role of the worker; both engines are disposed together."""
    if engine.url.username == "cwg_worker":
        return engine
    if engine not in _WORKER_ENGINES:
        url = engine.url.set(username="cwg_worker").render_as_string(hide_password=False)
        _WORKER_ENGINES[engine] = made = create_database_engine(url, pool_size=6)
        event.listen(engine, "engine_disposed", lambda _: made.dispose())
    return _WORKER_ENGINES[engine]


def change_issuer(owner_url: str, issuer: str) -> None:
    """Make everybody on the roster a person of this identity provider, as the owner of the tables."""
    engine = create_database_engine(owner_url)
    with transaction(write_session_factory(engine)) as session:
        record_rows(session)
        session.execute(update(Person).values(issuer=issuer))
    engine.dispose()


@cache
def inspect_document(language: str, text: str) -> tuple[IngestedFile, bytes]:
    """The result of the inspection of a document, and its bytes. All workers of a run inspect it once."""
    cached = Path(gettempdir(), f"cwg-gate-{hashlib.sha256(f'{language} {text}'.encode()).hexdigest()}")
    if OF_ONE_RUN in os.environ and cached.exists():
        return cast("tuple[IngestedFile, bytes]", pickle.loads(cached.read_bytes()))
    content = make_docx(text)
    with TemporaryDirectory() as folder:
        store = open_store(f"file://{folder}/store")
        found = ingest_file(store, io.BytesIO(content), f"text-{language}.docx", 10**7), content
        if OF_ONE_RUN in os.environ:
            (noted := Path(folder, "told")).write_bytes(pickle.dumps(found))
            noted.replace(cached)
    return found


def claims(key: str) -> Claims:
    """What the provider says of one of the cast."""
    player = PLAYERS[key]
    return Claims(
        issuer=ISSUER,
        subject=player.subject,
        name=player.name,
        email=player.email,
        locale=player.locale,
        membership=MembershipCategory(player.membership),
        entity=player.entity,
        entity_name=player.entity_name,
        roles=frozenset(player.roles),
    )


def on_the_roster(session: ReadSession) -> dict[str, UUID]:
    """Who of the cast is there already: all of them in a clone of the template that holds them, else no one."""
    known = dict(session.execute(select(Person.subject, Person.id).where(Person.issuer == ISSUER)).all())
    return {key: known[player.subject] for key, player in PLAYERS.items() if player.subject in known}


def record_rows(session: WriteSession) -> None:
    """Record rows that a test adds or changes itself, as those that a migration changes are recorded."""
    journal.record_event(session, None, RecordMigrated("test"))


def enrol(session: WriteSession) -> dict[str, UUID]:
    """Put the cast on the roster, each with the capacity that they have in the demo."""
    record_rows(session)
    found = {}
    for key, player in PLAYERS.items():
        person = people.save_person_from_claims(session, claims(key))
        session.flush()
        found[key] = person.id
        if player.capacity:
            give_seat(session, person, player.capacity, BODY)
    return found


def give_seat(session: WriteSession, person: Person, capacity: str, body: str) -> None:
    term = {"from_on": date(2020, 1, 1), "until_on": date(2040, 1, 1)}
    place = session.scalars(select(Body.id).where(Body.code == body)).one()
    if capacity in list(Capacity):
        session.add(
            Accreditation(
                person_id=person.id,
                body_id=place,
                entity=person.entity,
                capacity=capacity,
                **term,
                granted_at=clock.now(),
            )
        )
    else:
        session.add(
            Appointment(
                person_id=person.id,
                body_id=place if capacity in OFFICES_OF_A_BODY else None,
                office=capacity,
                entity=person.entity,
                **term,
                proposed_at=clock.now(),
                confirmed_at=clock.now(),
            )
        )


def answer_all(submission: Submission) -> list[str]:
    """The answers of a submission that leaves each of its files as it is."""
    return [question.key for question in list_questions(submission.contribution, submission.files)]


class World:
    """Methods that create things. Each commits what it creates, through the action of the portal where there is one.

    `write` are sessions with the role of the portal, `work` with that of the worker.
    """

    def __init__(self, write: sessionmaker[WriteSession], read: sessionmaker[ReadSession], store: Store) -> None:
        write.configure(info=write.kw["info"] | {SIGNERS_KEY: PORTAL_SIGNERS})
        self.write, self.read, self.store = write, read, store
        self.work = write_session_factory(
            get_worker_engine(write.kw["bind"]), write.kw["info"] | {SIGNERS_KEY: WORKER_SIGNERS}
        )
        self._people = dict(self._find_people(write))

    @staticmethod
    def _find_people(write: sessionmaker[WriteSession]) -> Mapping[str, UUID]:
        """The people of the cast. In a database that a worker keeps they are the same in each test."""
        name = str(write.kw["bind"].url.database)
        if name in ROSTERS:
            return ROSTERS[name]
        with transaction(write) as session:
            if not (people := on_the_roster(session)):
                return enrol(session)
        if name.startswith(PREFIX):
            ROSTERS[name] = people
        return people

    def sign_with(self, signers: Mapping[SigningPurpose, Signer]) -> None:
        """From now on portal and worker sign with these keys."""
        for factory, own in ((self.write, PORTAL_SIGNERS), (self.work, WORKER_SIGNERS)):
            given = {purpose: signers[purpose] for purpose in own}
            factory.configure(info=factory.kw["info"] | {SIGNERS_KEY: given})

    def seat(self, key: str, capacity: str, *, body: str = BODY) -> None:
        """Give somebody one more seat."""
        with transaction(self.write) as session:
            give_seat(session, session.get_one(Person, self._people[key]), capacity, body)
            record_rows(session)

    def asked_for_accreditation(self, key: str, *, body: str = BODY) -> AccreditationRequest:
        """The request of a person without a seat to be accredited."""
        with self.acting(key) as (session, actor):
            return accreditation_requests.request_accreditation(session, actor, self.body(body))

    def claims(self, key: str) -> Claims:
        return claims(key)

    def person_id(self, key: str) -> UUID:
        return self._people[key]

    def person(self, key: str) -> Person:
        with transaction(self.read) as session:
            return session.get_one(Person, self._people[key])

    def actor(self, key: str) -> Actor:
        """The actor with the rights of this moment."""
        with transaction(self.read) as session:
            return self._load_actor(session, key)

    def _load_actor(self, session: ReadSession, key: str) -> Actor:
        person = session.get_one(Person, self._people[key])
        seats = list_seats(session, person.id, person.membership, person.entity, clock.now().date())
        return Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)

    def sign_in(self, key: str, *, ago: timedelta | None = timedelta(0), acr: str | None = None) -> str:
        """A session whose person authenticated so long ago, or the provider did not say when (None); returns the
        secret of its cookie."""
        with transaction(self.write) as session:
            person = session.get_one(Person, self._people[key])
            at = None if ago is None else clock.now() - ago
            sid = f"sid-{key}"
            return people.create_user_session(
                session, person, provider_sid=sid, browser="Test", authenticated_at=at, acr=acr
            )[0]

    @contextmanager
    def acting(self, key: str) -> Iterator[tuple[WriteSession, Actor]]:
        """A transaction in which somebody acts, as in a request."""
        with transaction(self.write) as session:
            actor = self._load_actor(session, key)
            set_row_security_of_actor(session, actor)
            yield session, actor

    def body(self, code: str = BODY) -> Body:
        with transaction(self.read) as session:
            return session.scalars(select(Body).where(Body.code == code)).one()

    def meeting(self, *, opens_in: int = 30, number: int = 22, body: str = BODY, by: str = "ines") -> Meeting:
        """A meeting that opens in so many days; contributions are due 12 days before."""
        opens = clock.now().date() + timedelta(days=opens_in)
        new = NewMeeting(
            number=number, place="Geneva", zone="Europe/Zurich", opens_on=opens, closes_on=opens + timedelta(days=2)
        )
        with self.acting(by) as (session, actor):
            there = session.scalars(select(Body).where(Body.code == body)).one()
            return meetings.convene_meeting(session, actor, there, new, "en")

    def planned(self, *, opens_in: int = 60, number: int = 24, body: str = BODY, place: str = "Geneva") -> Meeting:
        """A meeting that only the secretariat and the chairs see."""
        opens = clock.now().date() + timedelta(days=opens_in)
        new = NewMeeting(
            number=number, place=place, zone="Europe/Zurich", opens_on=opens, closes_on=opens + timedelta(days=2)
        )
        with self.acting("ines") as (session, actor):
            there = session.scalars(select(Body).where(Body.code == body)).one()
            return meetings.plan_meeting(session, actor, there, new, "en")

    def moved(self, meeting: Meeting, *names: str, by: str = "ines") -> Meeting:
        """Take these steps of its life cycle, one after the other."""
        for name in names:
            with self.acting(by) as (session, actor):
                there = session.get_one(Meeting, meeting.id)
                because = ReasonInput(reason="There is no quorum.") if name == "cancel" else None
                draft_texts.change_meeting_life_voiding_procedures(
                    session, actor, there, name, version=there.version, because=because, moves_first_day=True
                )
        return there

    def first_day_comes(self, meeting: Meeting) -> None:
        """From now on this is the first day of the meeting, whichever it was before; it has not begun."""
        with transaction(self.write) as session:
            there = session.get_one(Meeting, meeting.id)
            there.opens_on = min(there.opens_on, get_today_at_meeting(there))
            record_rows(session)

    def session_of(
        self, meeting: Meeting, *, day: int = 0, starts: str = "09:30", ends: str = "12:30", by: str = "ines"
    ) -> MeetingSession:
        """A session on a day of the meeting, the first one being 0."""
        new = NewMeetingSession(on=meeting.opens_on + timedelta(days=day), starts=starts, ends=ends)
        with self.acting(by) as (session, actor):
            return sessions.add_session(session, actor, session.get_one(Meeting, meeting.id), new)

    def participant(
        self,
        meeting: Meeting,
        name: str | None = "Wanjiku Kamau",
        *,
        entity: str = "KEN",
        capacity: str = "delegate",
        by: str = "joseph",
        **more: object,
    ) -> Participant:
        """Registered by name, on site, unless `more` says otherwise."""
        new = NewParticipant(**{"name": name, "capacity": capacity, "mode": "on_site"} | more)
        with self.acting(by) as (session, actor):
            return participants.register_participant(session, actor, session.get_one(Meeting, meeting.id), entity, new)

    def item(
        self, meeting: Meeting, title: str = "Contributions", *, by: str = "laurent", **more: object
    ) -> AgendaItem:
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return agendas.add_agenda_item(
                session, actor, there, NewAgendaItem(title=title, **more), "en", version=there.agenda_version
            )

    def allocated(self, meeting: Meeting, document: Document, item: AgendaItem, *, by: str = "laurent") -> None:
        """In the draft: others see it once it is released."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            there_item = session.get_one(AgendaItem, item.id)
            put = session.get_one(Document, document.id)
            allocation.allocate_document(session, actor, there, put, there_item, version=there.agenda_version)

    def agenda_released(self, meeting: Meeting, *, note: str = "", by: str = "laurent") -> AgendaRelease:
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return release.release_agenda(
                session, actor, there, NewAgendaRelease(note=note), version=there.agenda_version
            )

    def proposed(self, meeting: Meeting, *, title: str = "A wish", by: str = "amina") -> ItemProposal:
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return item_proposals.propose_agenda_item(
                session, actor, there, NewItemProposal(title=title, reason="It is urgent."), "en"
            )

    def session(self, meeting: Meeting, *, starts_in: timedelta = timedelta(0)) -> MeetingSession:
        """A session of three hours, planned and not open yet."""
        starts = clock.now() + starts_in
        made = MeetingSession(meeting_id=meeting.id, starts_at=starts, ends_at=starts + timedelta(hours=3))
        with transaction(self.write) as session:
            session.add(made)
            record_rows(session)
        return made

    def sitting(self, meeting: Meeting, item: AgendaItem | None = None, *, by: str = "laurent") -> Sitting:
        """A session that is open, at this item of the released agenda."""
        self.first_day_comes(meeting)
        planned = self.session(meeting)
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            made = floor.open_meeting_session(session, actor, there, session.get_one(MeetingSession, planned.id))
            if item:
                floor.go_to_item(session, actor, there, item.id, version=made.version)
            return made

    def asked_for_the_floor(self, meeting: Meeting, who: str, **more: object) -> FloorRequest:
        with self.acting(who) as (session, actor):
            return speakers_list.request_floor(
                session, actor, session.get_one(Meeting, meeting.id), FloorRequestInput(**more)
            )

    def reported(self, meeting: Meeting, stage: ReportStage, *, text: str = "A text.") -> ReportCorrection:
        """A report of one paragraph at this stage; from its circulation on a correction waits. Its key comes back."""
        paragraph = new_paragraph(ParagraphKind.TEXT, text, "en")
        made = ReportCorrection(id=None, paragraph=paragraph.key)
        self.first_day_comes(meeting)
        with self.acting("laurent") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            wanted = NewReportDraft(attribution=SpeakerAttribution.NAMED, lang="en")
            reports.save_report_draft(session, actor, there, wanted, [paragraph])
            if stage is not ReportStage.DRAFT:
                reports.circulate_report(session, actor, there, revision=1)
            if stage in (ReportStage.ADOPTED, ReportStage.REGISTERED):
                reports.adopt_report(session, actor, there, revision=1)
        if stage is ReportStage.CIRCULATED:
            with self.acting("amina") as (session, actor):
                there, wish = session.get_one(Meeting, meeting.id), NewReportCorrection(text="Another text.")
                made = corrections.request_report_correction(session, actor, there, paragraph.key, wish, revision=1)
        if stage is ReportStage.REGISTERED:
            with self.acting("ines") as (session, actor):
                there = session.get_one(Meeting, meeting.id)
                reports.register_report(session, actor, there, "Report", self.file())
        return made

    def commented(self, meeting: Meeting, key: str, by: str = "amina", text: str = "Why so?") -> ReportComment:
        """A comment on a paragraph of the report of a meeting."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            report = find_report(session, there)
            assert report
            new = NewReportComment(comment=text, lang="en")
            return report_comments.comment_on_report(session, actor, there, key, new, revision=report.revision)

    def file(self, language: str = "en", text: str = "A text of one paragraph.") -> LanguageFile:
        """A real file that passed the file inspection (once for each text in a run), in the store."""
        received, content = inspect_document(language, text)
        with NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            self.store.put(Path(file.name), received.sha256)
        findings = [finding.to_json() for finding in received.findings]
        return LanguageFile(language, received.sha256, received.size, received.kind, received.offered_name, findings)

    def rendered(
        self,
        sha256: str,
        *paragraphs: str,
        pdf: bool = True,
        whole: bool = True,
        undrawn: Sequence[UndrawnContent] = (),
        heading_levels: list[int] | None = None,
    ) -> None:
        """A file as the worker leaves it, with a PDF and a picture of its own, for all who have it now."""
        with TemporaryDirectory() as folder:
            kept, pages = [], make_pdf(title=sha256)
            for content in (pages, b"RIFF a picture WEBP"):
                path = Path(folder) / "made"
                path.write_bytes(content)
                kept.append(hash_file(path))
                self.store.put(path, kept[-1])
        file, picture = kept if pdf else (None, None)
        made = RenditionResult(
            list(paragraphs), 2, file, len(pages) if pdf else None, picture, whole, undrawn, heading_levels
        )
        with transaction(self.work) as session:
            for contribution in (None, *self.list_contributions_with_file(sha256)):
                for _ in range(2 if whole else file_actions.MAX_ATTEMPTS):
                    file_actions.count_rendering_attempt(session, sha256, contribution=contribution)
                file_actions.save_rendition(session, sha256, made, contribution=contribution)

    def with_pdf(self, output: Output, *languages: str) -> Output:
        """The output, with the PDF of its texts and translations in these languages; in English if none are named."""
        with transaction(self.read) as session:
            texts = [*output_queries.list_output_files(session, output)]
            texts += output_queries.list_translations(session, output)
            files = [text.sha256 for text in texts if text.language in (languages or ("en",))]
        for sha256 in files:
            self.rendered(sha256, "The text.")
        with transaction(self.work) as session:
            draft_texts.add_pdfs_to_draft(session, output.id)
        with transaction(self.read) as session:
            return session.get_one(Output, output.id)

    def scanned(self, sha256: str, state: ScanState, virus_name: str = "") -> None:
        """The verdict of the virus scanner on a file, for all who have it now."""
        with transaction(self.work) as session:
            record_rows(session)
            for contribution in (None, *self.list_contributions_with_file(sha256)):
                verdict = ScanVerdict(state, virus_name)
                file_actions.save_scan_verdict(session, sha256, verdict, contribution=contribution)

    def list_contributions_with_file(self, sha256: str) -> list[UUID]:
        """The contributions of all entities that have this file."""
        found: list[UUID] = []
        with transaction(self.read) as session:
            for entity in session.scalars(select(Person.entity).distinct()).all():
                set_row_security_entity(session, entity)
                files = select(ContributionFile.contribution_id).where(ContributionFile.sha256 == sha256)
                found += session.scalars(files).all()
        return list(dict.fromkeys(found))

    def revised(self, document: Document, text: str, *, title: str = "A revised title", by: str = "ines") -> Edition:
        """A revision with this text in English."""
        new = NewEdition(
            step=EditionStep.REVISION,
            text=RegisteredText(original="en", titles={"en": title}, files=(self.file("en", text),)),
        )
        with self.acting(by) as (session, actor):
            return register.add_edition(session, actor, session.get_one(Document, document.id), new)

    def draft(
        self,
        meeting: Meeting,
        *,
        by: str = "amina",
        title: str = "Secret draft title",
        file: bool = True,
        **more: object,
    ) -> Contribution:
        with self.acting(by) as (session, actor):
            return self._draft(session, actor, meeting, title, file=file, **more)

    def _draft(
        self, session: WriteSession, actor: Actor, meeting: Meeting, title: str, *, file: bool = True, **more: object
    ) -> Contribution:
        cover = ContributionCover(title=title, original="en", purpose="discussion", **more)
        made = contributions.create_draft_contribution(
            session, actor, session.get_one(Meeting, meeting.id), cover, key=uuid4()
        )
        if file:
            contributions.put_contribution_file(session, actor, made, self.file(), began_at=clock.now())
        return made

    def asked(self, meeting: Meeting, *states: str, title: str = "Secret joint title") -> Contribution:
        """A draft of Kenya that these States are asked to sign."""
        made = self.draft(meeting, title=title)
        with self.acting("amina") as (session, actor):
            there = session.get_one(Contribution, made.id)
            for state in states:
                cosponsors.invite_cosponsor(session, actor, there, CosponsorInvitation(entity=state))
            return there

    def cleaned(self, draft: Contribution) -> Contribution:
        """The draft of Kenya, whose file a clean copy has replaced; its original is kept."""
        with self.acting("amina") as (session, actor):
            row, file = session.get_one(Contribution, draft.id), self.file()
            copy = CleanCopyInput(file, file.sha256, {"comments": 1})
            clean_copies.save_clean_copy(session, actor, row, copy, version=row.version, began_at=clock.now())
            return row

    def submitted_for(
        self,
        meeting: Meeting,
        state: str = "KEN",
        *,
        by: str = "ines",
        title: str = "A title in its name",
        series: str = "C",
    ) -> Contribution:
        """Submitted by the secretariat in the name of a State; or, in another series, in its own."""
        cover = ContributionCover(title=title, original="en", purpose="discussion")
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            made = contributions.create_draft_contribution(
                session, actor, there, cover, key=uuid4(), entity=state, series=series
            )
            contributions.put_contribution_file(session, actor, made, self.file(), began_at=clock.now())
            submission, version = load_submission(session, made), made.version
            contributions.submit_contribution(
                session,
                actor,
                submission,
                version=version,
                grace=GRACE,
                accepts_lateness=True,
                answers=answer_all(submission),
            )
            return made

    def held(self, meeting: Meeting, *, title: str = "A held title") -> Contribution:
        """Late, and held by the chair; the meeting's deadline has passed."""
        made = self.submitted(meeting, title=title)
        with self.acting("laurent") as (session, actor):
            there = session.get_one(Contribution, made.id)
            late_submissions.hold_late_contribution(
                session, actor, there, ReasonInput(reason="It is too late."), version=there.version
            )
            return there

    def submitted(
        self,
        meeting: Meeting,
        *,
        by: str = "amina",
        title: str = "A submitted title",
        asking: str | None = None,
        **more: object,
    ) -> Contribution:
        """Submitted; late if the meeting's deadline has passed."""
        asked = self.asked(meeting, asking, title=title) if asking else None
        with self.acting(by) as (session, actor):
            there = (
                session.get_one(Contribution, asked.id)
                if asked
                else self._draft(session, actor, meeting, title, **more)
            )
            submission = load_submission(session, there)
            contributions.submit_contribution(
                session,
                actor,
                submission,
                version=there.version,
                grace=GRACE,
                accepts_lateness=True,
                answers=answer_all(submission),
            )
            return there

    def returned(self, meeting: Meeting, *, by: str = "amina", asking: str | None = None) -> Contribution:
        made = self.submitted(meeting, by=by, asking=asking)
        with self.acting("ines") as (session, actor):
            there = session.get_one(Contribution, made.id)
            registration.return_contribution(
                session, actor, there, ReasonInput(reason="The file is empty."), version=there.version
            )
            return there

    def registered(
        self, meeting: Meeting, *, by: str = "amina", title: str = "A registered title", **more: object
    ) -> tuple[Contribution, Document]:
        made = self.submitted(meeting, by=by, title=title, **more)
        with self.acting("ines") as (session, actor):
            there = session.get_one(Contribution, made.id)
            return there, registration.register_contribution(session, actor, there, version=there.version)

    def registered_with_cosponsor(self, meeting: Meeting) -> tuple[Contribution, Document]:
        """A registered contribution of Kenya that Brazil co-sponsors."""
        made = self.submitted(meeting, title="A joint title", asking="BRA")
        with self.acting("rafael") as (session, actor):
            there = session.get_one(Contribution, made.id)
            cosponsors.sign_contribution(session, actor, there, version=there.version)
        with self.acting("ines") as (session, actor):
            there = session.get_one(Contribution, made.id)
            return there, registration.register_contribution(session, actor, there, version=there.version)

    def output(
        self,
        meeting: Meeting,
        *,
        title: str = "Secret output title",
        sources: frozenset[UUID] = frozenset(),
        **more: object,
    ) -> Output:
        """A draft of an output, with its text in English."""
        cover = OutputCover(**{"kind": "report", "original": "en", "titles": {"en": title}, "sources": sources} | more)
        with self.acting("ines") as (session, actor):
            made = outputs.create_draft_output(session, actor, session.get_one(Meeting, meeting.id), cover)
            draft_texts.put_draft_file(session, actor, made, self.file("en", title))
            return made

    def circulated(self, output: Output, *paragraphs: str, note: str = "", by: str = "laurent") -> CirculatedVersion:
        """The draft as it is now, circulated to the delegations; these paragraphs replace its English text."""
        if paragraphs:
            with self.acting("ines") as (session, actor):
                file = self.file("en", "\n".join(paragraphs))
                draft_texts.put_draft_file(session, actor, session.get_one(Output, output.id), file)
            self.rendered(file.sha256, *paragraphs)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            new = NewCirculation(note=note, text=output_queries.compute_text_digest(session, there))
            return circulations.circulate_draft(session, actor, there, new)

    def comment(self, version: CirculatedVersion, by: str = "amina", **more: object) -> Comment:
        """A remark of a State on the first paragraph, unless `more` says otherwise."""
        plain = {"language": "en", "paragraph": 1, "kind": "remark", "text": "It is too strong.", "lang": "en"}
        with self.acting(by) as (session, actor):
            there = session.get_one(CirculatedVersion, version.id)
            return comments.add_comment(session, actor, there, NewComment(**plain | more))

    def answered(
        self, comment: Comment, by: str = "laurent", *, version: int | None = None, number: int = 0, **more: object
    ) -> CommentAnswer:
        """Taken, unless `more` says otherwise; to the words as they are now, unless `version` says which."""
        new = NewCommentAnswer(**{"answer": "taken", "lang": "en"} | more)
        with self.acting(by) as (session, actor):
            there = session.get_one(Comment, comment.id)
            seen = there.version if version is None else version
            return comments.answer_comment(session, actor, there, new, version=seen, number=number)

    def adopted(self, meeting: Meeting, *, by: str = "laurent", draft: Output | None = None, **more: object) -> Output:
        """Adopted as it is now: this draft, or a new one."""
        made = draft or self.output(meeting, **more)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, made.id)
            text = output_queries.compute_text_digest(session, there)
            draft_texts.adopt_draft(
                session, actor, there, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text)
            )
            return there

    def unreached(self, output: Output) -> str:
        """The digest of the States of which no person could answer if silence were opened on this output now."""
        with transaction(self.read) as session:
            states = list_addressed_member_states(session, output.body_id)
            informed = list_states_to_inform(session, session.get_one(Output, output.id), clock.now())
            return compute_digest_of_states(list_unreached_states(states, informed))

    def silence(self, output: Output, *, hours: float = 73, by: str = "laurent", **more: object) -> SilenceProcedure:
        """A silence procedure that runs for so many hours, to the minute; opened although most States cannot answer."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            zone = session.get_one(Meeting, there.meeting_id).zone
            until = (clock.now() + timedelta(hours=hours)).astimezone(ZoneInfo(zone))
            plain = {"unreached": self.unreached(there), "choice": "open-anyway", "opening_reason": "It is urgent."}
            plain["positions_shown_to"] = get_position_audience(session.get_one(Body, there.body_id).positions_shown_to)
            text = output_queries.compute_text_digest(session, there)
            new = NewSilenceProcedure(on=until.date(), at=until.time(), text=text, **plain | more)
            return silence.open_procedure(session, actor, there, new)

    def position(self, procedure: SilenceProcedure, by: str, stance: str, **more: object) -> None:
        """The State of this person takes its position, or another one than before. Breaking silence has a reason."""
        with self.acting(by) as (session, actor):
            there = session.get_one(SilenceProcedure, procedure.id)
            known = find_position(session, there, actor.entity)
            reason = {"text": "Not in these words."} if stance == "breaks" else {}
            new = NewSilencePosition(stance=stance, **{"lang": "en"} | reason | more)
            silence.take_position(session, actor, there, new, version=known.version if known else 0)

    def kept(self, meeting: Meeting, **more: object) -> Output:
        """Adopted by silence, four days from now: it opened with the clock of now."""
        made = self.output(meeting, **more)
        self.silence(made)
        with clock.shifted_clock(timedelta(hours=74)), transaction(self.work) as session:
            silence.settle_procedure(session, made.id)
            return session.get_one(Output, made.id)

    def statement(
        self, output: Output, by: str = "amina", *, kind: str = "reservation", text: str = "We reserve."
    ) -> OutputStatement:
        """What a State attaches to an adopted text."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            return statements.attach_statement(session, actor, there, NewStatement(kind=kind, text=text, lang="en"))

    def approved(self, meeting: Meeting, **more: object) -> Output:
        return self.both_approve(self.adopted(meeting, **more))

    def both_approve(self, made: Output) -> Output:
        """Approve as the first two of these who may; neither schedules the release. A worker that runs meanwhile may
        look at these sign-ins first, and refuse them, since no provider knows them: then they approve again."""
        for _ in range(5):
            for key in ("layla", "daniel", "ines"):
                with self.acting(key) as (session, actor):
                    there = session.get_one(Output, made.id)
                    subject = output_queries.get_output_rule_subject(session, there)
                    if output_rules.APPROVE_RELEASE.allows(actor, subject):
                        self._approve(session, actor, there)
            self.verify_approvals(made)
            with transaction(self.read) as session:
                if session.get_one(Output, made.id).status == OutputStatus.APPROVED:
                    return there
        raise AssertionError("its approvals are refused again and again")

    def _approve(self, session: WriteSession, actor: Actor, there: Output) -> None:
        proof = prove(there, session.get_one(Person, actor.person))
        outputs.approve_release(session, actor, there, digest=str(there.text_digest), proof=proof)

    def approve(self, output: Output, by: str) -> None:
        """Approve with a sign-in that was made for it."""
        with self.acting(by) as (session, actor):
            self._approve(session, actor, session.get_one(Output, output.id))

    def sign_in_to_approve(
        self,
        secret: str,
        output: Output,
        who: str,
        *,
        language: str = "",
        ago: timedelta = timedelta(0),
        statement: ApprovalStatement | None = None,
    ) -> None:
        """What the session of this secret keeps once its person has signed in for an approval, so long ago: of the
        output, or of its translation into this language."""
        with transaction(self.read) as session:
            translated = session.get_one(OutputTranslation, (output.id, language)) if language else None
        statement = statement or state(output, self.person(who), translated)
        with clock.shifted_clock(-ago), transaction(self.write) as session:
            people.keep_sign_in_for_approval(session, secret, statement=statement.to_json(), id_token=sign(statement))

    def outcomes(self, output: Output) -> dict[str, str]:
        """What the worker found of the approvals of an output, by who gave them."""
        names = {person: key for key, person in self._people.items()}
        with transaction(self.read) as session:
            rows = session.execute(
                select(ApprovalCheck.person_id, ApprovalCheck.outcome).where(ApprovalCheck.output_id == output.id)
            )
            return {names[person]: outcome for person, outcome in rows}

    def verify_approvals(self, output: Output) -> None:
        """Note that the sign-ins behind the approvals were verified, as the worker does."""
        with transaction(self.work) as session:
            for given in list_unchecked_approvals(session, output.id):
                record_approval_check(session, given, ApprovalCheckOutcome.VERIFIED)

    @contextmanager
    def acting_to_release(self, output: Output) -> Iterator[tuple[WriteSession, Actor, Output]]:
        """A transaction of somebody who may release it."""
        with transaction(self.read) as session:
            case = output_queries.get_output_rule_subject(session, session.get_one(Output, output.id))
        who = next(key for key in ("ines", "layla") if output_rules.SCHEDULE_RELEASE.allows(self.actor(key), case))
        with self.acting(who) as (session, actor):
            yield session, actor, session.get_one(Output, output.id)

    def leaving(self, meeting: Meeting, **more: object) -> Output:
        return self.schedule_release(self.approved(meeting, **more))

    def schedule_release(self, made: Output, plan: NewReleasePlan | None = None) -> Output:
        with self.acting_to_release(made) as (session, actor, there):
            releasing_outputs.schedule_release(session, actor, there, plan or NewReleasePlan())
            return there

    def scheduled(self, meeting: Meeting, *, seconds: float = 3600, **more: object) -> Output:
        """Approved, and its release set for so many seconds from now, on the whole second."""
        return self.set_for(self.approved(meeting, **more), seconds=seconds)

    def schedule(self, output: Output, *, seconds: float) -> Output:
        """The same of a draft that is there."""
        with self.acting("laurent") as (session, actor):
            there = session.get_one(Output, output.id)
            opens_on = session.get_one(Meeting, there.meeting_id).opens_on
            text = output_queries.compute_text_digest(session, there)
            draft_texts.adopt_draft(session, actor, there, Adoption(adopted_on=opens_on, without_pdf=True, text=text))
        return self.set_for(self.both_approve(there), seconds=seconds)

    def set_for(self, made: Output, *, seconds: float) -> Output:
        with self.acting_to_release(made) as (session, actor, there):
            zone = ZoneInfo(session.get_one(Meeting, there.meeting_id).zone)
            at = (clock.now() + timedelta(seconds=seconds)).astimezone(zone).replace(microsecond=0)
            releasing_outputs.schedule_release(
                session, actor, there, NewReleasePlan(when="then", on=at.date(), at=at.time())
            )
            return there

    def failed(self, meeting: Meeting, **more: object) -> Output:
        """Scheduled for release, and the release failed."""
        made = self.leaving(meeting, **more)
        with transaction(self.work) as session:
            releases.record_release_failure(session, made.id, ReleaseFailure.TEXT_MISMATCH)
            return session.get_one(Output, made.id)

    def released(self, meeting: Meeting, shelf: Store, **more: object) -> Output:
        """Released, as the worker does it."""
        return self.left(self.leaving(meeting, **more), shelf)

    def as_released(self, adopted: Output, shelf: Store, plan: NewReleasePlan | None = None) -> Output:
        """An adopted text, approved and released."""
        return self.left(self.schedule_release(self.both_approve(adopted), plan), shelf)

    def works_in(self, *languages: str, body: str = BODY) -> None:
        """From now on the body works in these languages."""
        if set(self.body(body).languages) != set(languages):
            self.change_body(body, languages=list(languages))

    def change_body(
        self, body: str = BODY, *, by: str = "ines", confirmed_by: str = "daniel", **values: object
    ) -> None:
        """One secretary proposes these values for a body, and another one confirms them."""
        made = self.propose_change(body, by=by, **values)
        with self.acting(confirmed_by) as (session, actor):
            confirm_proposal(session, actor, session.get_one(BodyProposal, made.id))

    def propose_change(self, body: str = BODY, *, by: str = "ines", **values: object) -> BodyProposal:
        """One secretary proposes these values for a body."""
        with self.acting(by) as (session, actor):
            there = session.scalars(select(Body).where(Body.code == body)).one()
            content = ChangedBody.model_validate(read_body_with_rules(there).model_dump() | values)
            reason, version = ReasonInput(reason="The Council decided it."), there.version or 1
            return propose_change(session, actor, there, content, reason, version=version)

    def translated(
        self, output: Output, language: str, *, title: str = "A title", by: str = "ines", approved_by: str = "layla"
    ) -> OutputTranslation:
        """The adopted text in one more language; approved and verified unless `approved_by` is empty."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            file = self.file(language, f"{title} ({language})")
            made = translation.add_translation(
                session, actor, there, file, TranslatedTitle(title=f"{title} ({language})")
            )
        if approved_by:
            self.approve_translation(output, language, by=approved_by)
            self.verify_approvals(output)
        return made

    def approve_translation(self, output: Output, language: str, *, by: str, digest: str | None = None) -> None:
        """Approve a translation with a sign-in that was made for it; the worker has not verified that. With `digest`,
        as somebody who saw another text."""
        with self.acting(by) as (session, actor):
            there, it = session.get_one(Output, output.id), session.get(OutputTranslation, (output.id, language))
            proof = prove(there, session.get_one(Person, actor.person), it)
            seen = digest or (it.digest if it else "")
            translation.approve_translation(session, actor, there, language, digest=seen, proof=proof)

    def completing(self, output: Output, moment: ReleaseInstant | None = None, *, by: str = "ines") -> Output:
        """Schedule the release of what an advance version lacks."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            text = compute_digest_of_translations(translations.list_translations_to_release(session, there))
            completion.schedule_completion(session, actor, there, moment or ReleaseInstant(), digest=text)
            return there

    def not_completed(self, output: Output) -> None:
        """It was scheduled, and the worker could not release it."""
        with transaction(self.work) as session:
            assert completing_releases.record_completion_failure(session, output.id, ReleaseFailure.TEXT_MISMATCH)

    def advance(self, meeting: Meeting, shelf: Store, *languages: str, **more: object) -> Output:
        """Released in English alone by a body that works in these languages too."""
        self.works_in("en", *languages)
        return self.as_released(self.adopted(meeting, **more), shelf, NewReleasePlan(form="advance"))

    def completed(self, output: Output, shelf: Store) -> Output:
        """The version in all languages has replaced an advance one."""
        for language in output.still_to_come:
            self.translated(output, language)
        return self.left(self.completing(output), shelf)

    def left(self, made: Output, shelf: Store) -> Output:
        with transaction(self.work) as session:
            where = (session, self.store, shelf, made.id)
            is_released = releases.release_output(*where)
            assert is_released or completing_releases.release_missing_languages(*where)
            if is_released:
                delivering.create_deliveries(session, made.id)
        self.deliver(made)
        with transaction(self.read) as session:
            return session.get_one(Output, made.id)

    def deliver(self, output: Output) -> list[Delivery]:
        """Its deliveries, put on the desks of their recipients as the worker does it."""
        with transaction(self.work) as session:
            for each in list_deliveries(session, output):
                delivering.send_delivery(session, each.id)
        with transaction(self.read) as session:
            return list(list_deliveries(session, output))

    def give_address(self, code: str, address: str) -> None:
        """The register has this address for e-mail of an organization, or none."""
        with self.acting("ines") as (session, actor):
            row = session.get_one(Organization, code)
            kept = {"kind": row.kind, "confirmed": tuple(row.confirmed), "from_on": row.from_on, **row.names}
            entry = OrganizationEntry(address=address or None, **kept)
            organizations.change_organization(session, actor, row, entry, version=row.version)

    def acknowledge(self, delivery: Delivery, by: str = "olga") -> None:
        """An officer of the unit acknowledges what was sent to it."""
        with self.acting(by) as (session, actor):
            answering.acknowledge_delivery(session, actor, session.get_one(Delivery, delivery.id))

    def hand_over(self, delivery: Delivery, by: str = "ines") -> None:
        """A secretary notes that a text was handed over now."""
        with self.acting(by) as (session, actor):
            output = session.get_one(Output, delivery.output_id)
            now = clock.now().astimezone(ZoneInfo(session.get_one(Meeting, output.meeting_id).zone))
            handover = HandoverNote(on=now.date(), at=now.time().replace(second=0, microsecond=0), note="By a courier")
            answering.note_delivery_by_hand(session, actor, session.get_one(Delivery, delivery.id), handover)

    def parent_meeting(self, *, opens_in: int = 60, number: int = 44, by: str = "ines") -> Meeting:
        """A meeting of the parent group; who convenes it serves that group too from now on."""
        self.serve_the_parent(by)
        return self.meeting(opens_in=opens_in, number=number, body=PARENT, by=by)

    def serve_the_parent(self, key: str) -> None:
        """A secretary of CWG-Internet becomes one of its parent group too."""
        if not any(seat.body == self.body(PARENT).id for seat in self.actor(key).seats):
            self.seat(key, "secretary", body=PARENT)

    def for_the_parent(self, meeting: Meeting, shelf: Store, **more: object) -> Output:
        """A released report to the parent group."""
        return self.released(meeting, shelf, **{"kind": "parent_report"} | more)

    def forwarded(self, output: Output, to: Meeting, by: str = "ines") -> Document:
        """Received by the parent group, and registered for this meeting."""
        return self.receive(self.delivery_to_body(output), to, by)

    def delivery_to_body(self, output: Output) -> Delivery:
        """The delivery of an output to its parent group."""
        with transaction(self.read) as session:
            return next(each for each in list_deliveries(session, output) if each.kind == "body")

    def receive(self, delivery: Delivery, to: Meeting, by: str = "ines") -> Document:
        with self.acting(by) as (session, actor):
            return receiving.receive_delivery(session, actor, session.get_one(Delivery, delivery.id), to.id)

    def return_text(self, delivery: Delivery, by: str = "ines", *, reason: str = "It is for another group.") -> None:
        """The secretariat of the receiving group returns a text."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Delivery, delivery.id)
            receiving.return_delivery(session, actor, there, ReasonInput(reason=reason))

    def to_be_withdrawn(
        self, output: Output, by: str = "ines", *, reason: str = "A wrong text.", **more: object
    ) -> Output:
        """Somebody proposes to withdraw it."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            withdrawing.propose_withdrawal(
                session, actor, there, NewWithdrawal(**{"reason": reason, "lang": "en"} | more)
            )
            return there

    def release_alone(
        self, output: Output, by: str = "ines", *, reason: str = "Nobody else can be had.", text: str | None = None
    ) -> Output:
        """One secretary schedules the release of an adopted text."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            why = SoleDecision(reason=reason, lang="en")
            releasing_outputs.release_by_sole_decision(
                session, actor, there, why, digest=text or str(there.text_digest)
            )
            return there

    def released_alone(self, meeting: Meeting, shelf: Store, *, reason: str = "Nobody else can be had.") -> Output:
        """The same, and released, as the worker does it."""
        made = self.release_alone(self.adopted(meeting), reason=reason)
        with transaction(self.work) as session:
            releases.release_output(session, self.store, shelf, made.id)
        with transaction(self.read) as session:
            return session.get_one(Output, made.id)

    def withdraw_alone(
        self, output: Output, by: str = "ines", *, reason: str = "A wrong text.", text: str | None = None
    ) -> None:
        """One secretary withdraws a released text, and the worker has done it."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            why, seen = SoleDecision(reason=reason, lang="en"), text or str(there.text_digest)
            withdrawing.withdraw_by_sole_decision(session, actor, there, why, digest=seen)
        self.take_out(output)

    def withdrawal(self, output: Output) -> UUID:
        """The proposal that waits."""
        with transaction(self.read) as session:
            waiting = find_pending_withdrawal(session, session.get_one(Output, output.id))
            assert waiting
            return waiting.id

    def confirm_withdrawal(self, output: Output, by: str = "laurent", *, seen: UUID | None = None) -> None:
        """A second person confirms it, and the worker has done it."""
        self.decide_withdrawal(output, by, seen=seen)
        self.take_out(output)

    def decide_withdrawal(self, output: Output, by: str = "laurent", *, seen: UUID | None = None) -> None:
        """A second person confirms it."""
        seen = seen or self.withdrawal(output)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            withdrawing.confirm_withdrawal(session, actor, there, expected_withdrawal_id=seen)

    def take_out(self, output: Output) -> bool:
        """Withdraw it, as the worker does once it was decided."""
        with transaction(self.work) as session:
            is_done = withdrawing_releases.withdraw_output(session, output.id)
            delivering.call_back_deliveries(session, output.id)
            return is_done

    def withdrawal_failed(self, output: Output) -> Output:
        """It was decided, and the worker could not withdraw it."""
        self.to_be_withdrawn(output)
        self.decide_withdrawal(output)
        with transaction(self.work) as session:
            reason = ReleaseFailure.MANIFEST_TAMPERED
            assert withdrawing_releases.record_withdrawal_failure(session, output.id, reason)
            return session.get_one(Output, output.id)

    def decline_withdrawal(self, output: Output, by: str = "laurent", *, reason: str = "It is right.") -> None:
        seen = self.withdrawal(output)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            withdrawing.decline_withdrawal(
                session, actor, there, ReasonInput(reason=reason), expected_withdrawal_id=seen
            )

    def withdrawn(self, output: Output, **more: object) -> Output:
        """One proposed it, another confirmed."""
        self.to_be_withdrawn(output, **more)
        self.confirm_withdrawal(output)
        with transaction(self.read) as session:
            return session.get_one(Output, output.id)
