"""Generating the draft of a report from the facts of the meeting.

Documents, speakers, decisions with positions and action points under each item; adopted texts; participants.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import KINDS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.decisions.models import ActionPoint, Decision, Stance
from app.domain.documents import queries as documents
from app.domain.documents.queries import Listed
from app.domain.floor.models import FloorRequest
from app.domain.floor.models import Kind as Asked
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries as outputs
from app.domain.reports.inputs import NewReport
from app.domain.reports.models import Attribution
from app.domain.reports.paragraphs import Kind, Paragraph, new
from app.web.floor_view import HOWS
from app.web.report_attendance import attendance
from app.web.report_facts import Under, happened
from app.web.standing import called
from app.web.titles import in_language

MOST_DOCUMENTS = 2000
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


SPOKE = {
    Asked.FLOOR: (
        say("The following took the floor: %(names)s."),
        say("A Member State took the floor."),
        say("Member States that took the floor: %(count)s."),
    ),
    Asked.RIGHT_OF_REPLY: (
        say("The right of reply was exercised by: %(names)s."),
        say("A Member State exercised its right of reply."),
        say("Member States that exercised their right of reply: %(count)s."),
    ),
    Asked.POINT_OF_ORDER: (
        say("Points of order were raised by: %(names)s."),
        say("A Member State raised a point of order."),
        say("Member States that raised points of order: %(count)s."),
    ),
}
"""For each kind of request: with names; one State without its name; several States without their names."""


def written(session: ReadSession, actor: Actor, meeting: Meeting, chosen: NewReport) -> list[Paragraph]:
    """Generate every paragraph of the report, from the opening to the annex."""
    return list(_ReportGenerator(session, actor, meeting, chosen).generate_paragraphs())


class _ReportGenerator:
    """Generates paragraphs in one language, with or without the names of speakers."""

    def __init__(self, session: ReadSession, actor: Actor, meeting: Meeting, chosen: NewReport) -> None:
        self.session, self.actor, self.meeting = session, actor, meeting
        self.formats, self.lang = Formats(chosen.lang), str(chosen.lang)
        self.named = chosen.attribution == Attribution.NAMED
        self.items = agendas.released_items(session, meeting)
        self.agenda = agendas.current(session, meeting)
        self.documents = self._allocated()
        self.facts = happened(session, meeting, {row.item_id for row in self.items})
        self.attendance = attendance(session, actor, meeting)

    def generate_paragraphs(self) -> Iterator[Paragraph]:
        yield from self._opening()
        for row in self.items:
            title, lang = in_language(row.titles, self.lang)
            yield new(Kind.HEADING, f"{row.label} {title}", lang or self.lang)
            yield from self._documents(row.item_id)
            yield from self._proceedings(row.item_id)
        if other := [*self._documents(None), *self._proceedings(None)]:
            yield self._localized(Kind.HEADING, say("Outside the agenda items"))
            yield from other
        yield from self._outputs()
        yield from self._closing()
        yield from self._participants()

    def _allocated(self) -> Mapping[UUID | None, list[Listed]]:
        """Return the documents under each agenda item, in order; those in force under no item have the key None."""
        allocated = agendas.documents_under(self.session, self.agenda) if self.agenda else []
        rows = documents.those(self.session, self.actor, [each.document_id for each in allocated])
        item_of = {each.document_id: each.item_id for each in allocated}
        by_item: dict[UUID | None, list[Listed]] = defaultdict(list)
        for row in rows:
            by_item[item_of[row.id]].append(row)
        body, scope = self.meeting.body_id, str(self.meeting.number)
        for row in documents.listed(self.session, self.actor, body=body, scope=scope, limit=MOST_DOCUMENTS):
            if row.id not in item_of and not row.ended_as:
                by_item[None].append(row)
        return by_item

    def _localized(self, kind: Kind, words: Text) -> Paragraph:
        return new(kind, words.into(self.lang), self.lang)

    def _opening(self) -> Iterator[Paragraph]:
        yield self._localized(Kind.HEADING, say("Opening"))
        body = self.session.get_one(Body, self.meeting.body_id)
        place, _ = in_language(self.meeting.place, self.lang)
        first, last = (self.formats.day(day) for day in (self.meeting.opens_on, self.meeting.closes_on))
        what, where = called(self.meeting, body), {"place": place, "first": first, "last": last}
        yield self._localized(
            Kind.TEXT, say("%(meeting)s met in %(place)s from %(first)s to %(last)s.", meeting=what, **where)
        )
        if self.facts.sittings:
            opened = self.formats.when(self.facts.sittings[0].opened_at, self.meeting.zone)
            count = self.formats.number(len(self.facts.sittings))
            yield self._localized(
                Kind.TEXT, say("It was opened on %(when)s. Sessions held: %(count)s.", when=opened, count=count)
            )
        if self.attendance.people:
            yield self._localized(Kind.TEXT, self.attendance.summary(self.formats))
        if self.agenda and self.agenda.adopted_at:
            when = self.formats.when(self.agenda.adopted_at, self.meeting.zone)
            yield self._localized(Kind.TEXT, say("The agenda was adopted on %(when)s.", when=when))

    def _documents(self, item: UUID | None) -> Iterator[Paragraph]:
        for row in self.documents.get(item, ()):
            title, _ = in_language(row.titles, self.lang, row.original)
            yield self._localized(
                Kind.DOCUMENT,
                say(
                    "Document %(symbol)s, “%(title)s”, was before the meeting. Source: %(source)s.",
                    symbol=row.symbol,
                    title=title,
                    source=EntityName(row.entity),
                ),
            )

    def _proceedings(self, item: UUID | None) -> Iterator[Paragraph]:
        item_facts = self.facts.under.get(item, Under())
        for kind in SPOKE:
            if spoke := [each for each in item_facts.spoke if each.kind == kind]:
                yield self._localized(Kind.SPEAKERS, self._speakers(kind, spoke))
        for reason in item_facts.moved_because:
            moved = say("The order of the list of speakers was changed. The chair's reason: %(reason)s", reason=reason)
            yield self._localized(Kind.TEXT, moved)
        if item_facts.closed_at:
            when = self.formats.when(item_facts.closed_at, self.meeting.zone)
            yield self._localized(Kind.TEXT, say("The list of speakers was closed on %(when)s.", when=when))
        for decision in item_facts.fell:
            yield from self._decision(decision)

    def _speakers(self, kind: Asked, spoke: Sequence[FloorRequest]) -> Text:
        """Return the sentence about speakers, in the order in which each first had the floor."""
        by_name, one, several = SPOKE[kind]
        once = list(dict.fromkeys((each.entity, each.on_behalf_of) for each in spoke))
        if self.named:
            names = "; ".join(self._name(entity, group).into(self.lang) for entity, group in once)
            return say(by_name.message, names=names)
        states = len({entity for entity, _ in once})
        return one if states == 1 else say(several.message, count=self.formats.number(states))

    def _name(self, entity: str, group: str) -> Text:
        name = EntityName(entity)
        return say("%(state)s (on behalf of %(group)s)", state=name, group=group) if group else name

    def _decision(self, decision: Decision) -> Iterator[Paragraph]:
        number = self.formats.number(decision.number)
        how = HOWS[decision.how].into(self.lang)
        yield self._localized(Kind.TEXT, say("Decision %(number)s. %(how)s:", number=number, how=how))
        yield new(Kind.DECISION, decision.text, decision.lang)
        for each in self.facts.positions.get(decision.id, []):
            words = (SAID if each.own else NOTED)[Stance(each.stance)]
            yield self._localized(Kind.TEXT, say(words.message, state=EntityName(each.entity), number=number))
            yield new(Kind.POSITION, each.text, each.lang)
        for point in self.facts.points.get(decision.id, []):
            yield new(Kind.ACTION, self._action(point), point.lang)

    def _action(self, point: ActionPoint) -> str:
        values = {"what": point.text, "owner": EntityName(point.owner)}
        if point.due_on is None:
            return say("Action: %(what)s By: %(owner)s.", **values).into(self.lang)
        due = self.formats.day(point.due_on, weekday=False)
        return say("Action: %(what)s By: %(owner)s. Due: %(due)s.", **values, due=due).into(self.lang)

    def _outputs(self) -> Iterator[Paragraph]:
        if adopted := outputs.adopted_at(self.session, self.actor, self.meeting):
            yield self._localized(Kind.HEADING, say("Texts adopted by the meeting"))
        for each in adopted:
            title, _ = in_language(each.titles, self.lang, each.original)
            words = say(
                "The meeting adopted: %(symbol)s, “%(title)s” (%(kind)s).",
                symbol=each.symbol,
                title=title,
                kind=KINDS[each.kind],
            )
            yield self._localized(Kind.OUTPUT, words)

    def _closing(self) -> Iterator[Paragraph]:
        if self.facts.sittings and all(each.closed_at for each in self.facts.sittings):
            closed = max(each.closed_at for each in self.facts.sittings if each.closed_at)
            yield self._localized(Kind.HEADING, say("Closing"))
            when = self.formats.when(closed, self.meeting.zone)
            yield self._localized(Kind.TEXT, say("The last session was closed on %(when)s.", when=when))

    def _participants(self) -> Iterator[Paragraph]:
        if self.attendance.people:
            yield self._localized(Kind.HEADING, say("Annex: participants"))
        for line in self.attendance.lines(self.lang):
            yield self._localized(Kind.PARTICIPANTS, line)
