"""The world of the tests: the cast on the roster of CWG-Internet, and one obvious maker for each thing."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession, act_for, transaction
from app.core.intake import Received, take_in
from app.core.signing import Signer
from app.core.store import Store, digest_of, open_store
from app.demo.cast import CAST
from app.domain.agendas import actions as agendas
from app.domain.agendas import allocating, proposing, releasing
from app.domain.agendas.inputs import NewItem, NewProposal, Release
from app.domain.agendas.models import AgendaItem, AgendaRelease, ItemProposal
from app.domain.bodies import actions as bodies
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Body, Capacity
from app.domain.bodies.queries import seats_of
from app.domain.circulations import actions as circulations
from app.domain.circulations import commenting
from app.domain.circulations.inputs import Circulation, NewAnswer, NewComment
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer
from app.domain.contributions import actions as contributions
from app.domain.contributions import joint, lateness
from app.domain.contributions.inputs import Because, Invitation
from app.domain.contributions.inputs import Cover as ContributionCover
from app.domain.contributions.models import Contribution
from app.domain.documents import actions as register
from app.domain.documents.inputs import FileOf, NewEdition
from app.domain.documents.inputs import Text as RegisteredText
from app.domain.documents.models import Document, Edition, Step
from app.domain.floor import actions as floor
from app.domain.floor import speakers
from app.domain.floor.inputs import Asking
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.identity import people
from app.domain.identity.claims import Claims, Membership
from app.domain.identity.models import Person
from app.domain.meetings import actions as meetings
from app.domain.meetings import sessions
from app.domain.meetings.inputs import Because as MeetingBecause
from app.domain.meetings.inputs import NewMeeting, NewSession
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.outputs import actions as outputs
from app.domain.outputs import completing, forwarding, translating, translations, withdrawing
from app.domain.outputs import queries as output_queries
from app.domain.outputs import releasing as releasing_outputs
from app.domain.outputs import rules as output_rules
from app.domain.outputs.inputs import Adoption, Alone, Moment, NewWithdrawal, Plan, TitleOf
from app.domain.outputs.inputs import Because as OutputBecause
from app.domain.outputs.inputs import Cover as OutputCover
from app.domain.outputs.models import Failure, Output, Translation
from app.domain.participants import actions as participants
from app.domain.participants.inputs import NewParticipant
from app.domain.participants.models import Participant
from app.domain.receipts.actions import HAND
from app.domain.releases import actions as releases
from app.domain.releases import completing as completing_releases
from app.domain.releases import withdrawing as withdrawing_releases
from app.domain.renditions import actions as renditions
from app.domain.renditions.inputs import Made
from app.domain.reports import actions as reports
from app.domain.reports.inputs import NewCorrection, NewReport
from app.domain.reports.models import Attribution, ReportCorrection, Stage
from app.domain.reports.paragraphs import Kind
from app.domain.reports.paragraphs import new as new_paragraph
from app.domain.silence import actions as silence
from app.domain.silence import drafting, stating
from app.domain.silence import queries as silence_queries
from app.domain.silence.inputs import NewPosition, NewStatement, Opening
from app.domain.silence.models import OutputStatement, SilenceProcedure
from tests.files import a_docx, a_pdf

ISSUER = "http://127.0.0.1:9/provider"
BODY, PARENT = "cwg-internet", "wg-wsis"
PLAYERS = {player.key: player for player in CAST}
GRACE = timedelta(minutes=30)
SIGNING_KEY = "dGhpcyBrZXkgc2lnbnMgaW4gdGVzdHMgYWxvbmUuLi4="
SIGNER = Signer.of("http://127.0.0.1:8000", SIGNING_KEY)


@cache
def through_the_gate(language: str, text: str) -> tuple[Received, bytes]:
    """What the gate says of a document, and its bytes."""
    content = a_docx(text)
    with TemporaryDirectory() as folder:
        store = open_store(f"file://{folder}/store")
        return take_in(store, io.BytesIO(content), f"text-{language}.docx", 10**7), content


def claims(key: str) -> Claims:
    """What the provider says of one of the cast."""
    player = PLAYERS[key]
    return Claims(
        issuer=ISSUER,
        subject=player.subject,
        name=player.name,
        email=player.email,
        locale=player.locale,
        membership=Membership(player.membership),
        entity=player.entity,
        entity_name=player.entity_name,
        roles=frozenset(player.roles),
    )


def on_the_roster(session: ReadSession) -> dict[str, UUID]:
    """Who of the cast is there already: all of them in a clone of the template that holds them, else nobody."""
    known = dict(session.execute(select(Person.subject, Person.id).where(Person.issuer == ISSUER)).all())
    return {key: known[player.subject] for key, player in PLAYERS.items() if player.subject in known}


def enrol(session: WriteSession) -> dict[str, UUID]:
    """Put the cast on the roster, each with the capacity that they have in the demo."""
    found = {}
    for key, player in PLAYERS.items():
        person = people.know(session, claims(key))
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
                **term,
                proposed_at=clock.now(),
                confirmed_at=clock.now(),
            )
        )


class World:
    """Makers. Each commits what it makes, through the verbs of the house where there is one."""

    def __init__(self, write: sessionmaker[WriteSession], read: sessionmaker[ReadSession], store: Store) -> None:
        write.configure(info=write.kw["info"] | {HAND: SIGNER})
        self.write, self.read, self.store = write, read, store
        with transaction(write) as session:
            self._people = on_the_roster(session) or enrol(session)

    def seat(self, key: str, capacity: str, *, body: str = BODY) -> None:
        """Give somebody one more seat."""
        with transaction(self.write) as session:
            give_seat(session, session.get_one(Person, self._people[key]), capacity, body)

    def claims(self, key: str) -> Claims:
        return claims(key)

    def person(self, key: str) -> Person:
        with transaction(self.read) as session:
            return session.get_one(Person, self._people[key])

    def actor(self, key: str) -> Actor:
        """As they stand at this moment."""
        with transaction(self.read) as session:
            person = session.get_one(Person, self._people[key])
            seats = seats_of(session, person.id, person.membership, person.entity, clock.now().date())
            return Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)

    def sign_in(self, key: str) -> str:
        """A session; returns the secret of its cookie."""
        with transaction(self.write) as session:
            person = session.get_one(Person, self._people[key])
            return people.begin_session(session, person, provider_sid=f"sid-{key}", browser="Test")[0]

    @contextmanager
    def acting(self, key: str) -> Iterator[tuple[WriteSession, Actor]]:
        """A transaction in which somebody acts, as in a request."""
        actor = self.actor(key)
        with transaction(self.write) as session:
            act_for(session, actor.entity)
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
            return meetings.convene(session, actor, there, new, "en")

    def planned(self, *, opens_in: int = 60, number: int = 24, body: str = BODY, place: str = "Geneva") -> Meeting:
        """A meeting that only the secretariat and the chairs see."""
        opens = clock.now().date() + timedelta(days=opens_in)
        new = NewMeeting(
            number=number, place=place, zone="Europe/Zurich", opens_on=opens, closes_on=opens + timedelta(days=2)
        )
        with self.acting("ines") as (session, actor):
            there = session.scalars(select(Body).where(Body.code == body)).one()
            return meetings.plan(session, actor, there, new, "en")

    def moved(self, meeting: Meeting, *names: str, by: str = "ines") -> Meeting:
        """Taken these steps of its life, one after the other."""
        for name in names:
            with self.acting(by) as (session, actor):
                there = session.get_one(Meeting, meeting.id)
                because = MeetingBecause(reason="There is no quorum.") if name == "cancel" else None
                drafting.move_meeting(session, actor, there, name, version=there.version, because=because)
        return there

    def session_of(
        self, meeting: Meeting, *, day: int = 0, starts: str = "09:30", ends: str = "12:30", by: str = "ines"
    ) -> MeetingSession:
        """A session on a day of the meeting, the first one being 0."""
        new = NewSession(on=meeting.opens_on + timedelta(days=day), starts=starts, ends=ends)
        with self.acting(by) as (session, actor):
            return sessions.lay_down(session, actor, session.get_one(Meeting, meeting.id), new)

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
            return participants.register(session, actor, session.get_one(Meeting, meeting.id), entity, new)

    def item(self, meeting: Meeting, title: str = "Contributions", *, by: str = "laurent") -> AgendaItem:
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return agendas.add_item(session, actor, there, NewItem(title=title), "en", version=there.agenda_version)

    def allocated(self, meeting: Meeting, document: Document, item: AgendaItem, *, by: str = "laurent") -> None:
        """In the draft: others see it once it is released."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            there_item = session.get_one(AgendaItem, item.id)
            put = session.get_one(Document, document.id)
            allocating.allocate(session, actor, there, put, there_item, version=there.agenda_version)

    def agenda_released(self, meeting: Meeting, *, note: str = "", by: str = "laurent") -> AgendaRelease:
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return releasing.release(session, actor, there, Release(note=note), version=there.agenda_version)

    def proposed(self, meeting: Meeting, *, title: str = "A wish", by: str = "amina") -> ItemProposal:
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            return proposing.propose(session, actor, there, NewProposal(title=title, reason="It is urgent."), "en")

    def session(self, meeting: Meeting, *, starts_in: timedelta = timedelta(0)) -> MeetingSession:
        """A session of three hours, planned and not open yet."""
        starts = clock.now() + starts_in
        made = MeetingSession(meeting_id=meeting.id, starts_at=starts, ends_at=starts + timedelta(hours=3))
        with transaction(self.write) as session:
            session.add(made)
        return made

    def sitting(self, meeting: Meeting, item: AgendaItem | None = None, *, by: str = "laurent") -> Sitting:
        """A session that is open, at this item of the released agenda."""
        planned = self.session(meeting)
        with self.acting(by) as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            made = floor.open_session(session, actor, there, session.get_one(MeetingSession, planned.id))
            if item:
                floor.go_to(session, actor, there, item.id, version=made.version)
            return made

    def asked_for_the_floor(self, meeting: Meeting, who: str, **more: object) -> FloorRequest:
        with self.acting(who) as (session, actor):
            return speakers.ask(session, actor, session.get_one(Meeting, meeting.id), Asking(**more))

    def reported(self, meeting: Meeting, stage: Stage, *, text: str = "A text.") -> ReportCorrection:
        """A report of one paragraph at this stage; from its circulation on a correction waits. Its key comes back."""
        paragraph = new_paragraph(Kind.TEXT, text, "en")
        made = ReportCorrection(id=None, paragraph=paragraph.key)
        with self.acting("laurent") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            wanted = NewReport(attribution=Attribution.NAMED, lang="en")
            reports.draft(session, actor, there, wanted, [paragraph], revision=0)
            if stage is not Stage.DRAFT:
                reports.circulate(session, actor, there, revision=1)
            if stage in (Stage.ADOPTED, Stage.REGISTERED):
                reports.adopt(session, actor, there, revision=1)
        if stage is Stage.CIRCULATED:
            with self.acting("amina") as (session, actor):
                there, wish = session.get_one(Meeting, meeting.id), NewCorrection(text="Another text.")
                made = reports.ask(session, actor, there, paragraph.key, wish, revision=1)
        if stage is Stage.REGISTERED:
            with self.acting("ines") as (session, actor):
                there = session.get_one(Meeting, meeting.id)
                reports.register_report(session, actor, there, "Report", self.file())
        return made

    def file(self, language: str = "en", text: str = "A text of one paragraph.") -> FileOf:
        """A real file that went through the real gate (once for each text in a run), in the store."""
        received, content = through_the_gate(language, text)
        with NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            self.store.keep(Path(file.name), received.sha256)
        findings = [finding.to_json() for finding in received.findings]
        return FileOf(language, received.sha256, received.size, received.kind, received.offered_name, findings)

    def rendered(self, sha256: str, *paragraphs: str, pdf: bool = True, whole: bool = True) -> None:
        """A file as the worker leaves it, with a PDF and a picture of its own."""
        with TemporaryDirectory() as folder:
            kept = []
            for content in (a_pdf(title=sha256), b"RIFF a picture WEBP"):
                path = Path(folder) / "made"
                path.write_bytes(content)
                kept.append(digest_of(path))
                self.store.keep(path, kept[-1])
        made = Made(list(paragraphs), 2, kept[0] if pdf else None, 99, kept[1] if pdf else None, whole)
        with transaction(self.write) as session:
            renditions.begin_rendering(session, sha256)
            for _ in range(1 if whole else renditions.MOST_TRIES - 1):
                renditions.begin_rendering(session, sha256)
            renditions.keep_rendered(session, sha256, made)

    def revised(self, document: Document, text: str, *, by: str = "ines") -> Edition:
        """A revision with this text in English."""
        new = NewEdition(
            step=Step.REVISION,
            text=RegisteredText(original="en", titles={"en": "A revised title"}, files=(self.file("en", text),)),
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
        cover = ContributionCover(title=title, original="en", purpose="discussion", **more)
        with self.acting(by) as (session, actor):
            made = contributions.draft(session, actor, session.get_one(Meeting, meeting.id), cover, key=uuid4())
            if file:
                contributions.put_file(session, actor, made, self.file(), began_at=clock.now())
            return made

    def asked(self, meeting: Meeting, *states: str, title: str = "Secret joint title") -> Contribution:
        """A draft of Kenya that these States are asked to sign."""
        made = self.draft(meeting, title=title)
        with self.acting("amina") as (session, actor):
            there = session.get_one(Contribution, made.id)
            for state in states:
                joint.invite(session, actor, there, Invitation(entity=state))
            return there

    def held(self, meeting: Meeting, *, title: str = "A held title") -> Contribution:
        """Late, and held by the chair; the meeting's deadline has passed."""
        made = self.submitted(meeting, title=title)
        with self.acting("laurent") as (session, actor):
            there = session.get_one(Contribution, made.id)
            lateness.hold(session, actor, there, Because(reason="It is too late."), version=there.version)
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
        made = self.asked(meeting, asking, title=title) if asking else self.draft(meeting, by=by, title=title, **more)
        with self.acting(by) as (session, actor):
            there = session.get_one(Contribution, made.id)
            contributions.submit(session, actor, there, version=there.version, grace=GRACE, late=True, sign=SIGNER)
            return there

    def returned(self, meeting: Meeting, *, by: str = "amina", asking: str | None = None) -> Contribution:
        made = self.submitted(meeting, by=by, asking=asking)
        with self.acting("ines") as (session, actor):
            there = session.get_one(Contribution, made.id)
            contributions.send_back(session, actor, there, Because(reason="The file is empty."), version=there.version)
            return there

    def registered(
        self, meeting: Meeting, *, by: str = "amina", title: str = "A registered title", **more: object
    ) -> tuple[Contribution, Document]:
        made = self.submitted(meeting, by=by, title=title, **more)
        with self.acting("ines") as (session, actor):
            there = session.get_one(Contribution, made.id)
            return there, contributions.register(session, actor, there, version=there.version, sign=SIGNER)

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
            made = outputs.draft(session, actor, session.get_one(Meeting, meeting.id), cover)
            drafting.put_file(session, actor, made, self.file("en", title))
            return made

    def circulated(self, output: Output, *paragraphs: str, note: str = "", by: str = "laurent") -> CirculatedVersion:
        """The draft as it is now, before the delegations; with these paragraphs, its English text says just that."""
        if paragraphs:
            with self.acting("ines") as (session, actor):
                file = self.file("en", "\n".join(paragraphs))
                drafting.put_file(session, actor, session.get_one(Output, output.id), file)
            self.rendered(file.sha256, *paragraphs)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            new = Circulation(note=note, text=output_queries.text_digest(session, there))
            return circulations.circulate(session, actor, there, new)

    def comment(self, version: CirculatedVersion, by: str = "amina", **more: object) -> Comment:
        """A remark of a State on the first paragraph, unless `more` says otherwise."""
        plain = {"language": "en", "paragraph": 1, "kind": "remark", "text": "It is too strong.", "lang": "en"}
        with self.acting(by) as (session, actor):
            there = session.get_one(CirculatedVersion, version.id)
            return commenting.put(session, actor, there, NewComment(**plain | more))

    def answered(
        self, comment: Comment, by: str = "laurent", *, version: int | None = None, number: int = 0, **more: object
    ) -> CommentAnswer:
        """Taken, unless `more` says otherwise; to the words as they are now, unless `version` says which."""
        new = NewAnswer(**{"answer": "taken", "lang": "en"} | more)
        with self.acting(by) as (session, actor):
            there = session.get_one(Comment, comment.id)
            seen = there.version if version is None else version
            return commenting.answer(session, actor, there, new, version=seen, number=number)

    def adopted(self, meeting: Meeting, *, by: str = "laurent", **more: object) -> Output:
        made = self.output(meeting, **more)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, made.id)
            text = output_queries.text_digest(session, there)
            drafting.adopt(session, actor, there, Adoption(adopted_on=meeting.opens_on, text=text))
            return there

    def silence(self, output: Output, *, hours: float = 73, by: str = "laurent") -> SilenceProcedure:
        """A silence procedure that runs for so many hours, to the minute."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            zone = session.get_one(Meeting, there.meeting_id).zone
            until = (clock.now() + timedelta(hours=hours)).astimezone(ZoneInfo(zone))
            new = Opening(on=until.date(), at=until.time(), text=output_queries.text_digest(session, there))
            return silence.open_procedure(session, actor, there, new)

    def position(self, procedure: SilenceProcedure, by: str, stance: str, **more: object) -> None:
        """The State of this person takes its position, or another one than before."""
        with self.acting(by) as (session, actor):
            there = session.get_one(SilenceProcedure, procedure.id)
            known = silence_queries.position(session, there, actor.entity)
            new = NewPosition(stance=stance, **{"lang": "en"} | more)
            silence.take(session, actor, there, new, version=known.version if known else 0)

    def kept(self, meeting: Meeting, **more: object) -> Output:
        """Adopted by silence, four days from now: it opened with the clock of now."""
        made = self.output(meeting, **more)
        self.silence(made)
        with clock.shifted(timedelta(hours=74)), transaction(self.write) as session:
            silence.settle(session, made.id)
            return session.get_one(Output, made.id)

    def statement(
        self, output: Output, by: str = "amina", *, kind: str = "reservation", text: str = "We reserve."
    ) -> OutputStatement:
        """What a State attaches to an adopted text."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            return stating.put(session, actor, there, NewStatement(kind=kind, text=text, lang="en"))

    def approved(self, meeting: Meeting, **more: object) -> Output:
        return self.both_approve(self.adopted(meeting, **more))

    def both_approve(self, made: Output) -> Output:
        """By the first two of these who may; none of them lets it out then."""
        for key in ("layla", "daniel", "ines"):
            with self.acting(key) as (session, actor):
                there = session.get_one(Output, made.id)
                if output_rules.APPROVE.allows(actor, output_queries.case(session, there)):
                    outputs.approve(session, actor, there, text=there.text_digest)
        return there

    @contextmanager
    def letting_out(self, output: Output) -> Iterator[tuple[WriteSession, Actor, Output]]:
        """A transaction of somebody who may let it out."""
        with transaction(self.read) as session:
            case = output_queries.case(session, session.get_one(Output, output.id))
        who = next(key for key in ("ines", "layla") if output_rules.LET_OUT.allows(self.actor(key), case))
        with self.acting(who) as (session, actor):
            yield session, actor, session.get_one(Output, output.id)

    def leaving(self, meeting: Meeting, **more: object) -> Output:
        return self.let_out(self.approved(meeting, **more))

    def let_out(self, made: Output, plan: Plan | None = None) -> Output:
        with self.letting_out(made) as (session, actor, there):
            releasing_outputs.let_out(session, actor, there, plan or Plan())
            return there

    def scheduled(self, meeting: Meeting, *, seconds: float = 3600, **more: object) -> Output:
        """Approved, and its release set for so many seconds from now, on the whole second."""
        return self.set_for(self.approved(meeting, **more), seconds=seconds)

    def schedule(self, output: Output, *, seconds: float) -> Output:
        """The same of a draft that is there."""
        with self.acting("laurent") as (session, actor):
            there = session.get_one(Output, output.id)
            opens_on = session.get_one(Meeting, there.meeting_id).opens_on
            text = output_queries.text_digest(session, there)
            drafting.adopt(session, actor, there, Adoption(adopted_on=opens_on, text=text))
        return self.set_for(self.both_approve(there), seconds=seconds)

    def set_for(self, made: Output, *, seconds: float) -> Output:
        with self.letting_out(made) as (session, actor, there):
            zone = ZoneInfo(session.get_one(Meeting, there.meeting_id).zone)
            at = (clock.now() + timedelta(seconds=seconds)).astimezone(zone).replace(microsecond=0)
            releasing_outputs.let_out(session, actor, there, Plan(when="then", on=at.date(), at=at.time()))
            return there

    def failed(self, meeting: Meeting, **more: object) -> Output:
        """Let out, and its release failed."""
        made = self.leaving(meeting, **more)
        with transaction(self.write) as session:
            releases.fail(session, made.id, Failure.NOT_AS_ADOPTED)
            return session.get_one(Output, made.id)

    def released(self, meeting: Meeting, shelf: Store, **more: object) -> Output:
        """Released, as the worker does it."""
        return self.left(self.leaving(meeting, **more), shelf)

    def as_released(self, adopted: Output, shelf: Store, plan: Plan | None = None) -> Output:
        """An adopted text, approved and released."""
        return self.left(self.let_out(self.both_approve(adopted), plan), shelf)

    def works_in(self, *languages: str, body: str = BODY) -> None:
        """From now on the body works in these languages."""
        with self.acting("ines") as (session, actor):
            there = session.scalars(select(Body).where(Body.code == body)).one()
            bodies.set_languages(session, actor, there, languages)

    def translated(
        self, output: Output, language: str, *, title: str = "A title", by: str = "ines", approved_by: str = "layla"
    ) -> Translation:
        """The adopted text in one more language; approved unless nobody does."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            file = self.file(language, f"{title} ({language})")
            made = translating.translate(session, actor, there, file, TitleOf(title=f"{title} ({language})"))
        if approved_by:
            with self.acting(approved_by) as (session, actor):
                there = session.get_one(Output, output.id)
                translating.approve_translation(session, actor, there, language, text=made.digest)
        return made

    def completing(self, output: Output, moment: Moment | None = None, *, by: str = "ines") -> Output:
        """What an advance version lacks is let out."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            text = translations.digest_of_all(translations.to_add(session, there))
            completing.complete(session, actor, there, moment or Moment(), text=text)
            return there

    def not_completed(self, output: Output) -> None:
        """It was let out, and the worker could not release it."""
        with transaction(self.write) as session:
            assert completing_releases.fail(session, output.id, Failure.NOT_AS_ADOPTED)

    def advance(self, meeting: Meeting, shelf: Store, *languages: str, **more: object) -> Output:
        """Released in English alone by a body that works in these languages too."""
        self.works_in("en", *languages)
        return self.as_released(self.adopted(meeting, **more), shelf, Plan(form="advance"))

    def completed(self, output: Output, shelf: Store) -> Output:
        """The version in all languages took the place of an advance one."""
        for language in output.still_to_come:
            self.translated(output, language)
        return self.left(self.completing(output), shelf)

    def left(self, made: Output, shelf: Store) -> Output:
        with transaction(self.write) as session:
            where = (session, self.store, shelf, made.id)
            assert releases.release(*where, sign=SIGNER) or completing_releases.complete(*where, sign=SIGNER)
        with transaction(self.read) as session:
            return session.get_one(Output, made.id)

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
        with self.acting(by) as (session, actor):
            return forwarding.forward(session, actor, session.get_one(Output, output.id), to.id)

    def to_be_withdrawn(
        self, output: Output, by: str = "ines", *, reason: str = "A wrong text.", **more: object
    ) -> Output:
        """Somebody proposes to withdraw it."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            withdrawing.propose(session, actor, there, NewWithdrawal(**{"reason": reason, "lang": "en"} | more))
            return there

    def let_out_alone(
        self, output: Output, by: str = "ines", *, reason: str = "Nobody else can be had.", text: str | None = None
    ) -> Output:
        """One secretary lets out an adopted text."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            why = Alone(reason=reason, lang="en")
            releasing_outputs.let_out_alone(session, actor, there, why, text=text or str(there.text_digest))
            return there

    def released_alone(self, meeting: Meeting, shelf: Store, *, reason: str = "Nobody else can be had.") -> Output:
        """The same, and released, as the worker does it."""
        made = self.let_out_alone(self.adopted(meeting), reason=reason)
        with transaction(self.write) as session:
            releases.release(session, self.store, shelf, made.id, sign=SIGNER)
        with transaction(self.read) as session:
            return session.get_one(Output, made.id)

    def withdraw_alone(
        self, output: Output, by: str = "ines", *, reason: str = "A wrong text.", text: str | None = None
    ) -> None:
        """One secretary withdraws a released text."""
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            why, seen = Alone(reason=reason, lang="en"), text or str(there.text_digest)
            withdrawing_releases.withdraw_alone(session, actor, there, why, text=seen, sign=SIGNER)

    def withdrawal(self, output: Output) -> UUID:
        """The proposal that waits."""
        with transaction(self.read) as session:
            waiting = output_queries.withdrawal(session, session.get_one(Output, output.id))
            assert waiting
            return waiting.id

    def confirm_withdrawal(self, output: Output, by: str = "laurent", *, seen: UUID | None = None) -> None:
        seen = seen or self.withdrawal(output)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            withdrawing_releases.confirm(session, actor, there, seen=seen, sign=SIGNER)

    def decline_withdrawal(self, output: Output, by: str = "laurent", *, reason: str = "It is right.") -> None:
        seen = self.withdrawal(output)
        with self.acting(by) as (session, actor):
            there = session.get_one(Output, output.id)
            withdrawing.decline(session, actor, there, OutputBecause(reason=reason), seen=seen)

    def withdrawn(self, output: Output, **more: object) -> Output:
        """One proposed it, another confirmed."""
        self.to_be_withdrawn(output, **more)
        self.confirm_withdrawal(output)
        with transaction(self.read) as session:
            return session.get_one(Output, output.id)
