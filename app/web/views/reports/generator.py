"""Generating the draft of a report from the facts of the meeting.

Documents, speakers, decisions with positions and action points under each item; adopted texts; participants.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body
from app.domain.decisions.models import ActionPoint, Decision, DecisionStance
from app.domain.documents.queries import documents
from app.domain.documents.queries.documents import ListedDocumentRow
from app.domain.floor.models import FloorRequest
from app.domain.floor.models import FloorRequestKind as Asked
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import OutputKind
from app.domain.outputs.queries import outputs
from app.domain.reports.inputs import NewReportDraft
from app.domain.reports.models import SpeakerAttribution
from app.domain.reports.rules.paragraphs import ParagraphKind, ReportParagraph, create_paragraph
from app.http.authentication import EntityName
from app.http.labels import DECISION_METHOD_LABELS, KIND_LABELS, name_action_point_owner
from app.http.localization import Localizer
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import localize_title
from app.web.views.reports.attendance import load_report_attendance
from app.web.views.reports.facts import LISTS_OF_FACTS, ItemFacts, collect_meeting_facts

MAX_REPORT_DOCUMENTS = 2000
OWN_POSITION_TEXTS = {
    DecisionStance.OBJECTION: _("%(state)s objected to decision %(number)s in these words:"),
    DecisionStance.RESERVATION: _("%(state)s reserved its position on decision %(number)s in these words:"),
    DecisionStance.STATEMENT: _("%(state)s made this statement on decision %(number)s:"),
}
NOTED_POSITION_TEXTS = {
    DecisionStance.OBJECTION: _("%(state)s objected to decision %(number)s. The chair noted:"),
    DecisionStance.RESERVATION: _("%(state)s reserved its position on decision %(number)s. The chair noted:"),
    DecisionStance.STATEMENT: _("%(state)s made a statement on decision %(number)s. The chair noted:"),
}


SPEAKERS_TEXTS = {
    Asked.FLOOR: (
        _("The following took the floor: %(names)s."),
        _("A Member State took the floor."),
        _("Member States that took the floor: %(count)s."),
    ),
    Asked.RIGHT_OF_REPLY: (
        _("The right of reply was exercised by: %(names)s."),
        _("A Member State exercised its right of reply."),
        _("Member States that exercised their right of reply: %(count)s."),
    ),
    Asked.POINT_OF_ORDER: (
        _("Points of order were raised by: %(names)s."),
        _("A Member State raised a point of order."),
        _("Member States that raised points of order: %(count)s."),
    ),
}
"""For each kind of request: with names; one State without its name; several States without their names."""


def generate_report_paragraphs(
    session: ReadSession, actor: Actor, meeting: Meeting, options: NewReportDraft
) -> list[ReportParagraph]:
    """Generate every paragraph of the report, from the opening to the annex."""
    return list(_ReportGenerator(session, actor, meeting, options).generate_paragraphs())


LISTS_OF_GENERATOR = (
    *LISTS_OF_FACTS,
    agenda_releases.list_current_released_items,
    agenda_releases.list_current_releases,
)
"""What a report is generated from and read together."""


class _ReportGenerator:
    """Generates paragraphs in one language, with or without the names of speakers."""

    def __init__(self, session: ReadSession, actor: Actor, meeting: Meeting, chosen: NewReportDraft) -> None:
        self.session, self.actor, self.meeting = session, actor, meeting
        self.formats, self.lang = Localizer(chosen.lang), str(chosen.lang)
        self.named = chosen.attribution == SpeakerAttribution.NAMED
        read_together(session, meeting, *LISTS_OF_GENERATOR)
        self.items = agenda_releases.list_current_released_items(session, meeting)
        self.agenda = agenda_releases.find_current_release(session, meeting)
        self.documents = self._allocated()
        self.facts = collect_meeting_facts(session, meeting, {row.item_id for row in self.items})
        self.attendance = load_report_attendance(session, actor, meeting)

    def generate_paragraphs(self) -> Iterator[ReportParagraph]:
        yield from self._opening()
        for row in self.items:
            title, lang = localize_title(row.titles, self.lang)
            yield create_paragraph(ParagraphKind.HEADING, f"{row.label} {title}", lang or self.lang)
            yield from self._documents(row.item_id)
            yield from self._proceedings(row.item_id)
        if other := [*self._documents(None), *self._proceedings(None)]:
            yield self._localized(ParagraphKind.HEADING, _("Outside the agenda items"))
            yield from other
        yield from self._outputs()
        yield from self._closing()
        yield from self._participants()

    def _allocated(self) -> Mapping[UUID | None, list[ListedDocumentRow]]:
        """Return the documents under each agenda item, in order; those in force under no item have the key None."""
        allocated = agenda_releases.list_release_allocations(self.session, self.agenda) if self.agenda else []
        rows = documents.list_documents_by_id(self.session, self.actor, [each.document_id for each in allocated])
        item_of = {each.document_id: each.item_id for each in allocated}
        by_item: dict[UUID | None, list[ListedDocumentRow]] = defaultdict(list)
        for row in rows:
            by_item[item_of[row.id]].append(row)
        body, scope = self.meeting.body_id, str(self.meeting.number)
        for row in documents.list_documents(
            self.session, self.actor, body_id=body, scope=scope, limit=MAX_REPORT_DOCUMENTS
        ):
            if row.id not in item_of and not row.ended_as:
                by_item[None].append(row)
        return by_item

    def _localized(self, kind: ParagraphKind, words: LazyText) -> ReportParagraph:
        return create_paragraph(kind, words.translate(self.lang), self.lang)

    def _opening(self) -> Iterator[ReportParagraph]:
        yield self._localized(ParagraphKind.HEADING, _("Opening"))
        body = self.session.get_one(Body, self.meeting.body_id)
        place, _ignored = localize_title(self.meeting.place, self.lang)
        first, last = (self.formats.format_day(day) for day in (self.meeting.opens_on, self.meeting.closes_on))
        number = self.formats.format_number(self.meeting.number)
        yield self._localized(
            ParagraphKind.TEXT,
            _(
                "Meeting %(number)s of %(group)s was held in %(place)s from %(first)s to %(last)s.",
                number=number,
                group=body.prefix,
                place=place,
                first=first,
                last=last,
            ),
        )
        if self.facts.has_all_sessions:
            opened = self.formats.format_instant(self.facts.sittings[0].opened_at, self.meeting.zone)
            count = self.formats.format_number(len(self.facts.sittings))
            yield self._localized(
                ParagraphKind.TEXT,
                _("The meeting was opened on %(when)s. Sessions held: %(count)s.", when=opened, count=count),
            )
        if self.attendance.people:
            yield self._localized(ParagraphKind.TEXT, self.attendance.format_summary(self.formats))
        if self.agenda and self.agenda.adopted_at:
            when = self.formats.format_instant(self.agenda.adopted_at, self.meeting.zone)
            yield self._localized(ParagraphKind.TEXT, _("The agenda was adopted on %(when)s.", when=when))

    def _documents(self, item: UUID | None) -> Iterator[ReportParagraph]:
        for row in self.documents.get(item, ()):
            title, _ignored = localize_title(row.titles, self.lang, row.original)
            yield self._localized(
                ParagraphKind.DOCUMENT,
                _(
                    "Document %(symbol)s, “%(title)s”, was before the meeting. Source: %(source)s.",
                    symbol=row.symbol,
                    title=title,
                    source=name_source(row.entity, row.at_request),
                ),
            )

    def _proceedings(self, item: UUID | None) -> Iterator[ReportParagraph]:
        item_facts = self.facts.by_item.get(item, ItemFacts())
        for kind in SPEAKERS_TEXTS:
            if spoke := [each for each in item_facts.floor_requests if each.kind == kind]:
                yield self._localized(ParagraphKind.SPEAKERS, self._speakers(kind, spoke))
        for reason in item_facts.reorder_reasons:
            moved = _(
                "The order of the list of speakers was changed. Reason given by the chair: %(reason)s", reason=reason
            )
            yield self._localized(ParagraphKind.TEXT, moved)
        if item_facts.list_closed_at:
            when = self.formats.format_instant(item_facts.list_closed_at, self.meeting.zone)
            yield self._localized(ParagraphKind.TEXT, _("The list of speakers was closed on %(when)s.", when=when))
        for decision in item_facts.decisions:
            yield from self._decision(decision)

    def _speakers(self, kind: Asked, spoke: Sequence[FloorRequest]) -> LazyText:
        """Return the sentence about speakers, in the order in which each first had the floor."""
        by_name, one, several = SPEAKERS_TEXTS[kind]
        once = list(dict.fromkeys((each.entity, each.on_behalf_of) for each in spoke))
        if self.named:
            names = "; ".join(self._name(entity, group).translate(self.lang) for entity, group in once)
            return _(by_name.message, names=names)
        states = len({entity for entity, _ignored in once})
        return one if states == 1 else _(several.message, count=self.formats.format_number(states))

    def _name(self, entity: str, group: str) -> LazyText:
        name = EntityName(entity)
        return _("%(state)s (on behalf of %(group)s)", state=name, group=group) if group else name

    def _decision(self, decision: Decision) -> Iterator[ReportParagraph]:
        number = self.formats.format_number(decision.number)
        how = DECISION_METHOD_LABELS[decision.how].translate(self.lang)
        yield self._localized(ParagraphKind.TEXT, _("Decision %(number)s. %(how)s:", number=number, how=how))
        yield create_paragraph(ParagraphKind.DECISION, decision.text, decision.lang)
        for each in self.facts.positions.get(decision.id, []):
            words = (OWN_POSITION_TEXTS if each.own else NOTED_POSITION_TEXTS)[DecisionStance(each.stance)]
            yield self._localized(ParagraphKind.TEXT, _(words.message, state=EntityName(each.entity), number=number))
            yield create_paragraph(ParagraphKind.POSITION, each.text, each.lang)
        for point in self.facts.action_points.get(decision.id, []):
            yield create_paragraph(ParagraphKind.ACTION, self._action(point), point.lang)

    def _action(self, point: ActionPoint) -> str:
        person = self.facts.names_of_owners.get(point.owner_person, "") if point.owner_person else ""
        values = {"what": point.text, "owner": name_action_point_owner(point.owner, person)}
        if point.due_on is None:
            return _("Action: %(what)s By: %(owner)s.", **values).translate(self.lang)
        due = self.formats.format_day(point.due_on, weekday=False)
        return _("Action: %(what)s By: %(owner)s. Due: %(due)s.", **values, due=due).translate(self.lang)

    def _outputs(self) -> Iterator[ReportParagraph]:
        outputs_of_meeting = outputs.list_outputs_adopted_by_meeting(self.session, self.actor, self.meeting)
        if adopted := [each for each in outputs_of_meeting if each.kind != OutputKind.REPORT]:  # this is the report
            yield self._localized(ParagraphKind.HEADING, _("Texts adopted by the meeting"))
        for each in adopted:
            title, _ignored = localize_title(each.titles, self.lang, each.original)
            words = _(
                "The meeting adopted: %(symbol)s, “%(title)s” (%(kind)s).",
                symbol=each.symbol,
                title=title,
                kind=KIND_LABELS[each.kind],
            )
            yield self._localized(ParagraphKind.OUTPUT, words)

    def _closing(self) -> Iterator[ReportParagraph]:
        if self.facts.has_all_sessions and all(each.closed_at for each in self.facts.sittings):
            closed = max(each.closed_at for each in self.facts.sittings if each.closed_at)
            yield self._localized(ParagraphKind.HEADING, _("Closing"))
            when = self.formats.format_instant(closed, self.meeting.zone)
            yield self._localized(ParagraphKind.TEXT, _("The last session was closed on %(when)s.", when=when))

    def _participants(self) -> Iterator[ReportParagraph]:
        if self.attendance.people:
            yield self._localized(ParagraphKind.HEADING, _("Annex: participants"))
        for line in self.attendance.format_delegation_lines(self.lang):
            yield self._localized(ParagraphKind.PARTICIPANTS, line)
