"""The things that lines of the journal name, as far as an actor may see them: looked up in sets, one statement a kind.

What the actor may not see, and what there is not, are both left out: the line then says the act alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

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
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.queries import list_visible_meetings
from app.domain.messages.models import SecretariatMessage, SecretariatMessageText
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.participants.models import Participant
from app.domain.participants.queries import list_visible_participants
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


ObjectLoader = Callable[[ReadSession, Actor, set[str]], Iterator[LineObject]]
"""Yields the things of one kind that have these keys and that the actor may see."""


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
    found: dict[ObjectKey, LineObject] = {}
    for kind, load in OBJECT_LOADERS.items():  # meetings are the last: the others name theirs
        if keys := keys_by_kind.get(kind):
            for thing in load(session, actor, keys):
                found[kind, thing.key] = thing
                if thing.is_of_meeting:
                    keys_by_kind.setdefault(ObjectKind.MEETING, set()).add(str(thing.within))
    return found


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


def _load_editions(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = list_visible_documents(actor).join(Edition, Edition.document_id == Document.id)
    columns = (Edition.id, Edition.symbol, Edition.document_id, Document.titles, Document.original)
    for row in session.execute(visible.where(Edition.id.in_(_parse_ids(keys))).with_only_columns(*columns)):
        yield LineObject(ObjectKind.EDITION, str(row[0]), row[1], row[3], row[4], row[2])


def _load_documents(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = list_visible_documents(actor).where(Document.id.in_(_parse_ids(keys)))
    columns = (Document.id, Document.symbol, Document.titles, Document.original)
    for row in session.execute(visible.with_only_columns(*columns)):
        yield LineObject(ObjectKind.DOCUMENT, str(row[0]), row[1], row[2], row[3])


def _load_contributions(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = list_visible_contributions(actor).where(Contribution.id.in_(_parse_ids(keys)))
    columns = (Contribution.id, Contribution.title, Contribution.original)
    for row in session.execute(visible.with_only_columns(*columns)):
        yield LineObject(ObjectKind.CONTRIBUTION, str(row[0]), titles={row[2]: row[1]}, original=row[2])


def _load_procedures(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = list_visible_procedures(actor).where(SilenceProcedure.id.in_(_parse_ids(keys)))
    columns = (SilenceProcedure.id, SilenceProcedure.titles, SilenceProcedure.original)
    for row in session.execute(visible.with_only_columns(*columns)):
        yield LineObject(ObjectKind.PROCEDURE, str(row[0]), titles=row[1], original=row[2])


def _load_outputs(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    """Yield outputs; of a draft that the actor sees only as it was circulated, its latest circulated version, which
    `within` names by the output."""
    ids = _parse_ids(keys)
    columns = (Output.id, Output.symbol, Output.titles, Output.original)
    seen = set()
    for row in session.execute(list_visible_outputs(actor).where(Output.id.in_(ids)).with_only_columns(*columns)):
        seen.add(row[0])
        yield LineObject(ObjectKind.OUTPUT, str(row[0]), row[1] or "", row[2], row[3])
    if len(seen) == len(ids):
        return
    versions = list_visible_circulated_versions(actor).where(
        CirculatedVersion.output_id.in_([each for each in ids if each not in seen])
    )
    latest = versions.ext(distinct_on(CirculatedVersion.output_id)).order_by(
        CirculatedVersion.output_id, CirculatedVersion.number.desc()
    )
    for version in session.scalars(latest):
        key = version.output_id
        yield LineObject(ObjectKind.OUTPUT, str(key), titles=version.titles, original=version.original, within=key)


def _load_decisions(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    in_visible = Decision.meeting_id.in_(list_visible_meetings(actor).with_only_columns(Meeting.id))
    columns = (Decision.id, Decision.number, Decision.meeting_id)
    for row in session.execute(select(*columns).where(Decision.id.in_(_parse_ids(keys)), in_visible)):
        yield LineObject(ObjectKind.DECISION, str(row[0]), str(row[1]), within=row[2])


def _load_action_points(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    in_visible = Decision.meeting_id.in_(list_visible_meetings(actor).with_only_columns(Meeting.id))
    statement = (
        select(ActionPoint.id, Decision.number, Decision.meeting_id)
        .join(Decision, Decision.id == ActionPoint.decision_id)
        .where(ActionPoint.id.in_(_parse_ids(keys)), in_visible)
    )
    for row in session.execute(statement):
        yield LineObject(ObjectKind.ACTION_POINT, str(row[0]), str(row[1]), within=row[2])


def _load_items(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    """Yield items as in the release that everybody sees; with the chair's tools, others as in the draft."""
    ids, seen = _parse_ids(keys), set()
    released = (
        list_visible_meetings(actor)
        .join(AgendaRelease, and_(AgendaRelease.meeting_id == Meeting.id, AgendaRelease.is_current))
        .join(ReleasedAgendaItem, ReleasedAgendaItem.release_id == AgendaRelease.id)
        .where(ReleasedAgendaItem.item_id.in_(ids))
        .with_only_columns(ReleasedAgendaItem.item_id, ReleasedAgendaItem.label, ReleasedAgendaItem.titles, Meeting.id)
    )
    for row in session.execute(released):
        seen.add(row[0])
        yield LineObject(ObjectKind.ITEM, str(row[0]), row[1], row[2], within=row[3])
    drafted = (
        list_visible_meetings(actor)
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(AgendaItem.id.in_([each for each in ids if each not in seen]), build_chair_tools_condition(actor))
        .with_only_columns(AgendaItem.id, AgendaItem.titles, Meeting.id)
    )
    for item_id, titles, meeting_id in session.execute(drafted):
        yield LineObject(ObjectKind.ITEM, str(item_id), titles=titles, within=meeting_id)


def _load_sessions(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = list_visible_meetings(actor).join(MeetingSession, MeetingSession.meeting_id == Meeting.id)
    columns = (MeetingSession.id, MeetingSession.starts_at, Meeting.id, Meeting.zone)
    for row in session.execute(visible.where(MeetingSession.id.in_(_parse_ids(keys))).with_only_columns(*columns)):
        yield LineObject(ObjectKind.SESSION, str(row[0]), within=row[2], starts_at=row[1], zone=row[3])


def _load_participants(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = list_visible_participants(actor).where(Participant.id.in_(_parse_ids(keys)))
    columns = (Participant.id, Participant.name, Participant.meeting_id)
    for row in session.execute(visible.with_only_columns(*columns)):
        yield LineObject(ObjectKind.PARTICIPANT, str(row[0]), row[1], within=row[2])


def _load_floor_requests(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    statement = (
        select(FloorRequest.id, FloorRequest.entity, Sitting.meeting_id)
        .join(Sitting, Sitting.session_id == FloorRequest.session_id)
        .where(
            FloorRequest.id.in_(_parse_ids(keys)),
            Sitting.meeting_id.in_(list_visible_meetings(actor).with_only_columns(Meeting.id)),
        )
    )
    for row in session.execute(statement):
        yield LineObject(ObjectKind.FLOOR_REQUEST, str(row[0]), row[1], within=row[2])


def _load_accreditations(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    """Yield the people of accreditations, for the secretariat of their body."""
    statement = (
        select(Accreditation.id, Person.name)
        .join(Person, Person.id == Accreditation.person_id)
        .where(
            Accreditation.id.in_(_parse_ids(keys)),
            Accreditation.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
        )
    )
    for row in session.execute(statement):
        yield LineObject(ObjectKind.ACCREDITATION, str(row[0]), row[1])


def _load_appointments(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    """Yield the people of offices: confirmed ones of a body for all with a seat in it, others for its secretariat."""
    statement = (
        select(Appointment.id, Person.name)
        .join(Person, Person.id == Appointment.person_id)
        .where(
            Appointment.id.in_(_parse_ids(keys)),
            or_(
                Appointment.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
                and_(Appointment.body_id.in_(actor.bodies_with_role()), Appointment.confirmed_at.is_not(None)),
            ),
        )
    )
    for row in session.execute(statement):
        yield LineObject(ObjectKind.APPOINTMENT, str(row[0]), row[1])


def _load_people(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    """Yield people who have or had a seat or an office in a body, for its secretariat, and the actor."""
    in_charge = actor.bodies_with_role(Office.SECRETARY)
    seats = select(Accreditation.person_id).where(Accreditation.body_id.in_(in_charge))
    offices = select(Appointment.person_id).where(Appointment.body_id.in_(in_charge))
    statement = select(Person.id, Person.name).where(
        Person.id.in_(_parse_ids(keys)), or_(Person.id == actor.person, Person.id.in_(seats.union(offices)))
    )
    for row in session.execute(statement):
        yield LineObject(ObjectKind.PERSON, str(row[0]), row[1])


def _load_topics(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:  # noqa: ARG001 - a loader has three arguments
    """Yield topics: everybody who is signed in sees them."""
    for row in session.execute(select(Topic.code, Topic.names).where(Topic.code.in_(keys))):
        yield LineObject(ObjectKind.TOPIC, row[0], titles=row[1])


def _load_messages(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    of_own_bodies = SecretariatMessage.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    visible = select(SecretariatMessageText).join(SecretariatMessage).where(of_own_bodies)
    titles: dict[UUID, dict[str, str]] = {}
    for each in session.scalars(visible.where(SecretariatMessage.id.in_(_parse_ids(keys)))):
        titles.setdefault(each.message_id, {})[each.lang] = each.subject
    yield from (LineObject(ObjectKind.MESSAGE, str(key), titles=subjects) for key, subjects in titles.items())


def _name_states(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:  # noqa: ARG001 - a loader has three arguments
    """Yield States and other members: those who see a line see their codes in its proof."""
    yield from (LineObject(ObjectKind.STATE, key, key) for key in keys)


def _load_meetings(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = list_visible_meetings(actor).join(Body, Body.id == Meeting.body_id)
    columns = (Meeting.id, Meeting.number, Body.prefix)
    for row in session.execute(visible.where(Meeting.id.in_(_parse_ids(keys))).with_only_columns(*columns)):
        yield LineObject(ObjectKind.MEETING, str(row[0]), str(row[1]), titles={DEFAULT_LANGUAGE: row[2]})


def _load_bodies(session: ReadSession, actor: Actor, keys: set[str]) -> Iterator[LineObject]:
    visible = bodies.list_visible_bodies(actor).where(Body.id.in_(_parse_ids(keys)))
    for row in session.execute(visible.with_only_columns(Body.id, Body.prefix)):
        yield LineObject(ObjectKind.BODY, str(row[0]), row[1])


OBJECT_LOADERS: Mapping[ObjectKind, ObjectLoader] = MappingProxyType(
    {
        ObjectKind.EDITION: _load_editions,
        ObjectKind.DOCUMENT: _load_documents,
        ObjectKind.CONTRIBUTION: _load_contributions,
        ObjectKind.PROCEDURE: _load_procedures,
        ObjectKind.OUTPUT: _load_outputs,
        ObjectKind.ACTION_POINT: _load_action_points,
        ObjectKind.DECISION: _load_decisions,
        ObjectKind.ITEM: _load_items,
        ObjectKind.SESSION: _load_sessions,
        ObjectKind.PARTICIPANT: _load_participants,
        ObjectKind.FLOOR_REQUEST: _load_floor_requests,
        ObjectKind.ACCREDITATION: _load_accreditations,
        ObjectKind.APPOINTMENT: _load_appointments,
        ObjectKind.PERSON: _load_people,
        ObjectKind.TOPIC: _load_topics,
        ObjectKind.STATE: _name_states,
        ObjectKind.MESSAGE: _load_messages,
        ObjectKind.BODY: _load_bodies,
        ObjectKind.MEETING: _load_meetings,
    }
)
