"""The demo's data: a closed meeting with released outputs, and a coming one whose contributions are arriving.

It is created through the actions of the domain, by people with the necessary rights, each step at its own time, and in
one transaction. Nothing in it is the real position of any State.
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
# Days from now; negative in the past.
ROSTER, PAST_CALLED, PAST_OPENS, RELEASED, WITHDRAWN = -300, -250, -180, -160, -150
CALLED, OPENS, WSIS_OPENS = -60, 25, 40


@dataclass(frozen=True, slots=True)
class Stores:
    """The two stores of the demo's files: the portal's and the release store."""

    kept: Store
    released: Store


def is_told(session: ReadSession) -> bool:
    """Return whether there is any meeting, of the demo or created by a user."""
    return session.scalar(select(Meeting.id).limit(1)) is not None


def tell(session: WriteSession, stores: Stores, issuer: str, sign: Signer) -> None:
    """Create all data of the demo in this transaction; receipts are signed as the portal signs them."""
    papers = Papers.read()
    builder = _StoryBuilder(session, stores, issuer, sign, papers.place, hand_in(papers, stores.kept))
    with at(ROSTER):
        builder.create_people()
    past = builder.convene_meeting(BODY, 21, PAST_CALLED, PAST_OPENS, papers.agenda)
    builder.submit_contributions(past, papers.past)
    builder.release_outputs(past, papers.outputs)
    present = builder.convene_meeting(BODY, 22, CALLED, OPENS, papers.agenda)
    at_wsis = builder.convene_meeting(PARENT, 44, CALLED, WSIS_OPENS, papers.wsis.agenda)
    builder.forward_reports(papers.outputs, at_wsis)
    builder.submit_contributions(at_wsis, papers.wsis.papers)
    builder.submit_contributions(present, papers.present)
    builder.register_participants(present)


@contextmanager
def at(days: float, *, hours: float = 0) -> Iterator[None]:
    """Shift the clock to so many days and hours from now, for everything inside."""
    with clock.shifted(timedelta(days=days, hours=hours)):
        yield


@dataclass(slots=True)
class _StoryBuilder:
    """Creates people, meetings, contributions and outputs, and remembers them by their keys."""

    session: WriteSession
    stores: Stores
    issuer: str
    sign: Signer
    place: Titles
    files: Files
    people: dict[str, UUID] = field(default_factory=dict)
    documents: dict[str, UUID] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)

    def create_people(self) -> None:
        """Create all people, and grant them their seats."""
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
    def act_as(self, key: str) -> Iterator[Actor]:
        """Act as a person, with the seats that they hold at that time and the row security of their entity."""
        self.session.flush()
        person = self.session.get_one(Person, self.people[key])
        seats = seats_of(self.session, person.id, person.membership, person.entity, clock.now().date())
        act_for(self.session, person.entity)
        yield Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)
        self.session.flush()

    def convene_meeting(self, code: str, number: int, called: int, opens: int, agenda: Sequence[Titles]) -> Meeting:
        """Convene a meeting and release its agenda, in all languages."""
        opens_on = clock.now().date() + timedelta(days=opens)
        body = self.session.scalars(select(Body).where(Body.code == code)).one()

        def call(place_name: str) -> NewMeeting:
            return NewMeeting(number=number, place=place_name, zone=ZONE, opens_on=opens_on, closes_on=opens_on + LASTS)

        with at(called), self.act_as("ines") as secretary:
            meeting = meetings.convene(self.session, secretary, body, call(self.place["en"]), "en")
            for language, place_name in self.place.items():
                meetings.change(self.session, secretary, meeting, call(place_name), language, version=meeting.version)
            for titles in agenda:
                self._add_item(secretary, meeting, titles)
            prepare(self.session, secretary, meeting)
            lay_out(self.session, secretary, meeting)
            self._release(secretary, meeting)
        return meeting

    def register_participants(self, meeting: Meeting) -> None:
        """Register the participants of the delegations."""
        for key, entity, name, capacity, mode in DELEGATIONS:
            with at(-1, hours=6), self.act_as(key) as actor:
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

    def submit_contributions(self, meeting: Meeting, papers: Sequence[Contribution]) -> None:
        """Submit contributions one after the other, and take each up to its outcome."""
        for paper in sorted(papers, key=lambda paper: -paper.days):
            with at(-paper.days):
                contribution = self._draft_contribution(meeting, paper)
            if paper.fate is not Fate.DRAFT:
                with at(-paper.days, hours=1), self.act_as(paper.by) as delegate:
                    contributions.submit(
                        self.session,
                        delegate,
                        contribution,
                        version=contribution.version,
                        grace=GRACE,
                        late=False,
                        sign=self.sign,
                    )
            if paper.fate in {Fate.RETURNED, Fate.REGISTERED}:
                with at(-paper.days, hours=4), self.act_as("ines") as secretary:
                    self._handle_submission(secretary, meeting, contribution, paper)
        with at(-min(paper.days for paper in papers), hours=5), self.act_as("ines") as secretary:
            self._release(secretary, meeting)

    def _draft_contribution(self, meeting: Meeting, paper: Contribution) -> Submitted:
        item = items.released_items(self.session, meeting)[paper.item - 1]
        cover = ContributionCover(
            title=paper.texts[paper.original].title,
            original=paper.original,
            purpose=paper.purpose,
            abstract=paper.abstract,
            item=item.item_id,
        )
        with self.act_as(paper.by) as delegate:
            contribution = contributions.draft(self.session, delegate, meeting, cover, key=uuid4())
            for language in paper.texts:
                file = self.files[paper.key, language]
                contributions.put_file(self.session, delegate, contribution, file, began_at=clock.now())
        return contribution

    def _handle_submission(
        self, secretary: Actor, meeting: Meeting, contribution: Submitted, paper: Contribution
    ) -> None:
        if paper.fate is Fate.RETURNED:
            contributions.send_back(
                self.session, secretary, contribution, Because(reason=paper.because), version=contribution.version
            )
            return
        document = contributions.register(
            self.session, secretary, contribution, version=contribution.version, sign=self.sign
        )
        self.documents[paper.key] = document.id
        self._put_on_agenda(secretary, meeting, document, paper.item)

    def _put_on_agenda(self, secretary: Actor, meeting: Meeting, document: Document, position: int) -> None:
        item = items.in_order(items.draft(self.session, meeting))[position - 1][0]
        allocating.allocate(self.session, secretary, meeting, document, item, version=meeting.agenda_version)

    def release_outputs(self, meeting: Meeting, results: Sequence[Result]) -> None:
        """Draft and adopt the outputs while the meeting is in session, have two others approve them, release them."""
        with at(PAST_OPENS), self.act_as("laurent") as chair:
            drafting.move_meeting(self.session, chair, meeting, "begin", version=meeting.version)
        with at(PAST_OPENS + 1):
            drafted = [self._draft_output(meeting, result) for result in results]
        with at(PAST_OPENS + 2), self.act_as("laurent") as chair:
            for output in drafted:
                adoption = Adoption(adopted_on=meeting.closes_on, text=self._digest(output))
                drafting.adopt(self.session, chair, output, adoption)
            drafting.move_meeting(self.session, chair, meeting, "close", version=meeting.version)
        for days, key in ((-10, "layla"), (-9, "daniel")):
            with at(RELEASED + days), self.act_as(key) as approver:
                for output in drafted:
                    outputs.approve(self.session, approver, output, text=self._digest(output))
        with at(RELEASED), self.act_as("ines") as secretary:
            for output in drafted:
                addressees = frozenset({Addressee.PUBLIC} if output.for_public else ())
                letting_out.let_out(self.session, secretary, output, Plan(addressees=addressees))
                releases.release(self.session, self.stores.kept, self.stores.released, output.id, sign=self.sign)
        for result in results:
            if result.gone:
                self._withdraw(self.outputs[result.key], result.gone)

    def _draft_output(self, meeting: Meeting, result: Result) -> Output:
        titles = result.titles | {language: text.title for language, text in result.texts.items()}
        sources = frozenset(self.documents[key] for key in result.sources)
        cover = OutputCover(
            kind=result.kind,
            original=result.original,
            titles=titles,
            sources=sources,
            for_public=result.for_public,
        )
        with self.act_as("daniel") as secretary:
            output = self.outputs[result.key] = outputs.draft(self.session, secretary, meeting, cover)
            for language in result.texts:
                drafting.put_file(self.session, secretary, output, self.files[result.key, language])
        return output

    def _withdraw(self, output: Output, gone: Gone) -> None:
        """Withdraw an output: one person proposes it, another confirms."""
        replacement_id = self.outputs[gone.replaced_by].id
        with at(WITHDRAWN), self.act_as("ines") as secretary:
            new = NewWithdrawal(reason=gone.because, lang="en", replaced_by=replacement_id)
            proposal_id = proposing.propose(self.session, secretary, output, new).id
        with at(WITHDRAWN, hours=3), self.act_as("layla") as vice_chair:
            withdrawing.confirm(self.session, vice_chair, output, seen=proposal_id, sign=self.sign)
        withdrawing.clear(self.session, self.stores.released, output.id)

    def forward_reports(self, results: Sequence[Result], meeting: Meeting) -> None:
        """Forward the reports to the parent group to its meeting."""
        with at(CALLED, hours=1), self.act_as("ines") as secretary:
            for result in results:
                if result.kind is Kind.PARENT_REPORT:
                    forwarding.forward(self.session, secretary, self.outputs[result.key], meeting.id)

    def _digest(self, output: Output) -> str:
        return texts.text_digest(self.session, output)
