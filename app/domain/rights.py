"""All permissions, and the table of rights computed from them: printed, shown on the help page, and tested.

No cell of the table is written by hand: it is the result of the permission's own rule for a person who holds one seat,
and a subject of their own State or of another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.permissions import Actor, Permission, Seat
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.agendas import ItemProposalRuleSubject
from app.domain.audit_trail import rules as audit_trail
from app.domain.bodies import rules as bodies
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.rules import AccreditationOrOffice, BodyToJoin, EntityInBody, PersonInCharge
from app.domain.body_proposals import rules as body_proposals
from app.domain.briefings import rules as briefings
from app.domain.circulations import rules as circulations
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.rules import permissions as contributions
from app.domain.contributions.rules.permissions import NewContributionRuleSubject
from app.domain.decisions import rules as decisions
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.deliveries import rules as deliveries
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState, RecipientKind
from app.domain.documents import rules as documents
from app.domain.documents.models import Document, DocumentAccess
from app.domain.floor import rules as floor
from app.domain.floor.models import FloorRequestStatus
from app.domain.identity import rules as identity
from app.domain.identity.models.claims import MembershipCategory
from app.domain.invitation_letters import rules as invitation_letters
from app.domain.liaisons import rules as liaisons
from app.domain.liaisons.models import LiaisonState
from app.domain.liaisons.rules import LiaisonRuleSubject, ReplyRuleSubject
from app.domain.line_focal_points import rules as line_focal_points
from app.domain.line_focal_points.models import FOCAL_POINT_OF_LINE
from app.domain.mandates import rules as mandates
from app.domain.mandates.models import Mandate
from app.domain.meetings import rules as meetings
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.messages.rules import SEND_MESSAGE
from app.domain.monitoring.rules import monitoring
from app.domain.notifications.rules import recipients as notifications
from app.domain.organization_inboxes import rules as organization_inboxes
from app.domain.organization_inboxes.rules import InboxRuleSubject, InboxState
from app.domain.organizations import rules as organizations
from app.domain.organizations.models import Organization
from app.domain.outbox.rules import SEE_OUTBOX
from app.domain.outputs.models import OutputStatus as Stage
from app.domain.outputs.rules import outputs, withdrawals
from app.domain.outputs.rules import translations as completing
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.outputs.rules.translations import CompletionRuleSubject, TranslationRuleSubject
from app.domain.participants import rules as participants
from app.domain.participants.rules import BadgeRuleSubject, Delegation
from app.domain.questions import rules as questions
from app.domain.reporting_duties import rules as reporting_duties
from app.domain.reporting_duties.models import ExpectedReportState
from app.domain.reporting_duties.rules import (
    DutyRuleSubject,
    ExpectedReportRuleSubject,
    PublicationRuleSubject,
    PublicationState,
)
from app.domain.reports.models import ReportStage
from app.domain.reports.rules import reports
from app.domain.silence import rules as silence
from app.domain.silence.models import SilenceStatus
from app.domain.silence.rules import SilenceRuleSubject
from app.domain.statistics import rules as statistics
from app.domain.topics import rules as topics
from app.domain.topics.models import Topic
from app.domain.translations.rules import permissions as translations
from app.domain.uploads import rules as uploads
from app.domain.uploads.models import Upload, UploadState

BODY_ID, OTHER_BODY_ID = UUID(int=1), UUID(int=2)
SOMEBODY, PROPOSER, ADOPTER, APPROVER = (UUID(int=number) for number in (90, 91, 92, 93))
STATE, OTHER_STATE = "AAA", "BBB"
FOR_EVER = datetime.max.replace(year=9998, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RightsColumn:
    """A column of the table of rights: a kind of person, with the one seat that they hold."""

    key: str
    words: LazyText
    actor: Actor


@dataclass(frozen=True, slots=True)
class SubjectOwnedByActor:
    """A subject that belongs to the actor."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class RightsRow:
    """A row of the table of rights: a permission in one situation. A subject that belongs to a State is of State AAA.

    A callable subject, such as `SubjectOwnedByActor`, is called with the id of the actor.
    """

    permission: Permission[Any]
    subject: object
    situation: LazyText | None = None


def _column(
    number: int, key: str, words: LazyText, category: str, entity: str, role: str | None, body: UUID | None = BODY_ID
) -> RightsColumn:
    seats = frozenset({Seat(role, body, entity)}) if role else frozenset()
    return RightsColumn(key, words, Actor(UUID(int=1000 + number), key, category, entity, seats))


MEMBER, STAFF = MembershipCategory.MEMBER_STATE, MembershipCategory.ITU_STAFF
COLUMNS = (
    _column(0, "delegate", _("Delegate, own State"), MEMBER, STATE, Capacity.DELEGATE),
    _column(1, "head", _("Head of delegation, own State"), MEMBER, STATE, Capacity.HEAD_OF_DELEGATION),
    _column(2, "foreigner", _("Delegate, another State"), MEMBER, OTHER_STATE, Capacity.DELEGATE),
    _column(3, "focal-point", _("Focal point, own State"), MEMBER, STATE, Capacity.FOCAL_POINT),
    _column(4, "foreign-focal-point", _("Focal point, another State"), MEMBER, OTHER_STATE, Capacity.FOCAL_POINT),
    _column(5, "chair", _("Chair, another State"), MEMBER, OTHER_STATE, Office.CHAIR),
    _column(6, "chair-own", _("Chair, own State"), MEMBER, STATE, Office.CHAIR),
    _column(7, "vice-chair", _("Vice-chair, another State"), MEMBER, OTHER_STATE, Office.VICE_CHAIR),
    _column(8, "secretary", _("Secretary"), STAFF, "ITU", Office.SECRETARY),
    _column(
        9,
        "staff",
        _("ITU staff with a function in the General Secretariat or a Bureau"),
        STAFF,
        "ITU",
        Office.TSB,
        None,
    ),
    _column(10, "other-body", _("Delegate in another body only"), MEMBER, STATE, Capacity.DELEGATE, OTHER_BODY_ID),
    _column(12, "staff-member", _("Member of a group of the staff of ITU"), STAFF, "ITU", Capacity.STAFF_MEMBER),
    _column(11, "nobody", _("Signed in, without a role"), MEMBER, STATE, None),
)


def _contribution(
    status: ContributionStatus, *, late: bool = False, by: str = STATE, invited: tuple[str, ...] = ()
) -> Contribution:
    submitted = None if status is ContributionStatus.DRAFT else datetime.min.replace(tzinfo=UTC)
    who = {"entity": STATE, "by_entity": by, "invited": list(invited)}
    return Contribution(body_id=BODY_ID, status=status, late=late, submitted_at=submitted, **who)


def _upload(state: UploadState = UploadState.OPEN) -> Upload:
    return Upload(body_id=BODY_ID, entity=STATE, person_id=SOMEBODY, state=state)


def _document(access: DocumentAccess = DocumentAccess.GROUP) -> Document:
    return Document(body_id=BODY_ID, entity=STATE, access=access)


def _meeting(
    deputies: Sequence[str] = (Office.VICE_CHAIR, Office.SECRETARY), life: MeetingLife = MeetingLife.OPEN
) -> Meeting:
    return Meeting(body_id=BODY_ID, life=life, deputies=list(deputies))


def _delegation(life: MeetingLife = MeetingLife.OPEN) -> Delegation:
    return Delegation(BODY_ID, STATE, life, datetime(9999, 1, 1, tzinfo=UTC))


def _position(course: SilenceStatus | None = SilenceStatus.OPEN, stage: Stage = Stage.DRAFT) -> SilenceRuleSubject:
    of_a_sponsor = OutputRuleSubject(BODY_ID, stage, sponsors=frozenset({STATE}))
    return SilenceRuleSubject(of_a_sponsor, STATE, course, FOR_EVER, frozenset({STATE, OTHER_STATE}))


def _advance_version(approver: UUID, at: datetime | None = None) -> CompletionRuleSubject:
    case = OutputRuleSubject(BODY_ID, Stage.RELEASED, sponsors=frozenset({STATE}), still_to_come=frozenset({"fr"}))
    return CompletionRuleSubject(case, approvers=frozenset({approver}), release_at=at)


def _translation(translator: UUID) -> TranslationRuleSubject:
    return TranslationRuleSubject(_advance_version(APPROVER), translator)


def _released(proposer: UUID | None = None) -> OutputRuleSubject:
    return OutputRuleSubject(BODY_ID, Stage.RELEASED, sponsors=frozenset({STATE}), withdrawal_proposed_by=proposer)


def _delivery(kind: RecipientKind, channel: DeliveryChannel, state: DeliveryState) -> Delivery:
    return Delivery(body_id=BODY_ID, kind=kind, recipient=Office.TSB, channel=channel, state=state)


DELIVERED_TO_TSB = _delivery(RecipientKind.UNIT, DeliveryChannel.DESK, DeliveryState.SENT)
DELIVERED_TO_BODY = Delivery(
    body_id=OTHER_BODY_ID,
    kind=RecipientKind.BODY,
    recipient="a-body",
    receiving_body_id=BODY_ID,
    channel=DeliveryChannel.DESK,
    state=DeliveryState.SENT,
)
DUE_BY_HAND = _delivery(RecipientKind.WORDS, DeliveryChannel.HAND, DeliveryState.DUE)
SENT_BY_MAIL = _delivery(RecipientKind.ORGANIZATION, DeliveryChannel.MAIL, DeliveryState.SENT)
PLACE = EntityInBody(BODY_ID, STATE)
PROPOSED_FOCAL_POINT = AccreditationOrOffice(None, "", SOMEBODY, FOCAL_POINT_OF_LINE, proposer=PROPOSER)
PROPOSED_BODY = AccreditationOrOffice(None, "", SOMEBODY, Office.SECRETARY, proposer=PROPOSER)
ROWS = (
    RightsRow(identity.SEE_OWN_DASHBOARD, None),
    RightsRow(identity.END_SESSION, SubjectOwnedByActor),
    RightsRow(identity.MANAGE_CALENDAR_ADDRESS, None),
    RightsRow(identity.CHOOSE_TIME_ZONE, None),
    RightsRow(identity.KEEP_FILTER, None),
    RightsRow(notifications.CHOOSE_NOTIFICATIONS, None),
    RightsRow(bodies.SEE_AS_DELEGATION, PLACE),
    RightsRow(bodies.SEE_PEOPLE, PLACE),
    RightsRow(bodies.ACCREDIT, AccreditationOrOffice(BODY_ID, STATE, SOMEBODY, Capacity.DELEGATE)),
    RightsRow(bodies.REQUEST_ACCREDITATION, BodyToJoin(BODY_ID, (MEMBER,))),
    RightsRow(bodies.DECLINE_ACCREDITATION_REQUEST, AccreditationOrOffice(BODY_ID, STATE, SOMEBODY, Capacity.DELEGATE)),
    RightsRow(bodies.APPOINT_FOCAL_POINT, AccreditationOrOffice(BODY_ID, STATE, SOMEBODY, Capacity.FOCAL_POINT)),
    RightsRow(
        bodies.END_ACCREDITATION, AccreditationOrOffice(BODY_ID, STATE, SOMEBODY, Capacity.DELEGATE), _("of a delegate")
    ),
    RightsRow(
        bodies.END_ACCREDITATION,
        AccreditationOrOffice(BODY_ID, STATE, SOMEBODY, Capacity.FOCAL_POINT),
        _("of a focal point"),
    ),
    RightsRow(bodies.END_SESSIONS_OF_PERSON, PersonInCharge(frozenset({BODY_ID}), MEMBER, STATE)),
    RightsRow(bodies.PROPOSE_OFFICE, AccreditationOrOffice(BODY_ID, "", SOMEBODY, Office.CHAIR)),
    RightsRow(bodies.CONFIRM_OFFICE, AccreditationOrOffice(BODY_ID, "", SOMEBODY, Office.CHAIR, proposer=PROPOSER)),
    RightsRow(bodies.END_OFFICE, AccreditationOrOffice(BODY_ID, "", SOMEBODY, Office.CHAIR)),
    RightsRow(bodies.SEE_STATE_DECISIONS, PLACE),
    RightsRow(bodies.SET_STATE_DECISIONS, PLACE),
    RightsRow(bodies.SET_REGION, None),
    RightsRow(body_proposals.SEE_BODY, PLACE),
    RightsRow(body_proposals.PROPOSE_BODY, AccreditationOrOffice(None, "", SOMEBODY, Office.SECRETARY)),
    RightsRow(body_proposals.PROPOSE_CHANGE, PLACE),
    RightsRow(body_proposals.PROPOSE_END, PLACE),
    RightsRow(body_proposals.SEE_PROPOSAL, PROPOSED_BODY),
    RightsRow(body_proposals.CONFIRM_PROPOSAL, PROPOSED_BODY),
    RightsRow(body_proposals.DECLINE_PROPOSAL, PROPOSED_BODY),
    RightsRow(questions.KEEP_QUESTIONS, PLACE),
    RightsRow(SEE_OUTBOX, PLACE),
    RightsRow(SEND_MESSAGE, PLACE),
    RightsRow(monitoring.SEE, None),
    RightsRow(organizations.SEE, None),
    RightsRow(organizations.EDIT, None),
    RightsRow(organizations.END, Organization()),
    RightsRow(organizations.RESTORE, Organization(until_on=datetime.min.date())),
    RightsRow(organization_inboxes.SEE, InboxRuleSubject(PROPOSER)),
    RightsRow(organization_inboxes.PROPOSE, Organization()),
    RightsRow(organization_inboxes.CONFIRM, InboxRuleSubject(PROPOSER)),
    RightsRow(organization_inboxes.DECLINE, InboxRuleSubject(PROPOSER)),
    RightsRow(organization_inboxes.REVOKE, InboxRuleSubject(PROPOSER, InboxState.IN_FORCE)),
    RightsRow(liaisons.SEE, LiaisonRuleSubject(BODY_ID)),
    RightsRow(liaisons.SEE, LiaisonRuleSubject(BODY_ID, LiaisonState.RETURNED), _("returned to its sender")),
    RightsRow(liaisons.TAKE_IN, LiaisonRuleSubject(BODY_ID, LiaisonState.RECEIVED)),
    RightsRow(liaisons.ADD_FILE, LiaisonRuleSubject(BODY_ID, LiaisonState.RECEIVED)),
    RightsRow(liaisons.REGISTER, LiaisonRuleSubject(BODY_ID, LiaisonState.RECEIVED)),
    RightsRow(liaisons.RETURN, LiaisonRuleSubject(BODY_ID, LiaisonState.RECEIVED)),
    RightsRow(liaisons.HOLD, LiaisonRuleSubject(BODY_ID)),
    RightsRow(liaisons.CLOSE, LiaisonRuleSubject(BODY_ID, behind=frozenset({STATE}))),
    RightsRow(liaisons.CHOOSE_REPLY, ReplyRuleSubject(BODY_ID)),
    RightsRow(liaisons.REMOVE_REPLY, ReplyRuleSubject(BODY_ID, is_reply=True)),
    RightsRow(topics.SEE, None),
    RightsRow(topics.EDIT, None),
    RightsRow(topics.RETIRE, Topic()),
    RightsRow(topics.RESTORE, Topic(retired_at=datetime.min.replace(tzinfo=UTC))),
    RightsRow(reporting_duties.SEE, DutyRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.ADD, DutyRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.CHANGE, DutyRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.END, DutyRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.PROPOSE_PUBLICATION, PublicationRuleSubject(BODY_ID)),
    RightsRow(
        reporting_duties.CONFIRM_PUBLICATION,
        PublicationRuleSubject(BODY_ID, PROPOSER, PublicationState.PROPOSED),
    ),
    RightsRow(reporting_duties.END_PUBLICATION, PublicationRuleSubject(BODY_ID, PROPOSER, PublicationState.PUBLIC)),
    RightsRow(reporting_duties.SEE_REPORT, ExpectedReportRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.REQUEST, ExpectedReportRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.ANSWER, ExpectedReportRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.DECLINE, ExpectedReportRuleSubject(BODY_ID)),
    RightsRow(reporting_duties.REOPEN, ExpectedReportRuleSubject(BODY_ID, ExpectedReportState.DECLINED)),
    RightsRow(mandates.SEE, None),
    RightsRow(mandates.EDIT, Mandate()),
    RightsRow(mandates.RETIRE, Mandate()),
    RightsRow(mandates.RESTORE, Mandate(retired_at=datetime.min.replace(tzinfo=UTC))),
    RightsRow(line_focal_points.SEE_TERM, PROPOSED_FOCAL_POINT),
    RightsRow(line_focal_points.PROPOSE, PROPOSED_FOCAL_POINT),
    RightsRow(line_focal_points.CONFIRM, PROPOSED_FOCAL_POINT),
    RightsRow(line_focal_points.END, PROPOSED_FOCAL_POINT),
    RightsRow(meetings.SEE, _meeting(life=MeetingLife.PLANNED), _("while it is planned")),
    RightsRow(meetings.SEE, _meeting(), _("once it is convened")),
    RightsRow(meetings.CONVENE, PLACE),
    RightsRow(meetings.CONVENE_PLANNED, _meeting(life=MeetingLife.PLANNED)),
    RightsRow(meetings.OPEN, _meeting(life=MeetingLife.CONVENED)),
    RightsRow(meetings.BEGIN, _meeting()),
    RightsRow(meetings.UNDO_BEGIN, Meeting(body_id=BODY_ID, life=MeetingLife.IN_SESSION, life_before_session="open")),
    RightsRow(meetings.CLOSE, _meeting(life=MeetingLife.IN_SESSION)),
    RightsRow(meetings.CANCEL, _meeting()),
    RightsRow(meetings.CHANGE, _meeting()),
    RightsRow(meetings.SCHEDULE_SESSIONS, _meeting()),
    RightsRow(statistics.SEE, _meeting()),
    RightsRow(participants.REGISTER, _delegation(), _("until the deadline")),
    RightsRow(participants.REGISTER, _delegation(MeetingLife.IN_SESSION), _("afterwards")),
    RightsRow(participants.NOTE_ATTENDANCE, _meeting(life=MeetingLife.IN_SESSION)),
    RightsRow(participants.SEE_BADGE, BadgeRuleSubject(BODY_ID, SOMEBODY)),
    RightsRow(participants.MAKE_BADGES, _meeting()),
    RightsRow(invitation_letters.SEE_LETTERS, PLACE),
    RightsRow(invitation_letters.MAKE_LETTERS, _meeting()),
    RightsRow(invitation_letters.PUT_INVITATION_TEMPLATE, PLACE),
    RightsRow(agendas.SEE, _meeting()),
    RightsRow(agendas.EDIT, _meeting()),
    RightsRow(agendas.EDIT, _meeting(deputies=[]), _("if the chair works alone")),
    RightsRow(agendas.RELEASE, _meeting()),
    RightsRow(agendas.ADOPT, _meeting()),
    RightsRow(agendas.CHOOSE_DEPUTIES, _meeting()),
    RightsRow(agendas.PROPOSE, ItemProposalRuleSubject(BODY_ID, STATE, MeetingLife.OPEN, FOR_EVER)),
    RightsRow(agendas.WITHDRAW_PROPOSAL, ItemProposalRuleSubject(BODY_ID, STATE, MeetingLife.OPEN, FOR_EVER)),
    RightsRow(briefings.TAKE_PACK, _meeting()),
    RightsRow(briefings.KEEP_BRIEFING, EntityInBody(BODY_ID, STATE)),
    RightsRow(floor.SEE, _meeting()),
    RightsRow(floor.OPEN, FloorRuleSubject(_meeting(), is_in_session=False)),
    RightsRow(floor.RUN, FloorRuleSubject(_meeting(), is_in_session=True)),
    RightsRow(floor.KEEP_NOTES, FloorRuleSubject(_meeting(), is_in_session=True)),
    RightsRow(floor.ASK, FloorRuleSubject(_meeting(), is_in_session=True, entity=STATE)),
    RightsRow(floor.WITHDRAW, floor.FloorRequestRuleSubject(BODY_ID, STATE, FloorRequestStatus.WAITING)),
    RightsRow(decisions.SEE, _meeting()),
    RightsRow(decisions.RECORD, FloorRuleSubject(_meeting(), is_in_session=True)),
    RightsRow(decisions.CORRECT, FloorRuleSubject(_meeting(), is_in_session=True)),
    RightsRow(decisions.PUT_POSITION, FloorRuleSubject(_meeting(), is_in_session=True, entity=STATE)),
    RightsRow(decisions.NOTE_POSITION, FloorRuleSubject(_meeting(), is_in_session=True)),
    RightsRow(reports.SEE, _meeting()),
    RightsRow(reports.DRAFT, reports.ReportRuleSubject(_meeting())),
    RightsRow(reports.KEEP, reports.ReportRuleSubject(_meeting(), ReportStage.DRAFT)),
    RightsRow(reports.CIRCULATE, reports.ReportRuleSubject(_meeting(), ReportStage.DRAFT)),
    RightsRow(reports.CORRECT, reports.ReportRuleSubject(_meeting(), ReportStage.CIRCULATED, STATE)),
    RightsRow(reports.ANSWER, reports.ReportRuleSubject(_meeting(), ReportStage.CIRCULATED)),
    RightsRow(reports.COMMENT, reports.ReportRuleSubject(_meeting(), ReportStage.CIRCULATED, STATE)),
    RightsRow(reports.ANSWER_COMMENT, reports.ReportRuleSubject(_meeting(), ReportStage.CIRCULATED)),
    RightsRow(reports.ADOPT, reports.ReportRuleSubject(_meeting(), ReportStage.CIRCULATED)),
    RightsRow(reports.REGISTER, reports.ReportRuleSubject(_meeting(), ReportStage.ADOPTED)),
    RightsRow(reports.PUT_TEMPLATE, PLACE),
    RightsRow(reports.SEE_ACTIONS, _meeting()),
    RightsRow(reports.ADD_ACTION, reports.ReportRuleSubject(_meeting())),
    RightsRow(reports.UPDATE_ACTION, reports.ReportRuleSubject(_meeting(), entity=STATE), _("of one’s own State")),
    RightsRow(documents.SEE, _document()),
    RightsRow(documents.SEE, _document(DocumentAccess.MEMBERSHIP), _("open to all ITU members")),
    RightsRow(documents.READ, _document()),
    RightsRow(documents.REGISTER, PLACE),
    RightsRow(documents.FOLLOW, _document()),
    RightsRow(documents.SUPPORT, _document()),
    RightsRow(uploads.BEGIN, PLACE),
    RightsRow(uploads.SEE, _upload(), _("started by a colleague")),
    RightsRow(uploads.CONTINUE, _upload(), _("started by a colleague")),
    RightsRow(uploads.TAKE, _upload(UploadState.WHOLE), _("started by a colleague")),
    RightsRow(uploads.DISCARD, _upload(), _("started by a colleague")),
    RightsRow(documents.ADD_EDITION, _document()),
    RightsRow(documents.TRANSLATE, _document()),
    RightsRow(documents.RELATE, _document()),
    RightsRow(documents.CHANGE_ACCESS, _document()),
    RightsRow(documents.WITHDRAW, _document()),
    RightsRow(documents.CORRECT, _document()),
    RightsRow(documents.SUPPLY_TITLES, _document()),
    RightsRow(documents.CORRECT_PROPOSALS, _document()),
    RightsRow(documents.VOID, _document()),
    RightsRow(documents.SEE_NUMBER_GAPS, PLACE),
    RightsRow(documents.SEE_TRANSLATIONS_DUE, PLACE),
    RightsRow(translations.ASSIGN, PLACE),
    RightsRow(translations.RECEIVE, PLACE),
    RightsRow(translations.ADD, PLACE),
    RightsRow(contributions.SEE, _contribution(ContributionStatus.DRAFT), _p("contribution", "while it is a draft")),
    RightsRow(contributions.SEE, _contribution(ContributionStatus.SUBMITTED), _("once it is submitted")),
    RightsRow(
        contributions.SEE,
        _contribution(ContributionStatus.SUBMITTED, late=True),
        _("once it is submitted after the deadline"),
    ),
    RightsRow(
        contributions.SEE,
        _contribution(ContributionStatus.DRAFT, by="ITU"),
        _("while the secretariat drafts it on behalf of the State"),
    ),
    RightsRow(
        contributions.SEE,
        _contribution(ContributionStatus.DRAFT, invited=(OTHER_STATE,)),
        _("when invited to co-sponsor a draft"),
    ),
    RightsRow(
        contributions.SEE,
        _contribution(ContributionStatus.SUBMITTED, by="ITU"),
        _("once the secretariat has submitted it on behalf of the State"),
    ),
    RightsRow(contributions.SEE_LATE, PLACE),
    RightsRow(contributions.SEE_RECEIPTS, _contribution(ContributionStatus.SUBMITTED)),
    RightsRow(contributions.DRAFT, NewContributionRuleSubject(BODY_ID, STATE, MeetingLife.OPEN)),
    RightsRow(
        contributions.EDIT,
        _contribution(ContributionStatus.DRAFT, invited=(OTHER_STATE,)),
        _p("contribution", "while it is a draft"),
    ),
    RightsRow(contributions.INVITE, _contribution(ContributionStatus.DRAFT, invited=(OTHER_STATE,))),
    RightsRow(contributions.SIGN, _contribution(ContributionStatus.DRAFT, invited=(OTHER_STATE,))),
    RightsRow(contributions.CLEAR, _contribution(ContributionStatus.DRAFT)),
    RightsRow(contributions.DISCARD, _contribution(ContributionStatus.DRAFT)),
    RightsRow(contributions.SUBMIT, _contribution(ContributionStatus.DRAFT)),
    RightsRow(contributions.CONFIRM, _contribution(ContributionStatus.SUBMITTED, by="ITU")),
    RightsRow(contributions.DECLINE_CONFIRMATION, _contribution(ContributionStatus.SUBMITTED, by="ITU")),
    RightsRow(contributions.RECALL, _contribution(ContributionStatus.SUBMITTED)),
    RightsRow(contributions.RETURN, _contribution(ContributionStatus.SUBMITTED)),
    RightsRow(contributions.REGISTER, _contribution(ContributionStatus.SUBMITTED)),
    RightsRow(contributions.ASSIGN, _contribution(ContributionStatus.SUBMITTED)),
    RightsRow(contributions.ACCEPT_LATE, _contribution(ContributionStatus.SUBMITTED, late=True)),
    RightsRow(contributions.HOLD, _contribution(ContributionStatus.SUBMITTED, late=True)),
    RightsRow(contributions.TAKE_UP, _contribution(ContributionStatus.HELD, late=True)),
    RightsRow(outputs.SEE_OUTPUT, OutputRuleSubject(BODY_ID), _p("text", "while it is a draft")),
    RightsRow(outputs.SEE_OUTPUT, OutputRuleSubject(BODY_ID, Stage.ADOPTED), _("once it is adopted")),
    RightsRow(outputs.CREATE_DRAFT_OUTPUT, OutputRuleSubject(BODY_ID)),
    RightsRow(outputs.CHANGE_OUTPUT, OutputRuleSubject(BODY_ID)),
    RightsRow(
        outputs.ADOPT_OUTPUT,
        OutputRuleSubject(BODY_ID, sponsors=frozenset({STATE})),
        _("based on a document of one’s own State"),
    ),
    RightsRow(
        outputs.APPROVE_RELEASE,
        OutputRuleSubject(BODY_ID, Stage.ADOPTED, ADOPTER, frozenset({APPROVER}), frozenset({STATE})),
        _("based on a document of one’s own State"),
    ),
    RightsRow(
        outputs.SCHEDULE_RELEASE, OutputRuleSubject(BODY_ID, Stage.APPROVED, ADOPTER, frozenset({APPROVER, PROPOSER}))
    ),
    RightsRow(deliveries.SEE_DELIVERY, DELIVERED_TO_TSB, _("sent to TSB")),
    RightsRow(deliveries.SEE_DELIVERY, DELIVERED_TO_BODY, _("sent to the group by another one")),
    RightsRow(deliveries.ACKNOWLEDGE_DELIVERY, DELIVERED_TO_TSB),
    RightsRow(deliveries.NOTE_DELIVERY_BY_HAND, DUE_BY_HAND),
    RightsRow(deliveries.NOTE_ACKNOWLEDGMENT, SENT_BY_MAIL),
    RightsRow(deliveries.RECEIVE_DELIVERY, DELIVERED_TO_BODY),
    RightsRow(deliveries.RETURN_DELIVERY, DELIVERED_TO_BODY),
    RightsRow(circulations.SEE_VERSION, PLACE),
    RightsRow(circulations.CIRCULATE_DRAFT, OutputRuleSubject(BODY_ID)),
    RightsRow(circulations.ADD_COMMENT, circulations.CirculationRuleSubject(OutputRuleSubject(BODY_ID), STATE)),
    RightsRow(circulations.CHANGE_COMMENT, circulations.CirculationRuleSubject(OutputRuleSubject(BODY_ID), STATE)),
    RightsRow(circulations.ANSWER_COMMENT, circulations.CirculationRuleSubject(OutputRuleSubject(BODY_ID), STATE)),
    RightsRow(outputs.CALL_BACK_RELEASE, OutputRuleSubject(BODY_ID, Stage.SCHEDULED, release_at=FOR_EVER)),
    RightsRow(withdrawals.PROPOSE_WITHDRAWAL, _released(), _("based on a document of one’s own State")),
    RightsRow(withdrawals.SEE_WITHDRAWAL, _released(PROPOSER)),
    RightsRow(withdrawals.CONFIRM_WITHDRAWAL, _released(PROPOSER), _("based on a document of one’s own State")),
    RightsRow(withdrawals.DECLINE_WITHDRAWAL, _released(PROPOSER), _("based on a document of one’s own State")),
    RightsRow(withdrawals.RETRACT_WITHDRAWAL_PROPOSAL, _released),
    RightsRow(withdrawals.RETRY_WITHDRAWAL, OutputRuleSubject(BODY_ID, Stage.WITHDRAWING, has_failed=True)),
    RightsRow(
        outputs.RELEASE_ALONE,
        OutputRuleSubject(BODY_ID, Stage.ADOPTED, ADOPTER, sponsors=frozenset({STATE})),
        _("based on a document of one’s own State"),
    ),
    RightsRow(withdrawals.WITHDRAW_ALONE, _released(), _("based on a document of one’s own State")),
    RightsRow(completing.ADD_TRANSLATION, _advance_version(APPROVER)),
    RightsRow(completing.APPROVE_TRANSLATION, _translation(SOMEBODY), _("based on a document of one’s own State")),
    RightsRow(completing.APPROVE_TRANSLATION, _translation, _("added by themselves")),
    RightsRow(completing.SCHEDULE_COMPLETION, _advance_version(APPROVER)),
    RightsRow(completing.SCHEDULE_COMPLETION, _advance_version, _("with a translation that they approved")),
    RightsRow(completing.CALL_BACK_COMPLETION, _advance_version(APPROVER, FOR_EVER)),
    RightsRow(silence.SEE_PROCEDURE, PLACE),
    RightsRow(audit_trail.SEE, PLACE),
    RightsRow(silence.OPEN_PROCEDURE, _position(None), _("based on a document of one’s own State")),
    RightsRow(silence.EXTEND_DEADLINE, _position(), _("based on a document of one’s own State")),
    RightsRow(silence.TAKE_POSITION, _position()),
    RightsRow(silence.ATTACH_STATEMENT, _position(None, Stage.ADOPTED)),
    RightsRow(silence.CHANGE_STATEMENT, _position(None, Stage.ADOPTED)),
)

PERMISSIONS: dict[str, Permission[Any]] = {row.permission.name: row.permission for row in ROWS}


def is_allowed(row: RightsRow, column: RightsColumn) -> bool:
    """Return whether a kind of person has a permission: one cell of the table."""
    subject = row.subject(column.actor.person) if callable(row.subject) else row.subject
    return row.permission.allows(column.actor, subject)


COLUMN_KEYS_BY_ROLE: Mapping[str, tuple[str, ...]] = {
    Capacity.DELEGATE: ("delegate", "foreigner"),
    Capacity.HEAD_OF_DELEGATION: ("head", "foreigner"),
    Capacity.FOCAL_POINT: ("focal-point", "foreign-focal-point"),
    Capacity.STAFF_MEMBER: ("staff-member",),
    Office.CHAIR: ("chair", "chair-own"),
    Office.VICE_CHAIR: ("vice-chair",),
    Office.SECRETARY: ("secretary",),
}
"""The columns of a role: what it may do with things of one's own State, and of another one."""


def list_columns_of_actor(actor: Actor) -> list[RightsColumn]:
    """List the columns of the roles that an actor holds now, in the order of the table."""
    keys = {key for seat in actor.seats for key in COLUMN_KEYS_BY_ROLE.get(seat.role, ("staff",))} or {"nobody"}
    return [column for column in COLUMNS if column.key in keys]


def list_permissions_without_seat() -> frozenset[str]:
    """List the names of the permissions that somebody without any seat has in some situation, whatever they belong
    to."""
    people = [
        _column(number, category, _("Signed in, without a role"), category, STATE, None)
        for number, category in enumerate(MembershipCategory)
    ]
    return frozenset(row.permission.name for row in ROWS if any(is_allowed(row, column) for column in people))


def list_row_names(language: str) -> list[str]:
    """List the name of each row: the permission, with its situation if there are several."""
    return [
        f"{row.permission.name}{f' ({row.situation.translate(language)})' if row.situation else ''}" for row in ROWS
    ]


def format_rights_table(language: str) -> str:
    """Format the table of rights as plain text."""
    row_names = list_row_names(language)
    width = max(map(len, row_names)) + 2
    lines = [" " * width + "  ".join(column.key for column in COLUMNS)]
    for name, row in zip(row_names, ROWS, strict=True):
        cells = (("yes" if is_allowed(row, column) else "-").ljust(len(column.key)) for column in COLUMNS)
        lines.append(name.ljust(width) + "  ".join(cells).rstrip())
    keys = [f"{column.key:<22}{column.words.translate(language)}" for column in COLUMNS]
    conditions = [
        f"{permission.name:<26}{'; '.join(text.translate(language) for text in permission.state_rule.part_labels())}"
        for permission in PERMISSIONS.values()
        if permission.state_rule
    ]
    return "\n".join([*lines, "", *keys, "", *conditions])
