"""The things that lines of the journal name, as far as an actor may see them: looked up in sets, those of all kinds in
one statement, then the meetings that they belong to.

What the actor may not see, and what there is not, are both left out: the line then says the act alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from app.core.database.combined_lists import read_statements_together
from app.core.db import LocalizedText, ReadSession
from app.core.i18n import DEFAULT_LANGUAGE
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.agendas.models import AgendaItem, AgendaRelease, ReleasedAgendaItem
from app.domain.agendas.queries.agenda_drafts import build_chair_tools_condition
from app.domain.audit_trail.rules import BODY_EVENTS, OBJECT_KINDS_BY_FACT, REASONS_WITHOUT_OBJECT, ObjectKind
from app.domain.bodies.models import Accreditation, Appointment, Body, Office
from app.domain.bodies.queries import bodies
from app.domain.circulations.models import CirculatedVersion
from app.domain.circulations.queries import list_visible_circulated_versions
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.contributions import list_visible_contributions
from app.domain.decisions.models import ActionPoint, Decision
from app.domain.documents.models import Document, Edition
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.floor.models import FloorRequest, Sitting
from app.domain.identity.models.tables import Person
from app.domain.liaisons.models import Liaison
from app.domain.liaisons.queries import list_visible_liaisons
from app.domain.mandates.models import ActionLine, Mandate
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.queries import list_visible_meetings
from app.domain.messages.models import SecretariatMessage, SecretariatMessageText
from app.domain.organizations.models import Organization
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.participants.models import Participant
from app.domain.participants.queries import list_visible_participants
from app.domain.reporting_duties.models import ExpectedReport, ReportingDuty
from app.domain.reporting_duties.queries import list_visible_duties, list_visible_reports
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.queries.procedures import list_visible_procedures
from app.domain.topics.models import Topic

ObjectKey = tuple[ObjectKind, str]
"""Kind and identifier or code."""
REGISTRATION_EVENT_PREFIX = "contribution:registered"


@dataclass(frozen=True, slots=True)
class LineObject:
    """A thing that a line names. `label` is its symbol, number or name; `within` the meeting or document whose page
    shows it, `starts_at` and `zone` the time of a session."""

    kind: ObjectKind
    key: str
    label: str = ""
    titles: LocalizedText = field(default_factory=dict)
    original: str = DEFAULT_LANGUAGE
    within: UUID | None = None
    starts_at: datetime | None = None
    zone: str = ""

    @property
    def is_of_meeting(self) -> bool:
        """Whether `within` is a meeting."""
        return self.within is not None and self.kind not in (ObjectKind.EDITION, ObjectKind.OUTPUT)


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """Selects the things of one kind that have these keys and that the actor may see. The names of its columns are
    those of `LineObject`."""

    kind: ObjectKind
    select_rows: Callable[[Actor, set[str]], Select[*tuple[Any, ...]]]


def list_object_keys(line: JournalLine) -> list[ObjectKey]:
    """List what a line names, the most particular first."""
    if line.event in REASONS_WITHOUT_OBJECT:
        return []
    named = [(kind, str(line.facts[fact])) for fact, kind in OBJECT_KINDS_BY_FACT.items() if line.facts.get(fact)]
    return [*named, (ObjectKind.BODY, str(line.body))] if line.event in BODY_EVENTS and line.body else named


def find_objects(session: ReadSession, actor: Actor, lines: Iterable[JournalLine]) -> Mapping[ObjectKey, LineObject]:
    """Find what these lines name, and the meetings that it belongs to, as far as the actor may see it."""
    keys_by_kind: dict[ObjectKind, set[str]] = {}
    for line in lines:
        for kind, key in list_object_keys(line):
            keys_by_kind.setdefault(kind, set()).add(key)
    found = {(ObjectKind.STATE, key): _name_state(key) for key in keys_by_kind.get(ObjectKind.STATE, ())}
    meetings = keys_by_kind.get(ObjectKind.MEETING, set())
    for thing in _load_objects(session, actor, OBJECT_SOURCES, keys_by_kind):
        found[thing.kind, thing.key] = thing
        if thing.is_of_meeting:
            meetings.add(str(thing.within))
    for thing in _load_objects(session, actor, (MEETING_SOURCE,), {ObjectKind.MEETING: meetings}):
        found[thing.kind, thing.key] = thing
    return found


def _load_objects(
    session: ReadSession, actor: Actor, sources: Iterable[ObjectSource], keys_by_kind: Mapping[ObjectKind, set[str]]
) -> Iterator[LineObject]:
    """Yield the things with these keys, of all sources in one statement."""
    asked = [source for source in sources if keys_by_kind.get(source.kind)]
    statements = [source.select_rows(actor, keys_by_kind[source.kind]) for source in asked]
    for source, rows in zip(asked, read_statements_together(session, statements), strict=True):
        for row in rows:
            values = row._asdict()
            yield LineObject(source.kind, str(values.pop("key")), **values)


def list_objects_of_line(line: JournalLine, found: Mapping[ObjectKey, LineObject]) -> list[LineObject]:
    """List what was found of a line, each thing once: an edition is shown as its document, a document as the
    contribution that became it, and a procedure for its text."""
    things = [found[key] for key in list_object_keys(line) if key in found]
    meetings = [(ObjectKind.MEETING, str(thing.within)) for thing in things if thing.is_of_meeting]
    things += [found[key] for key in meetings if key in found]
    kinds = {thing.kind for thing in things}
    is_registration = line.event.startswith(REGISTRATION_EVENT_PREFIX)
    hidden = {
        replaced
        for kind, replaced in (
            (ObjectKind.EDITION, ObjectKind.DOCUMENT),
            *([(ObjectKind.DOCUMENT, ObjectKind.CONTRIBUTION)] if is_registration else []),
            (ObjectKind.PROCEDURE, ObjectKind.OUTPUT),
            (ObjectKind.ACCREDITATION, ObjectKind.PERSON),
            (ObjectKind.APPOINTMENT, ObjectKind.PERSON),
        )
        if kind in kinds
    }
    return list({(each.kind, each.key): each for each in things if each.kind not in hidden}.values())


def _parse_ids(keys: Iterable[str]) -> list[UUID]:
    """Parse identifiers; what is none names nothing."""
    return [UUID(key) for key in keys if len(key) == len(str(UUID(int=0)))]


def _select_editions(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_documents(actor).join(Edition, Edition.document_id == Document.id)
    return visible.where(Edition.id.in_(_parse_ids(keys))).with_only_columns(
        Edition.id.label("key"),
        Edition.symbol.label("label"),
        Document.titles,
        Document.original,
        Edition.document_id.label("within"),
    )


def _select_documents(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_documents(actor).where(Document.id.in_(_parse_ids(keys)))
    return visible.with_only_columns(
        Document.id.label("key"), Document.symbol.label("label"), Document.titles, Document.original
    )


def _select_contributions(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_contributions(actor).where(Contribution.id.in_(_parse_ids(keys)))
    titles = func.jsonb_build_object(Contribution.original, Contribution.title, type_=JSONB).label("titles")
    return visible.with_only_columns(Contribution.id.label("key"), titles, Contribution.original)


def _select_procedures(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_procedures(actor).where(SilenceProcedure.id.in_(_parse_ids(keys)))
    return visible.with_only_columns(
        SilenceProcedure.id.label("key"), SilenceProcedure.titles, SilenceProcedure.original
    )


def _select_outputs(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    label = func.coalesce(Output.symbol, "").label("label")
    visible = list_visible_outputs(actor).where(Output.id.in_(_parse_ids(keys)))
    return visible.with_only_columns(Output.id.label("key"), label, Output.titles, Output.original)


def _select_circulated_drafts(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select drafts as they were circulated last, which `within` names by the output: for those who see no more."""
    versions = list_visible_circulated_versions(actor).where(CirculatedVersion.output_id.in_(_parse_ids(keys)))
    latest = versions.ext(distinct_on(CirculatedVersion.output_id)).order_by(
        CirculatedVersion.output_id, CirculatedVersion.number.desc()
    )
    return latest.with_only_columns(
        CirculatedVersion.output_id.label("key"),
        CirculatedVersion.titles,
        CirculatedVersion.original,
        CirculatedVersion.output_id.label("within"),
    )


def _select_decisions(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    in_visible = Decision.meeting_id.in_(list_visible_meetings(actor).with_only_columns(Meeting.id))
    label = cast(Decision.number, String).label("label")
    columns = (Decision.id.label("key"), label, Decision.meeting_id.label("within"))
    return select(*columns).where(Decision.id.in_(_parse_ids(keys)), in_visible)


def _select_action_points(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    in_visible = Decision.meeting_id.in_(list_visible_meetings(actor).with_only_columns(Meeting.id))
    label = cast(Decision.number, String).label("label")
    return (
        select(ActionPoint.id.label("key"), label, Decision.meeting_id.label("within"))
        .join(Decision, Decision.id == ActionPoint.decision_id)
        .where(ActionPoint.id.in_(_parse_ids(keys)), in_visible)
    )


def _select_drafted_items(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select items as in the draft, for those with the chair's tools."""
    drafted = list_visible_meetings(actor).join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
    return drafted.where(AgendaItem.id.in_(_parse_ids(keys)), build_chair_tools_condition(actor)).with_only_columns(
        AgendaItem.id.label("key"), AgendaItem.titles, Meeting.id.label("within")
    )


def _select_released_items(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select items as in the release that everybody sees."""
    item = ReleasedAgendaItem
    released = (
        list_visible_meetings(actor)
        .join(AgendaRelease, and_(AgendaRelease.meeting_id == Meeting.id, AgendaRelease.is_current))
        .join(item, item.release_id == AgendaRelease.id)
    )
    return released.where(item.item_id.in_(_parse_ids(keys))).with_only_columns(
        item.item_id.label("key"), item.label, item.titles, Meeting.id.label("within")
    )


def _select_sessions(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_meetings(actor).join(MeetingSession, MeetingSession.meeting_id == Meeting.id)
    return visible.where(MeetingSession.id.in_(_parse_ids(keys))).with_only_columns(
        MeetingSession.id.label("key"), Meeting.id.label("within"), MeetingSession.starts_at, Meeting.zone
    )


def _select_participants(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_participants(actor).where(Participant.id.in_(_parse_ids(keys)))
    return visible.with_only_columns(
        Participant.id.label("key"), Participant.name.label("label"), Participant.meeting_id.label("within")
    )


def _select_floor_requests(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    columns = (FloorRequest.id.label("key"), FloorRequest.entity.label("label"), Sitting.meeting_id.label("within"))
    return (
        select(*columns)
        .join(Sitting, Sitting.session_id == FloorRequest.session_id)
        .where(
            FloorRequest.id.in_(_parse_ids(keys)),
            Sitting.meeting_id.in_(list_visible_meetings(actor).with_only_columns(Meeting.id)),
        )
    )


def _select_accreditations(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select the people of accreditations, for the secretariat of their body."""
    return (
        select(Accreditation.id.label("key"), Person.name.label("label"))
        .join(Person, Person.id == Accreditation.person_id)
        .where(
            Accreditation.id.in_(_parse_ids(keys)),
            Accreditation.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
        )
    )


def _select_appointments(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select the people of offices: confirmed ones of a body for all with a seat in it, others for its secretariat."""
    return (
        select(Appointment.id.label("key"), Person.name.label("label"))
        .join(Person, Person.id == Appointment.person_id)
        .where(
            Appointment.id.in_(_parse_ids(keys)),
            or_(
                Appointment.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
                and_(Appointment.body_id.in_(actor.bodies_with_role()), Appointment.confirmed_at.is_not(None)),
            ),
        )
    )


def _select_people(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select people who have or had a seat or an office in a body, for its secretariat, and the actor."""
    in_charge = actor.bodies_with_role(Office.SECRETARY)
    seats = select(Accreditation.person_id).where(Accreditation.body_id.in_(in_charge))
    offices = select(Appointment.person_id).where(Appointment.body_id.in_(in_charge))
    return select(Person.id.label("key"), Person.name.label("label")).where(
        Person.id.in_(_parse_ids(keys)), or_(Person.id == actor.person, Person.id.in_(seats.union(offices)))
    )


def _select_topics(_actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select topics: everybody who is signed in sees them."""
    return select(Topic.code.label("key"), Topic.names.label("titles")).where(Topic.code.in_(keys))


def _select_liaisons(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    return (
        list_visible_liaisons(actor)
        .where(Liaison.id.in_(_parse_ids(keys)))
        .with_only_columns(
            Liaison.id.label("key"),
            func.jsonb_build_object(Liaison.original, Liaison.subject, type_=JSONB).label("titles"),
            Liaison.original.label("original"),
        )
    )


def _select_expected_reports(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_reports(actor).where(ExpectedReport.id.in_(_parse_ids(keys)))
    return visible.with_only_columns(ExpectedReport.id.label("key"), cast(ExpectedReport.due_on, String).label("label"))


def _select_reporting_duties(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_duties(actor).where(ReportingDuty.id.in_(_parse_ids(keys)))
    return visible.with_only_columns(ReportingDuty.id.label("key"), ReportingDuty.clause.label("label"))


def _select_organizations(_actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select organizations: everybody who is signed in sees them."""
    return select(Organization.code.label("key"), Organization.code.label("label")).where(Organization.code.in_(keys))


def _select_mandates(_actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select mandates: everybody who is signed in sees them. Codes are what names them without their version."""
    return select(Mandate.code.label("key"), Mandate.code.label("label")).where(Mandate.code.in_(keys))


def _select_action_lines(_actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    """Select action lines: everybody who is signed in sees them."""
    return select(ActionLine.code.label("key"), ActionLine.code.label("label")).where(ActionLine.code.in_(keys))


def _select_messages(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    text = SecretariatMessageText
    titles = func.jsonb_object_agg(text.lang, text.subject, type_=JSONB).label("titles")
    of_own_bodies = SecretariatMessage.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    visible = select(text.message_id.label("key"), titles).join(SecretariatMessage).where(of_own_bodies)
    return visible.where(SecretariatMessage.id.in_(_parse_ids(keys))).group_by(text.message_id)


def _select_bodies(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = bodies.list_visible_bodies(actor).where(Body.id.in_(_parse_ids(keys)))
    return visible.with_only_columns(Body.id.label("key"), Body.prefix.label("label"))


def _select_meetings(actor: Actor, keys: set[str]) -> Select[*tuple[Any, ...]]:
    visible = list_visible_meetings(actor).join(Body, Body.id == Meeting.body_id)
    return visible.where(Meeting.id.in_(_parse_ids(keys))).with_only_columns(
        Meeting.id.label("key"),
        cast(Meeting.number, String).label("label"),
        func.jsonb_build_object(DEFAULT_LANGUAGE, Body.prefix, type_=JSONB).label("titles"),
    )


def _name_state(key: str) -> LineObject:
    """Return a State or other member: those who see a line see their codes in its proof."""
    return LineObject(ObjectKind.STATE, key, key)


OBJECT_SOURCES = (
    ObjectSource(ObjectKind.EDITION, _select_editions),
    ObjectSource(ObjectKind.DOCUMENT, _select_documents),
    ObjectSource(ObjectKind.CONTRIBUTION, _select_contributions),
    ObjectSource(ObjectKind.PROCEDURE, _select_procedures),
    ObjectSource(ObjectKind.OUTPUT, _select_circulated_drafts),
    ObjectSource(ObjectKind.OUTPUT, _select_outputs),
    ObjectSource(ObjectKind.ACTION_POINT, _select_action_points),
    ObjectSource(ObjectKind.DECISION, _select_decisions),
    ObjectSource(ObjectKind.ITEM, _select_drafted_items),
    ObjectSource(ObjectKind.ITEM, _select_released_items),
    ObjectSource(ObjectKind.SESSION, _select_sessions),
    ObjectSource(ObjectKind.PARTICIPANT, _select_participants),
    ObjectSource(ObjectKind.FLOOR_REQUEST, _select_floor_requests),
    ObjectSource(ObjectKind.ACCREDITATION, _select_accreditations),
    ObjectSource(ObjectKind.APPOINTMENT, _select_appointments),
    ObjectSource(ObjectKind.PERSON, _select_people),
    ObjectSource(ObjectKind.TOPIC, _select_topics),
    ObjectSource(ObjectKind.ORGANIZATION, _select_organizations),
    ObjectSource(ObjectKind.MANDATE, _select_mandates),
    ObjectSource(ObjectKind.ACTION_LINE, _select_action_lines),
    ObjectSource(ObjectKind.LIAISON, _select_liaisons),
    ObjectSource(ObjectKind.EXPECTED_REPORT, _select_expected_reports),
    ObjectSource(ObjectKind.REPORTING_DUTY, _select_reporting_duties),
    ObjectSource(ObjectKind.MESSAGE, _select_messages),
    ObjectSource(ObjectKind.BODY, _select_bodies),
)
"""Where the things of each kind are; of two sources of a kind the later one has precedence."""
MEETING_SOURCE = ObjectSource(ObjectKind.MEETING, _select_meetings)
