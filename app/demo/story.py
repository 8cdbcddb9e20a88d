"""The demo's story: a closed meeting with released outputs, and one to come whose contributions are arriving.

Told through the verbs of the house, by people who may do what they do, each step at its own time, and in one
transaction: it is there whole or not at all. Nothing in it is anybody's real position.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession, Titles, WriteSession, act_for
from app.core.signing import Signer
from app.core.store import Store
from app.demo.cast import CAST, Player
from app.demo.extras import EXTRAS, PARENT_SEATS
from app.demo.gathering import DELEGATIONS, lay_out, prepare
from app.demo.papers import Contribution, Fate, Files, Gone, Papers, Result, hand_in
from app.domain.agendas import actions as agendas
from app.domain.agendas import allocating, releasing
from app.domain.agendas import queries as items
from app.domain.agendas.inputs import NewItem, Release
from app.domain.bodies import roster
from app.domain.bodies.models import Body
from app.domain.bodies.queries import seats_of
from app.domain.contributions import actions as contributions
from app.domain.contributions.inputs import Because
from app.domain.contributions.inputs import Cover as ContributionCover
from app.domain.contributions.models import Contribution as Submitted
from app.domain.documents.models import Document
from app.domain.identity import people
from app.domain.identity.claims import Claims, Membership
from app.domain.identity.models import Person
from app.domain.meetings import actions as meetings
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting
from app.domain.outputs import actions as outputs
from app.domain.outputs import forwarding
from app.domain.outputs import queries as texts
from app.domain.outputs import releasing as letting_out
from app.domain.outputs import withdrawing as proposing
from app.domain.outputs.inputs import Adoption, NewWithdrawal, Plan
from app.domain.outputs.inputs import Cover as OutputCover
from app.domain.outputs.models import Addressee, Kind, Output
from app.domain.participants import actions as participants
from app.domain.participants.inputs import NewParticipant
from app.domain.releases import actions as releases
from app.domain.releases import withdrawing
from app.domain.silence import drafting

BODY, PARENT = "cwg-internet", "wg-wsis"
ZONE = "Europe/Zurich"
LASTS = timedelta(days=2)
GRACE = timedelta(minutes=30)
# Days from now; what lies in the past is negative.
ROSTER, PAST_CALLED, PAST_OPENS, RELEASED, WITHDRAWN = -300, -250, -180, -160, -150
CALLED, OPENS, WSIS_OPENS = -60, 25, 40


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the story's files go."""

    kept: Store
    released: Store


def is_told(session: ReadSession) -> bool:
    """Whether there is a meeting already, be it the story's or somebody's own."""
    return session.scalar(select(Meeting.id).limit(1)) is not None


def tell(session: WriteSession, stores: Stores, issuer: str, sign: Signer) -> None:
    """Tell all of it, in this transaction; receipts are signed as the portal does it."""
    papers = Papers.read()
    teller = _Teller(session, stores, issuer, sign, papers.place, hand_in(papers, stores.kept))
    with at(ROSTER):
        teller.enrol()
    past = teller.convene(BODY, 21, PAST_CALLED, PAST_OPENS, papers.agenda)
    teller.receive(past, papers.past)
    teller.conclude(past, papers.outputs)
    present = teller.convene(BODY, 22, CALLED, OPENS, papers.agenda)
    at_wsis = teller.convene(PARENT, 44, CALLED, WSIS_OPENS, papers.wsis.agenda)
    teller.forward(papers.outputs, at_wsis)
    teller.receive(at_wsis, papers.wsis.papers)
    teller.receive(present, papers.present)
    teller.gather(present)


@contextmanager
def at(days: float, *, hours: float = 0) -> Iterator[None]:
    """Everything inside happens so many days from now."""
    with clock.shifted(timedelta(days=days, hours=hours)):
        yield


@dataclass(slots=True)
class _Teller:
    session: WriteSession
    stores: Stores
    issuer: str
    sign: Signer
    place: Titles
    files: Files
    people: dict[str, UUID] = field(default_factory=dict)
    documents: dict[str, UUID] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)

    def enrol(self) -> None:
        """Make everybody known, and give them the seats that they have."""
        for player in (*CAST, *EXTRAS):
            person = people.know(self.session, self._claims(player))
            self.people[player.key] = person.id
        players = {player.key: player for player in (*CAST, *EXTRAS)}
        seats = [(player, BODY, player.capacity) for player in players.values() if player.capacity]
        seats += [(players[key], PARENT, capacity) for key, capacity in PARENT_SEATS]
        entries = [self._entry(player, body, capacity) for player, body, capacity in seats]
        roster.enter(self.session, roster.read(entries))

    def _claims(self, player: Player) -> Claims:
        return Claims(
            issuer=self.issuer,
            subject=player.subject,
            name=player.name,
            email=player.email,
            locale=player.locale,
            membership=Membership(player.membership),
            entity=player.entity,
            entity_name=player.entity_name,
            roles=frozenset(player.roles),
        )

    def _entry(self, player: Player, body: str, capacity: str) -> Mapping[str, str]:
        return {
            "iss": self.issuer,
            "sub": player.subject,
            "name": player.name,
            "email": player.email,
            "membership": player.membership,
            "entity": player.entity,
            "body": body,
            "capacity": capacity,
        }

    @contextmanager
    def acting(self, key: str) -> Iterator[Actor]:
        """Somebody acts, with the seats that they hold at that time."""
        self.session.flush()
        person = self.session.get_one(Person, self.people[key])
        seats = seats_of(self.session, person.id, person.membership, person.entity, clock.now().date())
        act_for(self.session, person.entity)
        yield Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)
        self.session.flush()

    def convene(self, code: str, number: int, called: int, opens: int, agenda: Sequence[Titles]) -> Meeting:
        """Call a meeting and give it an agenda, in all languages."""
        opens_on = clock.now().date() + timedelta(days=opens)
        body = self.session.scalars(select(Body).where(Body.code == code)).one()

        def call(place: str) -> NewMeeting:
            return NewMeeting(number=number, place=place, zone=ZONE, opens_on=opens_on, closes_on=opens_on + LASTS)

        with at(called), self.acting("ines") as secretary:
            made = meetings.convene(self.session, secretary, body, call(self.place["en"]), "en")
            for language, place in self.place.items():
                meetings.change(self.session, secretary, made, call(place), language, version=made.version)
            for titles in agenda:
                self._add_item(secretary, made, titles)
            prepare(self.session, secretary, made)
            lay_out(self.session, secretary, made)
            self._release(secretary, made)
        return made

    def gather(self, meeting: Meeting) -> None:
        """Delegations register whom they send."""
        for key, entity, name, capacity, mode in DELEGATIONS:
            with at(-1, hours=6), self.acting(key) as actor:
                new = NewParticipant(name=name, capacity=capacity, mode=mode)
                participants.register(self.session, actor, meeting, entity, new)

    def _release(self, secretary: Actor, meeting: Meeting) -> None:
        releasing.release(self.session, secretary, meeting, Release(), version=meeting.agenda_version)

    def _add_item(self, secretary: Actor, meeting: Meeting, titles: Titles) -> None:
        first, *others = titles
        new = NewItem(title=titles[first])
        item = agendas.add_item(self.session, secretary, meeting, new, first, version=meeting.agenda_version)
        for language in others:
            new, version = NewItem(title=titles[language]), meeting.agenda_version
            agendas.change_item(self.session, secretary, meeting, item, new, language, version=version)

    def receive(self, meeting: Meeting, papers: Sequence[Contribution]) -> None:
        """Contributions come in one after the other, and go as far as they go."""
        for paper in sorted(papers, key=lambda paper: -paper.days):
            with at(-paper.days):
                made = self._draft(meeting, paper)
            if paper.fate is not Fate.DRAFT:
                with at(-paper.days, hours=1), self.acting(paper.by) as delegate:
                    contributions.submit(
                        self.session, delegate, made, version=made.version, grace=GRACE, late=False, sign=self.sign
                    )
            if paper.fate in {Fate.RETURNED, Fate.REGISTERED}:
                with at(-paper.days, hours=4), self.acting("ines") as secretary:
                    self._answer(secretary, meeting, made, paper)
        with at(-min(paper.days for paper in papers), hours=5), self.acting("ines") as secretary:
            self._release(secretary, meeting)

    def _draft(self, meeting: Meeting, paper: Contribution) -> Submitted:
        item = items.released_items(self.session, meeting)[paper.item - 1]
        cover = ContributionCover(
            title=paper.texts[paper.original].title,
            original=paper.original,
            purpose=paper.purpose,
            abstract=paper.abstract,
            item=item.item_id,
        )
        with self.acting(paper.by) as delegate:
            made = contributions.draft(self.session, delegate, meeting, cover, key=uuid4())
            for language in paper.texts:
                file = self.files[paper.key, language]
                contributions.put_file(self.session, delegate, made, file, began_at=clock.now())
        return made

    def _answer(self, secretary: Actor, meeting: Meeting, made: Submitted, paper: Contribution) -> None:
        if paper.fate is Fate.RETURNED:
            contributions.send_back(self.session, secretary, made, Because(reason=paper.because), version=made.version)
            return
        document = contributions.register(self.session, secretary, made, version=made.version, sign=self.sign)
        self.documents[paper.key] = document.id
        self._put_on_agenda(secretary, meeting, document, paper.item)

    def _put_on_agenda(self, secretary: Actor, meeting: Meeting, document: Document, position: int) -> None:
        item = items.in_order(items.draft(self.session, meeting))[position - 1][0]
        allocating.allocate(self.session, secretary, meeting, document, item, version=meeting.agenda_version)

    def conclude(self, meeting: Meeting, results: Sequence[Result]) -> None:
        """Texts of the meeting: drafted and adopted while it met, approved by two others, and released later."""
        with at(PAST_OPENS), self.acting("laurent") as chair:
            drafting.move_meeting(self.session, chair, meeting, "begin", version=meeting.version)
        with at(PAST_OPENS + 1):
            made = [self._put_down(meeting, result) for result in results]
        with at(PAST_OPENS + 2), self.acting("laurent") as chair:
            for output in made:
                adoption = Adoption(adopted_on=meeting.closes_on, text=self._digest(output))
                drafting.adopt(self.session, chair, output, adoption)
            drafting.move_meeting(self.session, chair, meeting, "close", version=meeting.version)
        for days, key in ((-10, "layla"), (-9, "daniel")):
            with at(RELEASED + days), self.acting(key) as approver:
                for output in made:
                    outputs.approve(self.session, approver, output, text=self._digest(output))
        with at(RELEASED), self.acting("ines") as secretary:
            for output in made:
                to = frozenset({Addressee.PUBLIC} if output.for_public else ())
                letting_out.let_out(self.session, secretary, output, Plan(addressees=to))
                releases.release(self.session, self.stores.kept, self.stores.released, output.id, sign=self.sign)
        for result in results:
            if result.gone:
                self._withdraw(self.outputs[result.key], result.gone)

    def _put_down(self, meeting: Meeting, result: Result) -> Output:
        titles = result.titles | {language: text.title for language, text in result.texts.items()}
        sources = frozenset(self.documents[key] for key in result.sources)
        cover = OutputCover(
            kind=result.kind,
            original=result.original,
            titles=titles,
            sources=sources,
            for_public=result.for_public,
        )
        with self.acting("daniel") as secretary:
            made = self.outputs[result.key] = outputs.draft(self.session, secretary, meeting, cover)
            for language in result.texts:
                drafting.put_file(self.session, secretary, made, self.files[result.key, language])
        return made

    def _withdraw(self, output: Output, gone: Gone) -> None:
        """One person proposes it, another confirms."""
        instead = self.outputs[gone.replaced_by].id
        with at(WITHDRAWN), self.acting("ines") as secretary:
            new = NewWithdrawal(reason=gone.because, lang="en", replaced_by=instead)
            seen = proposing.propose(self.session, secretary, output, new).id
        with at(WITHDRAWN, hours=3), self.acting("layla") as vice_chair:
            withdrawing.confirm(self.session, vice_chair, output, seen=seen, sign=self.sign)
        withdrawing.clear(self.session, self.stores.released, output.id)

    def forward(self, results: Sequence[Result], meeting: Meeting) -> None:
        """What was written to the parent group goes to its meeting."""
        with at(CALLED, hours=1), self.acting("ines") as secretary:
            for result in results:
                if result.kind is Kind.PARENT_REPORT:
                    forwarding.forward(self.session, secretary, self.outputs[result.key], meeting.id)

    def _digest(self, output: Output) -> str:
        return texts.text_digest(self.session, output)
