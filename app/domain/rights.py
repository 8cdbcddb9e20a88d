"""All permissions, and the table of rights computed from them: printed, shown on the help page, and tested.

No cell of the table is written by hand: it is the result of the permission's own rule for a person who holds one seat,
and a subject of their own State or of another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.core.access import Actor, Permission, Seat
from app.core.i18n import Text, say
from app.domain.agendas import rules as agendas
from app.domain.agendas.rules import AtMeeting
from app.domain.bodies import rules as bodies
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.rules import Grant, Place
from app.domain.circulations import rules as circulations
from app.domain.condition import rules as condition
from app.domain.contributions import rules as contributions
from app.domain.contributions.models import Contribution, Status
from app.domain.contributions.rules import ToMeeting
from app.domain.decisions import rules as decisions
from app.domain.decisions.rules import At
from app.domain.documents import rules as documents
from app.domain.documents.models import Access, Document
from app.domain.floor import rules as floor
from app.domain.floor.models import Standing
from app.domain.identity import rules as identity
from app.domain.identity.claims import Membership
from app.domain.letters import rules as letters
from app.domain.meetings import rules as meetings
from app.domain.meetings.models import Life, Meeting
from app.domain.outputs import completing_rules as completing
from app.domain.outputs import rules as outputs
from app.domain.outputs.completing_rules import Completing, OfTranslation
from app.domain.outputs.models import Status as Stage
from app.domain.outputs.rules import Case, ToParent
from app.domain.participants import rules as participants
from app.domain.participants.rules import Delegation
from app.domain.record import rules as record
from app.domain.reports import rules as reports
from app.domain.reports.models import Stage as ReportStage
from app.domain.silence import rules as silence
from app.domain.silence.models import Course
from app.domain.silence.rules import On
from app.domain.subjects import rules as subjects
from app.domain.subjects.models import Topic
from app.domain.uploads import rules as uploads
from app.domain.uploads.models import State, Upload

BODY, ELSEWHERE = UUID(int=1), UUID(int=2)
SOMEBODY, PROPOSER, ADOPTER, APPROVER = (UUID(int=number) for number in (90, 91, 92, 93))
STATE, OTHER_STATE = "AAA", "BBB"
FOR_EVER = datetime.max.replace(year=9998, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table of rights: a kind of person, with the one seat that they hold."""

    key: str
    words: Text
    actor: Actor


@dataclass(frozen=True, slots=True)
class Own:
    """A subject that belongs to the actor."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of rights: a permission in one situation. A subject that belongs to a State is of State AAA.

    A callable subject, such as `OwnThing`, is called with the id of the actor.
    """

    permission: Permission[Any]
    subject: object
    situation: Text | None = None


def _column(
    number: int, key: str, words: Text, category: str, entity: str, role: str | None, body: UUID | None = BODY
) -> Column:
    seats = frozenset({Seat(role, body, entity)}) if role else frozenset()
    return Column(key, words, Actor(UUID(int=1000 + number), key, category, entity, seats))


MEMBER, STAFF = Membership.MEMBER_STATE, Membership.ITU_STAFF
COLUMNS = (
    _column(0, "delegate", say("Delegate, own State"), MEMBER, STATE, Capacity.DELEGATE),
    _column(1, "head", say("Head of delegation, own State"), MEMBER, STATE, Capacity.HEAD_OF_DELEGATION),
    _column(2, "foreigner", say("Delegate, another State"), MEMBER, OTHER_STATE, Capacity.DELEGATE),
    _column(3, "focal-point", say("Focal point, own State"), MEMBER, STATE, Capacity.FOCAL_POINT),
    _column(4, "foreign-focal-point", say("Focal point, another State"), MEMBER, OTHER_STATE, Capacity.FOCAL_POINT),
    _column(5, "chair", say("Chair, another State"), MEMBER, OTHER_STATE, Office.CHAIR),
    _column(6, "chair-own", say("Chair, own State"), MEMBER, STATE, Office.CHAIR),
    _column(7, "vice-chair", say("Vice-chair, another State"), MEMBER, OTHER_STATE, Office.VICE_CHAIR),
    _column(8, "secretary", say("Secretary"), STAFF, "ITU", Office.SECRETARY),
    _column(
        9,
        "staff",
        say("ITU staff with an office in the General Secretariat or a Bureau"),
        STAFF,
        "ITU",
        Office.TSB,
        None,
    ),
    _column(10, "other-body", say("Delegate in another body only"), MEMBER, STATE, Capacity.DELEGATE, ELSEWHERE),
    _column(11, "nobody", say("Signed in, without a seat"), MEMBER, STATE, None),
)


def _contribution(
    status: Status, *, late: bool = False, by: str = STATE, invited: tuple[str, ...] = ()
) -> Contribution:
    submitted = None if status is Status.DRAFT else datetime.min.replace(tzinfo=UTC)
    who = {"entity": STATE, "by_entity": by, "invited": list(invited)}
    return Contribution(body_id=BODY, status=status, late=late, submitted_at=submitted, **who)


def _upload(state: State = State.OPEN) -> Upload:
    return Upload(body_id=BODY, entity=STATE, person_id=SOMEBODY, state=state)


def _document(access: Access = Access.GROUP) -> Document:
    return Document(body_id=BODY, entity=STATE, access=access)


def _meeting(deputies: Sequence[str] = (Office.VICE_CHAIR, Office.SECRETARY), life: Life = Life.OPEN) -> Meeting:
    return Meeting(body_id=BODY, life=life, deputies=list(deputies))


def _delegation(life: Life = Life.OPEN) -> Delegation:
    return Delegation(BODY, STATE, life, datetime(9999, 1, 1, tzinfo=UTC))


def _position(course: Course | None = Course.OPEN, stage: Stage = Stage.DRAFT) -> On:
    of_a_sponsor = Case(BODY, stage, sponsors=frozenset({STATE}))
    return On(of_a_sponsor, STATE, course, FOR_EVER, frozenset({STATE, OTHER_STATE}))


def _advance_version(approver: UUID, at: datetime | None = None) -> Completing:
    case = Case(BODY, Stage.RELEASED, sponsors=frozenset({STATE}), still_to_come=frozenset({"fr"}))
    return Completing(case, approvers=frozenset({approver}), release_at=at)


def _translation(translator: UUID) -> OfTranslation:
    return OfTranslation(_advance_version(APPROVER), translator)


def _released(proposer: UUID | None = None) -> Case:
    return Case(BODY, Stage.RELEASED, sponsors=frozenset({STATE}), withdrawal_by=proposer)


PLACE = Place(BODY, STATE)
ROWS = (
    Row(identity.SEE_OWN_DESK, None),
    Row(identity.END_SESSION, Own),
    Row(identity.KEEP_CALENDAR, None),
    Row(letters.CHOOSE, None),
    Row(bodies.SEE_PEOPLE, PLACE),
    Row(bodies.ACCREDIT, Grant(BODY, STATE, SOMEBODY, Capacity.DELEGATE)),
    Row(bodies.APPOINT_FOCAL_POINT, Grant(BODY, STATE, SOMEBODY, Capacity.FOCAL_POINT)),
    Row(bodies.END_ACCREDITATION, Grant(BODY, STATE, SOMEBODY, Capacity.DELEGATE), say("of a delegate")),
    Row(bodies.END_ACCREDITATION, Grant(BODY, STATE, SOMEBODY, Capacity.FOCAL_POINT), say("of a focal point")),
    Row(bodies.PROPOSE_OFFICE, Grant(BODY, "", SOMEBODY, Office.CHAIR)),
    Row(bodies.CONFIRM_OFFICE, Grant(BODY, "", SOMEBODY, Office.CHAIR, proposer=PROPOSER)),
    Row(bodies.END_OFFICE, Grant(BODY, "", SOMEBODY, Office.CHAIR)),
    Row(bodies.SET_REGION, None),
    Row(bodies.ADMIT, PLACE),
    Row(bodies.SET_LANGUAGES, PLACE),
    Row(bodies.SET_SILENCE, PLACE),
    Row(condition.SEE, None),
    Row(subjects.SEE, None),
    Row(subjects.KEEP, None),
    Row(subjects.RETIRE, Topic()),
    Row(subjects.RESTORE, Topic(retired_at=datetime.min.replace(tzinfo=UTC))),
    Row(meetings.SEE, _meeting(life=Life.PLANNED), say("while it is planned")),
    Row(meetings.SEE, _meeting(), say("once it is convened")),
    Row(meetings.CONVENE, PLACE),
    Row(meetings.CALL, _meeting(life=Life.PLANNED)),
    Row(meetings.OPEN, _meeting(life=Life.CONVENED)),
    Row(meetings.BEGIN, _meeting()),
    Row(meetings.CLOSE, _meeting(life=Life.IN_SESSION)),
    Row(meetings.CANCEL, _meeting()),
    Row(meetings.CHANGE, _meeting()),
    Row(meetings.LAY_DOWN, _meeting()),
    Row(participants.REGISTER, _delegation(), say("until the deadline")),
    Row(participants.REGISTER, _delegation(Life.IN_SESSION), say("afterwards")),
    Row(participants.NOTE_ATTENDANCE, _meeting(life=Life.IN_SESSION)),
    Row(agendas.SEE, _meeting()),
    Row(agendas.KEEP, _meeting()),
    Row(agendas.KEEP, _meeting(deputies=[]), say("where the chair works alone")),
    Row(agendas.RELEASE, _meeting()),
    Row(agendas.ADOPT, _meeting()),
    Row(agendas.LET_WORK, _meeting()),
    Row(agendas.PROPOSE, AtMeeting(BODY, STATE, Life.OPEN, FOR_EVER)),
    Row(agendas.TAKE_BACK, AtMeeting(BODY, STATE, Life.OPEN, FOR_EVER)),
    Row(floor.SEE, _meeting()),
    Row(floor.OPEN, At(_meeting(), sits=False)),
    Row(floor.RUN, At(_meeting(), sits=True)),
    Row(floor.ASK, At(_meeting(), sits=True, entity=STATE)),
    Row(floor.WITHDRAW, floor.Asked(BODY, STATE, Standing.WAITING)),
    Row(decisions.SEE, _meeting()),
    Row(decisions.TAKE_DOWN, At(_meeting(), sits=True)),
    Row(decisions.CORRECT, At(_meeting(), sits=True)),
    Row(decisions.PUT, At(_meeting(), sits=True, entity=STATE)),
    Row(decisions.NOTE, At(_meeting(), sits=True)),
    Row(reports.SEE, _meeting()),
    Row(reports.DRAFT, reports.At(_meeting())),
    Row(reports.KEEP, reports.At(_meeting(), ReportStage.DRAFT)),
    Row(reports.CIRCULATE, reports.At(_meeting(), ReportStage.DRAFT)),
    Row(reports.CORRECT, reports.At(_meeting(), ReportStage.CIRCULATED, STATE)),
    Row(reports.ANSWER, reports.At(_meeting(), ReportStage.CIRCULATED)),
    Row(reports.ADOPT, reports.At(_meeting(), ReportStage.CIRCULATED)),
    Row(reports.REGISTER, reports.At(_meeting(), ReportStage.ADOPTED)),
    Row(reports.PUT_TEMPLATE, PLACE),
    Row(reports.SEE_ACTIONS, _meeting()),
    Row(reports.ADD_ACTION, reports.At(_meeting())),
    Row(reports.MOVE_ACTION, reports.At(_meeting(), entity=STATE), say("of the own State")),
    Row(documents.SEE, _document()),
    Row(documents.SEE, _document(Access.MEMBERSHIP), say("opened to the membership")),
    Row(documents.READ, _document()),
    Row(documents.REGISTER, PLACE),
    Row(documents.FOLLOW, _document()),
    Row(documents.SUPPORT, _document()),
    Row(uploads.BEGIN, PLACE),
    Row(uploads.SEE, _upload(), say("that a colleague began")),
    Row(uploads.CONTINUE, _upload(), say("that a colleague began")),
    Row(uploads.TAKE, _upload(State.WHOLE), say("that a colleague began")),
    Row(uploads.DISCARD, _upload(), say("that a colleague began")),
    Row(documents.ADD_EDITION, _document()),
    Row(documents.TRANSLATE, _document()),
    Row(documents.RELATE, _document()),
    Row(documents.OPEN, _document()),
    Row(documents.WITHDRAW, _document()),
    Row(documents.CORRECT, _document()),
    Row(documents.RELIST, _document()),
    Row(documents.VOID, _document()),
    Row(documents.SEE_GAPS, PLACE),
    Row(documents.SEE_DUE, PLACE),
    Row(contributions.SEE, _contribution(Status.DRAFT), say("while it is a draft")),
    Row(contributions.SEE, _contribution(Status.SUBMITTED), say("once it is submitted")),
    Row(contributions.SEE, _contribution(Status.SUBMITTED, late=True), say("once it is submitted late")),
    Row(contributions.SEE, _contribution(Status.DRAFT, by="ITU"), say("while the secretariat writes it for the State")),
    Row(contributions.SEE, _contribution(Status.DRAFT, invited=(OTHER_STATE,)), say("asked to sign a draft")),
    Row(contributions.SEE_LATE, PLACE),
    Row(contributions.SEE_RECEIPTS, _contribution(Status.SUBMITTED)),
    Row(contributions.DRAFT, ToMeeting(BODY, STATE, Life.OPEN)),
    Row(contributions.EDIT, _contribution(Status.DRAFT, invited=(OTHER_STATE,)), say("while it is a draft")),
    Row(contributions.INVITE, _contribution(Status.DRAFT, invited=(OTHER_STATE,))),
    Row(contributions.SIGN, _contribution(Status.DRAFT, invited=(OTHER_STATE,))),
    Row(contributions.REQUIRE_CLEARANCE, PLACE),
    Row(contributions.CLEAR, _contribution(Status.DRAFT)),
    Row(contributions.DISCARD, _contribution(Status.DRAFT)),
    Row(contributions.SUBMIT, _contribution(Status.DRAFT)),
    Row(contributions.TAKE_BACK, _contribution(Status.SUBMITTED)),
    Row(contributions.RETURN, _contribution(Status.SUBMITTED)),
    Row(contributions.REGISTER, _contribution(Status.SUBMITTED)),
    Row(contributions.ACCEPT_LATE, _contribution(Status.SUBMITTED, late=True)),
    Row(contributions.HOLD, _contribution(Status.SUBMITTED, late=True)),
    Row(contributions.TAKE_UP, _contribution(Status.HELD, late=True)),
    Row(outputs.SEE, Case(BODY), say("while it is a draft")),
    Row(outputs.SEE, Case(BODY, Stage.ADOPTED), say("once it is adopted")),
    Row(outputs.DRAFT, Case(BODY)),
    Row(outputs.EDIT, Case(BODY)),
    Row(outputs.ADOPT, Case(BODY, sponsors=frozenset({STATE})), say("made from a document of the own State")),
    Row(
        outputs.APPROVE,
        Case(BODY, Stage.ADOPTED, ADOPTER, frozenset({APPROVER}), frozenset({STATE})),
        say("made from a document of the own State"),
    ),
    Row(outputs.LET_OUT, Case(BODY, Stage.APPROVED, ADOPTER, frozenset({APPROVER, PROPOSER}))),
    Row(circulations.SEE, PLACE),
    Row(circulations.CIRCULATE, Case(BODY)),
    Row(circulations.PUT, circulations.On(Case(BODY), STATE)),
    Row(circulations.CHANGE, circulations.On(Case(BODY), STATE)),
    Row(circulations.ANSWER, circulations.On(Case(BODY), STATE)),
    Row(outputs.CALL_BACK, Case(BODY, Stage.SCHEDULED, release_at=FOR_EVER)),
    Row(outputs.FORWARD, ToParent(BODY, BODY), say("where the secretary serves the parent group too")),
    Row(outputs.FORWARD, ToParent(BODY, ELSEWHERE), say("where others serve the parent group")),
    Row(outputs.PROPOSE_WITHDRAWAL, _released(), say("made from a document of the own State")),
    Row(outputs.SEE_WITHDRAWAL, _released(PROPOSER)),
    Row(outputs.CONFIRM_WITHDRAWAL, _released(PROPOSER), say("made from a document of the own State")),
    Row(outputs.DECLINE_WITHDRAWAL, _released(PROPOSER), say("made from a document of the own State")),
    Row(outputs.TAKE_BACK_WITHDRAWAL, _released),
    Row(
        outputs.LET_OUT_ALONE,
        Case(BODY, Stage.ADOPTED, ADOPTER, sponsors=frozenset({STATE})),
        say("made from a document of the own State"),
    ),
    Row(outputs.WITHDRAW_ALONE, _released(), say("made from a document of the own State")),
    Row(completing.TRANSLATE, _advance_version(APPROVER)),
    Row(completing.APPROVE_TRANSLATION, _translation(SOMEBODY), say("made from a document of the own State")),
    Row(completing.APPROVE_TRANSLATION, _translation, say("that they added themselves")),
    Row(completing.COMPLETE, _advance_version(APPROVER)),
    Row(completing.COMPLETE, _advance_version, say("whose translation they approved")),
    Row(completing.CALL_BACK_COMPLETION, _advance_version(APPROVER, FOR_EVER)),
    Row(silence.SEE, PLACE),
    Row(record.SEE, PLACE),
    Row(silence.OPEN, _position(None), say("made from a document of the own State")),
    Row(silence.EXTEND, _position(), say("made from a document of the own State")),
    Row(silence.TAKE, _position()),
    Row(silence.PUT, _position(None, Stage.ADOPTED)),
    Row(silence.CHANGE, _position(None, Stage.ADOPTED)),
)

PERMISSIONS: dict[str, Permission[Any]] = {row.permission.name: row.permission for row in ROWS}


def may(row: Row, column: Column) -> bool:
    """Return whether a kind of person has a permission: one cell of the table."""
    subject = row.subject(column.actor.person) if callable(row.subject) else row.subject
    return row.permission.allows(column.actor, subject)


def names(language: str) -> list[str]:
    """List the name of each row: the permission, with its situation if there are several."""
    return [f"{row.permission.name}{f' ({row.situation.into(language)})' if row.situation else ''}" for row in ROWS]


def printed(language: str) -> str:
    """Format the table of rights as plain text."""
    row_names = names(language)
    width = max(map(len, row_names)) + 2
    lines = [" " * width + "  ".join(column.key for column in COLUMNS)]
    for name, row in zip(row_names, ROWS, strict=True):
        cells = (("yes" if may(row, column) else "-").ljust(len(column.key)) for column in COLUMNS)
        lines.append(name.ljust(width) + "  ".join(cells).rstrip())
    keys = [f"{column.key:<22}{column.words.into(language)}" for column in COLUMNS]
    conditions = [
        f"{permission.name:<26}{'; '.join(text.into(language) for text in permission.when.sentences())}"
        for permission in PERMISSIONS.values()
        if permission.when
    ]
    return "\n".join([*lines, "", *keys, "", *conditions])
