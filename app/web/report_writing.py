"""The draft of a report, written from what happened: documents, speakers, decisions, positions and action points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.decisions import queries as decisions
from app.domain.decisions.models import ActionPoint, Decision, Position, Stance
from app.domain.documents import queries as documents
from app.domain.floor import queries as floor
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.floor.models import Kind as Asked
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.inputs import NewReport
from app.domain.reports.models import Attribution
from app.domain.reports.paragraphs import Kind, Paragraph, new
from app.web.floor_view import HOWS
from app.web.standing import called
from app.web.titles import in_language

SAID = {
    Stance.OBJECTION: say("%(state)s objected to decision %(number)s in these words:"),
    Stance.RESERVATION: say("%(state)s reserved its position on decision %(number)s in these words:"),
    Stance.STATEMENT: say("%(state)s made this statement on decision %(number)s:"),
}
NOTED = {
    Stance.OBJECTION: say("%(state)s objected to decision %(number)s. The chair noted:"),
    Stance.RESERVATION: say("%(state)s reserved its position on decision %(number)s. The chair noted:"),
    Stance.STATEMENT: say("%(state)s made a statement on decision %(number)s. The chair noted:"),
}


@dataclass(slots=True)
class Facts:
    """What happened under each item of the released agenda, or (None) under none of them."""

    spoke: dict[UUID | None, list[FloorRequest]] = field(default_factory=dict)
    fell: dict[UUID | None, list[Decision]] = field(default_factory=dict)
    positions: dict[UUID, list[Position]] = field(default_factory=dict)
    points: dict[UUID, list[ActionPoint]] = field(default_factory=dict)


def written(session: ReadSession, actor: Actor, meeting: Meeting, chosen: NewReport) -> list[Paragraph]:
    """Every paragraph, from the opening to the closing."""
    return list(_Writer(session, actor, meeting, chosen).all())


class _Writer:
    """Writes in one language; speakers are named or not."""

    def __init__(self, session: ReadSession, actor: Actor, meeting: Meeting, chosen: NewReport) -> None:
        self.session, self.actor, self.meeting = session, actor, meeting
        self.formats, self.lang = Formats(chosen.lang), str(chosen.lang)
        self.named = chosen.attribution == Attribution.NAMED
        self.items = agendas.released_items(session, meeting)
        self.sittings = session.scalars(
            select(Sitting).where(Sitting.meeting_id == meeting.id).order_by(Sitting.opened_at)
        ).all()
        self.facts = self._facts()

    def all(self) -> Iterator[Paragraph]:
        yield from self._opening()
        for row in self.items:
            title, lang = in_language(row.titles, self.lang)
            yield new(Kind.HEADING, f"{row.label} {title}", lang or self.lang)
            yield from self._documents(row.item_id)
            yield from self._under(row.item_id)
        if other := list(self._under(None)):
            yield self._say(Kind.HEADING, say("Outside the agenda items"))
            yield from other
        yield from self._closing()

    def _facts(self) -> Facts:
        known, facts = {row.item_id for row in self.items}, Facts()
        for sitting in self.sittings:
            for each in floor.requests(self.session, sitting):
                if each.given_at and each.kind != Asked.POINT_OF_ORDER:
                    facts.spoke.setdefault(each.item_id if each.item_id in known else None, []).append(each)
        fallen = decisions.listed(self.session, self.meeting)
        for decision in fallen:
            facts.fell.setdefault(decision.item_id if decision.item_id in known else None, []).append(decision)
        facts.positions = dict(decisions.positions(self.session, fallen))
        for point, decision, _ in queries.actions_of(self.session, self.meeting):
            facts.points.setdefault(decision.id, []).append(point)
        return facts

    def _say(self, kind: Kind, words: Text) -> Paragraph:
        return new(kind, words.into(self.lang), self.lang)

    def _opening(self) -> Iterator[Paragraph]:
        yield self._say(Kind.HEADING, say("Opening"))
        body = self.session.get_one(Body, self.meeting.body_id)
        place, _ = in_language(self.meeting.place, self.lang)
        first, last = (self.formats.day(day) for day in (self.meeting.opens_on, self.meeting.closes_on))
        what, where = called(self.meeting, body), {"place": place, "first": first, "last": last}
        yield self._say(
            Kind.TEXT, say("%(meeting)s met in %(place)s from %(first)s to %(last)s.", meeting=what, **where)
        )
        if self.sittings:
            opened = self.formats.when(self.sittings[0].opened_at, self.meeting.zone)
            count = self.formats.number(len(self.sittings))
            yield self._say(
                Kind.TEXT, say("It was opened on %(when)s. Sessions held: %(count)s.", when=opened, count=count)
            )

    def _documents(self, item: UUID) -> Iterator[Paragraph]:
        under = floor.documents_under(self.session, self.meeting, item)
        for row in documents.those(self.session, self.actor, under):
            title, _ = in_language(row.titles, self.lang, row.original)
            yield self._say(
                Kind.DOCUMENT,
                say(
                    "Document %(symbol)s, “%(title)s”, was before the meeting. Source: %(source)s.",
                    symbol=row.symbol,
                    title=title,
                    source=EntityName(row.entity),
                ),
            )

    def _under(self, item: UUID | None) -> Iterator[Paragraph]:
        if spoke := self.facts.spoke.get(item):
            yield self._say(Kind.SPEAKERS, self._speakers(spoke))
        for decision in self.facts.fell.get(item, []):
            yield from self._decision(decision)

    def _speakers(self, spoke: Sequence[FloorRequest]) -> Text:
        """In the order in which each first had the floor."""
        once = list(dict.fromkeys((each.entity, each.on_behalf_of) for each in spoke))
        if self.named:
            names = "; ".join(self._name(entity, group).into(self.lang) for entity, group in once)
            return say("The following took the floor: %(names)s.", names=names)
        states = len({entity for entity, _ in once})
        if states == 1:
            return say("A Member State took the floor.")
        return say("Member States that took the floor: %(count)s.", count=self.formats.number(states))

    def _name(self, entity: str, group: str) -> Text:
        name = EntityName(entity)
        return say("%(state)s (on behalf of %(group)s)", state=name, group=group) if group else name

    def _decision(self, decision: Decision) -> Iterator[Paragraph]:
        number = self.formats.number(decision.number)
        how = HOWS[decision.how].into(self.lang)
        yield self._say(Kind.TEXT, say("Decision %(number)s. %(how)s:", number=number, how=how))
        yield new(Kind.DECISION, decision.text, decision.lang)
        for each in self.facts.positions.get(decision.id, []):
            words = (SAID if each.own else NOTED)[Stance(each.stance)]
            yield self._say(Kind.TEXT, say(words.message, state=EntityName(each.entity), number=number))
            yield new(Kind.POSITION, each.text, each.lang)
        for point in self.facts.points.get(decision.id, []):
            yield new(Kind.ACTION, self._action(point), point.lang)

    def _action(self, point: ActionPoint) -> str:
        values = {"what": point.text, "owner": EntityName(point.owner)}
        if point.due_on is None:
            return say("Action: %(what)s By: %(owner)s.", **values).into(self.lang)
        due = self.formats.day(point.due_on, weekday=False)
        return say("Action: %(what)s By: %(owner)s. Due: %(due)s.", **values, due=due).into(self.lang)

    def _closing(self) -> Iterator[Paragraph]:
        if self.sittings and all(each.closed_at for each in self.sittings):
            closed = max(each.closed_at for each in self.sittings if each.closed_at)
            yield self._say(Kind.HEADING, say("Closing"))
            when = self.formats.when(closed, self.meeting.zone)
            yield self._say(Kind.TEXT, say("The last session was closed on %(when)s.", when=when))
