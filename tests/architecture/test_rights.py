"""Who may do what, and when, written down by hand: the oracle for the rules.

The matrix computes what it expects from the rules themselves. Here somebody has said it in plain words, so that a rule
which is loosened together with its query is seen. Who changes a right changes this file, and lets a chair read it.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from app.domain import rights
from app.domain.addressees.models import RequestedAct
from app.domain.agendas.models import ItemProposalState
from app.domain.agendas.rules.agendas import ItemProposalRuleSubject
from app.domain.circulations.rules import CirculationRuleSubject as Circulated
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.rules.permissions import NewContributionRuleSubject
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.deliveries.models import DeliveryChannel, DeliveryState, RecipientKind
from app.domain.documents.models import Document, DocumentEnding
from app.domain.floor.models import FloorRequestStatus
from app.domain.floor.rules import FloorRequestRuleSubject
from app.domain.liaisons.models import LiaisonState
from app.domain.liaisons.rules import LiaisonRuleSubject, ReplyRuleSubject
from app.domain.mandates.models import Mandate
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.organization_inboxes.rules import InboxRuleSubject, InboxState
from app.domain.organizations.models import Organization
from app.domain.outputs.models import OutputStatus as Stage
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.outputs.rules.translations import CompletionRuleSubject, TranslationRuleSubject
from app.domain.participants.rules import Delegation
from app.domain.reporting_duties.models import ExpectedReportState
from app.domain.reporting_duties.rules import (
    DutyRuleSubject,
    ExpectedReportRuleSubject,
    PublicationRuleSubject,
    PublicationState,
)
from app.domain.reports.models import ReportStage
from app.domain.reports.rules.reports import ReportRuleSubject as ReportAt
from app.domain.rights import ADOPTER, APPROVER, BODY_ID, FOR_EVER, PROPOSER, list_permissions_without_seat
from app.domain.silence.models import SilenceStatus
from app.domain.silence.rules import SilenceRuleSubject
from app.domain.topics.models import Topic
from app.domain.uploads.models import Upload, UploadState

EVERYBODY = " ".join(column.key for column in rights.COLUMNS)
SEATS = "delegate head foreigner focal-point foreign-focal-point chair chair-own vice-chair secretary staff-member"
DELEGATION = "delegate head"
CHAIRS = "chair chair-own vice-chair"
OTHER_CHAIRS = "chair vice-chair"  # no one decides alone on what their own State brought

WHO_MAY = {
    "desk:see": EVERYBODY,
    "session:end": EVERYBODY,
    "letters:choose": EVERYBODY,  # each about what comes to oneself
    "calendar:keep": EVERYBODY,  # what it shows is computed again at each fetch
    "zone:choose": EVERYBODY,
    "filter:keep": EVERYBODY,
    "people:see": "focal-point secretary",
    "accreditation:grant": "focal-point secretary",
    "accreditation:request": "other-body nobody",
    "accreditation:decline-request": "focal-point secretary",
    "focal-point:appoint": "secretary",
    "accreditation:end (of a delegate)": "focal-point secretary",
    "accreditation:end (of a focal point)": "secretary",
    "session:end-of": "focal-point secretary",
    "office:propose": "secretary",
    "office:confirm": "secretary",
    "office:end": "secretary",
    "region:set": "secretary",
    "outbox:see": "secretary",  # whose address does not work is for those who can correct it
    "secretariat-message:send": "secretary",
    "house:see": "secretary",
    "delegation:see-as": f"{CHAIRS} secretary",
    "reporting-duty:see": SEATS,
    "reporting-duty:add": "secretary",
    "reporting-duty:change": "secretary",
    "reporting-duty:end": "secretary",
    "reporting-duty:propose-publication": "secretary",
    "reporting-duty:confirm-publication": f"{CHAIRS} secretary",  # a second person: no one alone names who is overdue
    "reporting-duty:end-publication": f"{CHAIRS} secretary",
    "expected-report:see": SEATS,
    "expected-report:request": "secretary",
    "expected-report:answer": "secretary",
    "expected-report:decline": "secretary",
    "expected-report:reopen": "secretary",
    "liaison:see": SEATS,
    "liaison:see (returned to its sender)": f"{CHAIRS} secretary",  # never for delegations
    "liaison:take-in": "secretary",
    "liaison:add-file": "secretary",
    "liaison:register": "secretary",
    "liaison:return": "secretary",
    "liaison:hold": f"{CHAIRS} secretary",
    "liaison:close": OTHER_CHAIRS,
    "liaison:reply": f"{CHAIRS} secretary",
    "liaison:remove-reply": f"{CHAIRS} secretary",
    "organization:see": EVERYBODY,  # whom ITU works with is no secret; what they sent is checked document by document
    "organization:keep": "secretary",
    "organization:end": "secretary",
    "organization:restore": "secretary",
    "organization:see-inbox": "secretary",
    "organization:propose-inbox": "secretary",
    "organization:confirm-inbox": "secretary",  # another one: no one alone lets a program in
    "organization:decline-inbox": "secretary",
    "organization:revoke-inbox": "secretary",
    "topic:see": EVERYBODY,  # the list is what resolutions name; the documents of a topic are each checked themselves
    "topic:keep": "secretary",
    "topic:retire": "secretary",
    "topic:restore": "secretary",
    "mandate:see": EVERYBODY,  # the register is what conferences adopted; what cites it is checked each itself
    "mandate:keep": "secretary",
    "mandate:retire": "secretary",
    "mandate:restore": "secretary",
    "focal-point:see-term": "secretary",  # who the focal points are, everybody sees with the action line
    "focal-point:propose": "secretary",
    "focal-point:confirm": "secretary",
    "focal-point:end": "secretary",
    "body:see": EVERYBODY,
    "body:propose": "secretary",
    "body:end": "secretary",
    "body:see-proposal": "secretary",
    "body:confirm": "secretary",
    "body:decline": "secretary",
    "body:change": "secretary",
    "question:keep": "secretary",
    "meeting:see (while it is planned)": f"{CHAIRS} secretary",
    "meeting:see (once it is convened)": SEATS,
    "meeting:convene": "secretary",
    "agenda:see": SEATS,
    "agenda:keep": f"{CHAIRS} secretary",  # vice-chairs and secretaries as long as the chair lets them
    "agenda:keep (if the chair works alone)": "chair chair-own",
    "agenda:release": f"{CHAIRS} secretary",
    "agenda:adopt": f"{CHAIRS} secretary",
    "agenda:let-work": "chair chair-own",
    "agenda:propose": DELEGATION,
    "agenda:take-back": DELEGATION,
    "pack:take": SEATS,
    "briefing:keep": DELEGATION,
    "floor:see": SEATS,
    "floor:open": f"{CHAIRS} secretary",
    "floor:run": f"{CHAIRS} secretary",
    "floor:note": f"{CHAIRS} secretary",
    "floor:ask": DELEGATION,
    "floor:withdraw": DELEGATION,
    "decision:see": SEATS,
    "decision:take-down": f"{CHAIRS} secretary",
    "decision:correct": f"{CHAIRS} secretary",
    "position:put": DELEGATION,
    "position:note": f"{CHAIRS} secretary",
    "report:see": SEATS,  # for a draft the answer is that there is no report yet
    "report:draft": f"{CHAIRS} secretary",
    "report:keep": f"{CHAIRS} secretary",
    "report:circulate": f"{CHAIRS} secretary",
    "report:correct": DELEGATION,
    "report:answer": f"{CHAIRS} secretary",
    "report:comment": f"{DELEGATION} {CHAIRS} secretary",
    "report:answer-comment": f"{CHAIRS} secretary",
    "report:adopt": f"{CHAIRS} secretary",
    "report:register": "secretary",
    "report:put-template": "secretary",
    "action:see": SEATS,
    "action:add": f"{CHAIRS} secretary",
    "action:move (of one’s own State)": f"{DELEGATION} {CHAIRS} secretary",
    "meeting:call": "secretary",
    "meeting:open": "secretary",
    "meeting:begin": f"{CHAIRS} secretary",
    "meeting:undo-begin": f"{CHAIRS} secretary",
    "meeting:close": f"{CHAIRS} secretary",
    "meeting:cancel": "secretary",
    "meeting:change": "secretary",
    "meeting:lay-down-sessions": f"{CHAIRS} secretary",
    "statistics:see": f"{CHAIRS} secretary",  # each counts what they may see anyway
    "participant:register (until the deadline)": "head focal-point secretary",
    "participant:register (afterwards)": "secretary",
    "participant:note-attendance": "secretary",
    "participant:see-badge": "secretary",  # and the participant
    "participant:make-badges": "secretary",
    "invitation-letter:see": "secretary",
    "invitation-letter:make": "secretary",
    "invitation-letter:put-template": "secretary",
    "document:see": SEATS,
    "document:see (open to all ITU members)": EVERYBODY,  # every column is of a member of ITU, or its staff
    "document:read": SEATS,
    "document:register": "secretary",
    "document:follow": f"{DELEGATION} secretary",
    "document:support": "foreigner",  # a delegate of a State that is not behind it
    "document:add-edition": "secretary",
    "document:translate": f"{DELEGATION} secretary",
    "document:relate": f"{DELEGATION} secretary",
    "document:open": f"{DELEGATION} secretary",
    "document:withdraw": f"{DELEGATION} secretary",
    "document:correct": "secretary",
    "document:titles": "secretary",
    "document:relist": "secretary",
    "document:void": "secretary",
    "register:explain": "secretary",
    "document:see-due": "secretary",
    "translation:assign": "secretary",
    "translation:receive": "secretary",
    "translation:add": "secretary",
    "upload:begin": f"{DELEGATION} {CHAIRS} secretary",
    "upload:see (started by a colleague)": DELEGATION,
    "upload:continue (started by a colleague)": DELEGATION,
    "upload:take (started by a colleague)": DELEGATION,
    "upload:discard (started by a colleague)": DELEGATION,
    "contribution:see (while it is a draft)": DELEGATION,
    "contribution:see (once it is submitted)": f"{DELEGATION} secretary",
    "contribution:see (once it is submitted after the deadline)": f"{DELEGATION} {CHAIRS} secretary",
    "contribution:see (while the secretariat drafts it on behalf of the State)": f"{DELEGATION} secretary",
    "contribution:see (once the secretariat has submitted it on behalf of the State)": (
        f"{DELEGATION} focal-point secretary"
    ),
    "contribution:see (when invited to co-sponsor a draft)": f"{DELEGATION} foreigner",
    "contribution:see-late": f"{CHAIRS} secretary",
    "contribution:see-receipts": f"{DELEGATION} secretary",
    "contribution:draft": f"{DELEGATION} secretary",
    "contribution:edit (while it is a draft)": DELEGATION,  # a State that is asked to sign reads it, and no more
    "contribution:invite": DELEGATION,
    "contribution:sign": "foreigner",
    "state-decision:see": "delegate head focal-point secretary",
    "state-decision:set": "head focal-point",
    "contribution:clear": "head",
    "contribution:discard": DELEGATION,
    "contribution:submit": DELEGATION,
    "contribution:confirm": f"{DELEGATION} focal-point",
    "contribution:decline-confirmation": f"{DELEGATION} focal-point",
    "contribution:take-back": DELEGATION,
    "contribution:return": "secretary",
    "contribution:register": "secretary",
    "contribution:assign": "secretary",
    "contribution:accept-late": OTHER_CHAIRS,
    "contribution:hold": OTHER_CHAIRS,
    "contribution:take-up": "secretary",
    "output:see (while it is a draft)": f"{CHAIRS} secretary",
    "output:see (once it is adopted)": SEATS,
    "output:draft": f"{CHAIRS} secretary",
    "output:edit": f"{CHAIRS} secretary",
    "output:adopt (based on a document of one’s own State)": OTHER_CHAIRS,
    "output:approve (based on a document of one’s own State)": f"{OTHER_CHAIRS} secretary",
    "output:let-out": f"{CHAIRS} secretary",
    "version:see": SEATS,  # the draft itself is not shown to them
    "version:circulate": f"{CHAIRS} secretary",
    "comment:put": DELEGATION,
    "comment:change": DELEGATION,  # an answer is a row of its own: no one writes in those of a State
    "comment:answer": f"{CHAIRS} secretary",
    "output:call-back": f"{CHAIRS} secretary",
    "delivery:see (sent to TSB)": "secretary staff",  # of the body that sends it, and officers of the unit
    "delivery:see (sent to the group by another one)": "secretary",
    "delivery:receive": "secretary",  # of the body that it was sent to; none of them need serve the other one
    "delivery:return": "secretary",
    "delivery:acknowledge": "staff",
    "delivery:note-acknowledgment": "secretary",
    "delivery:note-by-hand": "secretary",
    "output:propose-withdrawal (based on a document of one’s own State)": f"{OTHER_CHAIRS} secretary",
    "output:see-withdrawal": f"{CHAIRS} secretary",  # delegations see nothing of it before it is confirmed
    "output:confirm-withdrawal (based on a document of one’s own State)": f"{OTHER_CHAIRS} secretary",
    "output:decline-withdrawal (based on a document of one’s own State)": f"{OTHER_CHAIRS} secretary",
    "output:take-back-withdrawal": f"{CHAIRS} secretary",  # their own
    "output:retry-withdrawal": f"{CHAIRS} secretary",
    "output:let-out-alone (based on a document of one’s own State)": "secretary",
    "output:withdraw-alone (based on a document of one’s own State)": "secretary",
    "output:translate": "secretary",
    "output:approve-translation (based on a document of one’s own State)": f"{OTHER_CHAIRS} secretary",
    "output:approve-translation (added by themselves)": "",
    "output:complete": f"{CHAIRS} secretary",
    "output:complete (with a translation that they approved)": "",
    "output:call-back-completion": f"{CHAIRS} secretary",
    "silence:see": SEATS,
    "record:see": SEATS,
    "silence:open (based on a document of one’s own State)": OTHER_CHAIRS,
    "silence:extend (based on a document of one’s own State)": OTHER_CHAIRS,
    "silence:take-position": DELEGATION,
    "statement:put": DELEGATION,
    "statement:change": DELEGATION,
}


def test_the_rules_equal_the_written_rights() -> None:
    said = {
        name: {column.key for column in rights.COLUMNS if rights.is_allowed(row, column)}
        for name, row in zip(rights.list_row_names("en"), rights.ROWS, strict=True)
    }

    assert said == {name: set(who.split()) for name, who in WHO_MAY.items()}


def contribution(status: ContributionStatus, **more: object) -> Contribution:
    submitted_at = None if status is ContributionStatus.DRAFT else datetime(2026, 9, 1, tzinfo=UTC)
    return Contribution(body_id=BODY_ID, status=status, **{"late": False, "submitted_at": submitted_at} | more)


FAR, PAST = datetime(9999, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
BOTH = frozenset({APPROVER, PROPOSER})


def at(life: MeetingLife, *, sits: bool) -> FloorRuleSubject:
    return FloorRuleSubject(Meeting(body_id=BODY_ID, life=life, deputies=[]), sits, "AAA")


MOMENTS = {
    "sits": at(MeetingLife.IN_SESSION, sits=True),
    "pauses": at(MeetingLife.IN_SESSION, sits=False),
    "over": at(MeetingLife.CLOSED, sits=False),
    "cancelled": at(MeetingLife.CANCELLED, sits=False),
}
NOT_YET_HEARD = frozenset({"AAA", "BBB"})
SILENCES = {
    "open": SilenceRuleSubject(OutputRuleSubject(BODY_ID), "AAA", SilenceStatus.OPEN, FAR, NOT_YET_HEARD),
    "past": SilenceRuleSubject(
        OutputRuleSubject(BODY_ID), "AAA", SilenceStatus.OPEN, PAST, NOT_YET_HEARD
    ),  # the deadline is reached, the end not noted yet
    "broken": SilenceRuleSubject(OutputRuleSubject(BODY_ID), "AAA", SilenceStatus.BROKEN, FAR, NOT_YET_HEARD),
    "void": SilenceRuleSubject(OutputRuleSubject(BODY_ID), "AAA", SilenceStatus.VOID, FAR, NOT_YET_HEARD),
    "adopted": SilenceRuleSubject(
        OutputRuleSubject(BODY_ID, Stage.ADOPTED), "AAA", SilenceStatus.ADOPTED, PAST, NOT_YET_HEARD
    ),
}
UNHEARD = {
    "new": SilenceRuleSubject(OutputRuleSubject(BODY_ID), "AAA"),
    "bare": SilenceRuleSubject(OutputRuleSubject(BODY_ID, has_original_text=False), "AAA"),
}
TEXTS = {
    "draft": OutputRuleSubject(BODY_ID),
    "bare": OutputRuleSubject(BODY_ID, has_original_text=False),
    "adopted": OutputRuleSubject(BODY_ID, Stage.ADOPTED),
    "approved": OutputRuleSubject(BODY_ID, Stage.APPROVED, approvers=BOTH),
    "approved-once": OutputRuleSubject(BODY_ID, Stage.APPROVED, approvers=frozenset({APPROVER})),
    "scheduled": OutputRuleSubject(BODY_ID, Stage.SCHEDULED, approvers=BOTH, release_at=FAR),
    "instant-come": OutputRuleSubject(BODY_ID, Stage.SCHEDULED, approvers=BOTH, release_at=PAST),
    "leaving": OutputRuleSubject(BODY_ID, Stage.RELEASING, approvers=BOTH),
    "failed": OutputRuleSubject(BODY_ID, Stage.FAILED, approvers=BOTH),
    "released": OutputRuleSubject(BODY_ID, Stage.RELEASED, approvers=BOTH),
    "to-be-withdrawn": OutputRuleSubject(BODY_ID, Stage.RELEASED, approvers=BOTH, withdrawal_proposed_by=PROPOSER),
    "being-withdrawn": OutputRuleSubject(BODY_ID, Stage.WITHDRAWING, approvers=BOTH),
    "withdrawal-failed": OutputRuleSubject(BODY_ID, Stage.WITHDRAWING, approvers=BOTH, has_failed=True),
    "withdrawn": OutputRuleSubject(BODY_ID, Stage.WITHDRAWN, approvers=BOTH),
}
PROMISED = frozenset({"fr"})
ADVANCE = OutputRuleSubject(BODY_ID, Stage.RELEASED, approvers=BOTH, still_to_come=PROMISED)
INCOMPLETE = {
    **{name: CompletionRuleSubject(case) for name, case in TEXTS.items()},
    "advance": CompletionRuleSubject(ADVANCE),
    "lacking": CompletionRuleSubject(ADVANCE, missing_languages=PROMISED),
    "to-be-withdrawn": CompletionRuleSubject(replace(ADVANCE, withdrawal_proposed_by=PROPOSER)),
    "completing": CompletionRuleSubject(ADVANCE, release_at=FAR),
    "completing-now": CompletionRuleSubject(ADVANCE, release_at=PAST),
}
TRANSLATED = {name: TranslationRuleSubject(of, ADOPTER) for name, of in INCOMPLETE.items()} | {
    "translation-approved": TranslationRuleSubject(CompletionRuleSubject(ADVANCE), ADOPTER, is_approved=True)
}
COMMENTED = {
    "latest": Circulated(OutputRuleSubject(BODY_ID), "AAA"),
    "earlier": Circulated(OutputRuleSubject(BODY_ID), "AAA", is_latest=False),
    "answered": Circulated(OutputRuleSubject(BODY_ID), "AAA", is_answered=True),
    "adopted": Circulated(OutputRuleSubject(BODY_ID, Stage.ADOPTED), "AAA"),
    "released": Circulated(OutputRuleSubject(BODY_ID, Stage.RELEASED), "AAA"),
}
IN_ITS_NAME = {
    name: contribution(status, **{"entity": "AAA", "by_entity": "ITU"} | more)
    for name, status, more in (
        ("draft", ContributionStatus.DRAFT, {}),
        ("in-its-name", ContributionStatus.SUBMITTED, {}),
        ("held", ContributionStatus.HELD, {}),
        ("returned", ContributionStatus.RETURNED, {}),
        ("registered", ContributionStatus.REGISTERED, {}),
        ("confirmed", ContributionStatus.SUBMITTED, {"confirmed_at": FAR}),
        ("confirmed-before", ContributionStatus.SUBMITTED, {"confirmed_at": PAST}),
        ("own", ContributionStatus.SUBMITTED, {"by_entity": "AAA"}),
    )
}
DELIVERED = {
    state.value: rights.Delivery(
        body_id=BODY_ID, kind=RecipientKind.UNIT, recipient="tsb", channel=DeliveryChannel.DESK, state=state
    )
    for state in DeliveryState
}
HANDED_OVER = {
    f"hand-{state.value}": rights.Delivery(
        body_id=BODY_ID, kind=RecipientKind.WORDS, recipient="1", channel=DeliveryChannel.HAND, state=state
    )
    for state in DeliveryState
}
REPLIES = {
    "no-reply": ReplyRuleSubject(BODY_ID),
    "not-asked": ReplyRuleSubject(BODY_ID, is_liaison_open=False),
    "reply": ReplyRuleSubject(BODY_ID, is_reply=True),
    "other-reply": ReplyRuleSubject(BODY_ID, is_other_reply=True),
    "released-reply": ReplyRuleSubject(BODY_ID, status=Stage.RELEASED, is_reply=True),
}
KEYS_ENTERED = {state.value: InboxRuleSubject(PROPOSER, state) for state in InboxState}
PUBLICATIONS = {state.value: PublicationRuleSubject(BODY_ID, PROPOSER, state) for state in PublicationState}
STATES = {
    "delivery": DELIVERED | HANDED_OVER,
    "report": {stage.value: ReportAt(Meeting(body_id=BODY_ID, deputies=[]), stage, "AAA") for stage in ReportStage},
    "floor": MOMENTS,
    "decision": MOMENTS,
    "position": MOMENTS,
    "contribution": {
        "draft": contribution(ContributionStatus.DRAFT),
        "cleared": contribution(ContributionStatus.DRAFT, cleared_by=ADOPTER),
        "returned": contribution(ContributionStatus.RETURNED),
        "returned-late": contribution(ContributionStatus.RETURNED, late=True),
        "submitted": contribution(ContributionStatus.SUBMITTED),
        "late": contribution(ContributionStatus.SUBMITTED, late=True),
        "accepted": contribution(ContributionStatus.SUBMITTED, late=True, late_accepted_by=ADOPTER),
        "held": contribution(ContributionStatus.HELD, late=True),
        "registered": contribution(ContributionStatus.REGISTERED),
        "registered-late": contribution(ContributionStatus.REGISTERED, late=True, late_accepted_by=ADOPTER),
    },
    "document": {
        "standing": Document(body_id=BODY_ID),
        "withdrawn": Document(body_id=BODY_ID, ended_as=DocumentEnding.WITHDRAWN),
        "void": Document(body_id=BODY_ID, ended_as=DocumentEnding.VOID),
    },
    "liaison": {
        **{state.value: LiaisonRuleSubject(BODY_ID, state) for state in LiaisonState},
        "informs": LiaisonRuleSubject(BODY_ID, LiaisonState.REGISTERED, RequestedAct.INFORMATION),
    },
    **dict.fromkeys(("liaison:reply", "liaison:remove-reply"), REPLIES),
    "reporting-duty": {"in-force": DutyRuleSubject(BODY_ID), "ended": DutyRuleSubject(BODY_ID, is_ended=True)},
    **dict.fromkeys((f"reporting-duty:{act}-publication" for act in ("propose", "confirm", "end")), PUBLICATIONS),
    "expected-report": {
        **{state.value: ExpectedReportRuleSubject(BODY_ID, state) for state in ExpectedReportState},
        "no-address": ExpectedReportRuleSubject(BODY_ID, has_address=False),
    },
    "organization": {"in-force": Organization(), "ended": Organization(until_on=date(2026, 9, 1))},
    **dict.fromkeys((f"organization:{act}-inbox" for act in ("see", "confirm", "decline", "revoke")), KEYS_ENTERED),
    "mandate": {"in-use": Mandate(), "retired": Mandate(retired_at=datetime(2026, 9, 1, tzinfo=UTC))},
    "topic": {"in-use": Topic(), "retired": Topic(retired_at=datetime(2026, 9, 1, tzinfo=UTC))},
    "agenda": {
        **{life.value: ItemProposalRuleSubject(BODY_ID, "AAA", life, FOR_EVER) for life in MeetingLife},
        "past": ItemProposalRuleSubject(BODY_ID, "AAA", MeetingLife.OPEN, datetime(2026, 9, 1, tzinfo=UTC)),
        "answered": ItemProposalRuleSubject(BODY_ID, "AAA", MeetingLife.OPEN, FOR_EVER, ItemProposalState.ANSWERED),
    },
    "upload": {
        "open": Upload(body_id=BODY_ID, state=UploadState.OPEN),
        "whole": Upload(body_id=BODY_ID, state=UploadState.WHOLE),
    },
    "output": TEXTS,
    "output:translate": INCOMPLETE,
    "output:approve-translation": TRANSLATED,
    "output:complete": INCOMPLETE,
    "output:call-back-completion": INCOMPLETE,
    "version:circulate": TEXTS,
    "comment": COMMENTED,
    "meeting": {str(life): Meeting(body_id=BODY_ID, life=life, deputies=[]) for life in MeetingLife},
    "participant": {str(life): Delegation(BODY_ID, "AAA", life, FAR) for life in MeetingLife}
    | {"after-the-deadline": Delegation(BODY_ID, "AAA", MeetingLife.OPEN, PAST)},
    "contribution:confirm": IN_ITS_NAME,
    "contribution:decline-confirmation": IN_ITS_NAME,
    "contribution:draft": {str(life): NewContributionRuleSubject(BODY_ID, "AAA", life) for life in MeetingLife}
    | {"corrigendum": NewContributionRuleSubject(BODY_ID, "AAA", MeetingLife.CLOSED, is_corrigendum=True)},
    "output:draft": {str(life): OutputRuleSubject(BODY_ID, meeting_life=life) for life in MeetingLife},
    "silence": SILENCES,
    "silence:open": UNHEARD | SILENCES,
    "statement": {
        str(stage): SilenceRuleSubject(OutputRuleSubject(BODY_ID, stage, release_at=FAR), "AAA") for stage in Stage
    },
}
OPEN = "draft cleared returned returned-late"
WHEN = {  # what is not named here may be done at any time
    "agenda:keep": "planned convened open in_session past answered",
    "agenda:release": "planned convened open in_session past answered",
    "agenda:adopt": "planned convened open in_session past answered",
    "agenda:propose": "planned convened open answered",
    "agenda:take-back": "planned convened open in_session closed cancelled past",
    "meeting:call": "planned",
    "meeting:open": "convened",
    "meeting:begin": "convened open",
    "meeting:undo-begin": "",  # until the first act: tests/domain/test_meeting_life_cycle.py
    "meeting:close": "in_session",
    "meeting:cancel": "planned convened open in_session",
    "meeting:change": "planned convened open in_session",
    "meeting:lay-down-sessions": "planned convened open in_session",
    "participant:register": "convened open",  # for a State; the secretariat goes on until the end
    "participant:note-attendance": "in_session closed",
    "contribution:draft": "convened open in_session corrigendum",
    "output:draft": "convened open in_session closed",
    "contribution:see-receipts": "returned returned-late submitted late accepted held registered registered-late",
    "contribution:edit": OPEN,
    "contribution:discard": OPEN,
    "contribution:invite": OPEN,
    "contribution:sign": f"{OPEN} submitted late accepted held",
    "contribution:clear": "draft returned returned-late",
    "contribution:submit": OPEN,
    "contribution:confirm": "in-its-name held confirmed-before",
    "contribution:decline-confirmation": "in-its-name held confirmed-before",
    "contribution:take-back": "submitted late accepted held",
    "contribution:return": "submitted late accepted held",
    "contribution:register": "submitted accepted",
    "contribution:assign": "submitted late accepted held",
    "contribution:accept-late": "late",
    "contribution:hold": "late",
    "contribution:take-up": "held",
    "floor:open": "pauses",
    "floor:run": "sits",
    "floor:ask": "sits",
    "decision:take-down": "sits",
    "decision:correct": "sits",
    "position:put": "sits pauses",  # a delegation may write it between sessions
    "position:note": "sits",
    "report:draft": "none draft",
    "report:keep": "draft circulated",
    "report:circulate": "draft",
    "report:correct": "circulated",
    "report:answer": "circulated",
    "report:comment": "circulated",  # a draft by those who use the chair's tools
    "report:answer-comment": "draft circulated",
    "report:adopt": "circulated",
    "report:register": "adopted",
    "document:read": "standing",  # of what ended there is a tombstone, and nothing else
    "document:follow": "standing",
    "document:support": "standing",
    "document:add-edition": "standing",
    "document:translate": "standing",
    "document:relate": "standing",
    "document:open": "standing",
    "document:withdraw": "standing",
    "document:correct": "standing",
    "document:titles": "standing",
    "document:relist": "standing",
    "document:void": "standing",
    **dict.fromkeys(("liaison:add-file", "liaison:register", "liaison:return"), "received"),
    **dict.fromkeys(("reporting-duty:change", "reporting-duty:end"), "in-force"),
    "reporting-duty:propose-publication": "none",
    "reporting-duty:confirm-publication": "proposed",
    "reporting-duty:end-publication": "proposed public",
    "expected-report:request": "asked",
    **dict.fromkeys(("expected-report:answer", "expected-report:decline"), "asked no-address"),
    "expected-report:reopen": "answered declined",
    "liaison:hold": "registered",
    "liaison:close": "registered",
    "liaison:reply": "no-reply",
    "liaison:remove-reply": "reply",
    "organization:end": "in-force",
    "organization:restore": "ended",
    "organization:propose-inbox": "in-force",
    "organization:confirm-inbox": "open",
    "organization:decline-inbox": "open",
    "organization:revoke-inbox": "in-force",
    "topic:retire": "in-use",
    "topic:restore": "retired",
    "mandate:keep": "in-use",
    "mandate:retire": "in-use",
    "mandate:restore": "retired",
    "upload:continue": "open",
    "upload:take": "whole",
    "delivery:acknowledge": "sent",
    "delivery:note-acknowledgment": "hand-sent",
    "delivery:note-by-hand": "hand-due failed hand-failed",
    "output:edit": "draft bare",
    "output:adopt": "draft",
    "output:approve": "adopted",
    "output:let-out": "approved failed",
    "version:circulate": "draft",
    "comment:put": "latest answered",
    "comment:change": "latest earlier",
    "comment:answer": "latest earlier answered",  # an answer may be mended, until the text is adopted
    "output:call-back": "scheduled",
    "delivery:receive": "sent",
    "delivery:return": "sent",
    "output:propose-withdrawal": "released",
    "output:see-withdrawal": "to-be-withdrawn",
    "output:confirm-withdrawal": "to-be-withdrawn",
    "output:decline-withdrawal": "to-be-withdrawn",
    "output:take-back-withdrawal": "to-be-withdrawn",
    "output:retry-withdrawal": "withdrawal-failed",
    "output:let-out-alone": "adopted approved approved-once failed",
    "output:withdraw-alone": "released",
    "output:translate": "adopted approved approved-once failed advance lacking to-be-withdrawn",
    "output:approve-translation": "adopted approved approved-once failed advance lacking to-be-withdrawn",
    "output:complete": "advance",
    "output:call-back-completion": "completing",
    "silence:open": "new broken void",
    "silence:extend": "open",
    "silence:take-position": "open",
    "statement:put": "adopted approved scheduled failed",  # from the adoption to the release
    "statement:change": "adopted approved scheduled failed",
}


SUBMITTED = "submitted late accepted held registered registered-late"
WHO_SEES = {  # by its state; `asked` is a delegate of a State that is asked to sign
    "contribution:see": {
        "delegate": f"{OPEN} {SUBMITTED}",
        "asked": f"{OPEN} {SUBMITTED}",
        "foreigner": "",
        "secretary": SUBMITTED,
        "chair": "late accepted held registered-late",
        "other-body": "",
    },
    "contribution:see-receipts": {
        "delegate": f"{OPEN} {SUBMITTED}",
        "asked": "",
        "foreigner": "",
        "secretary": SUBMITTED,
        "chair": "",
        "other-body": "",
    },
}


def test_these_permissions_need_no_seat() -> None:
    allowed = {"desk:see", "session:end", "calendar:keep", "zone:choose", "letters:choose", "topic:see", "document:see"}
    allowed |= {"filter:keep", "mandate:see", "organization:see"}
    allowed |= {"accreditation:request", "body:see"}

    assert list_permissions_without_seat() == allowed


def test_who_sees_a_contribution_depends_on_its_state() -> None:
    columns = {column.key: column.actor for column in rights.COLUMNS}

    def seen(name: str, who: str) -> set[str]:
        asked, actor = (["BBB"], columns["foreigner"]) if who == "asked" else ([], columns[who])
        found = set()
        for how, thing in STATES["contribution"].items():
            thing.entity, thing.by_entity, thing.invited, thing.declined = "AAA", "AAA", asked, []
            if rights.PERMISSIONS[name].actor_rule.objection_to(actor, thing) is None:
                found.add(how)
        return found

    for name, people in WHO_SEES.items():
        assert {who: seen(name, who) for who in people} == {who: set(how.split()) for who, how in people.items()}, name


def test_a_state_that_declined_no_longer_sees_the_draft() -> None:
    foreigner = next(column.actor for column in rights.COLUMNS if column.key == "foreigner")
    draft = contribution(ContributionStatus.DRAFT, entity="AAA", by_entity="AAA", invited=["BBB"])
    see, sign = (rights.PERMISSIONS[name] for name in ("contribution:see", "contribution:sign"))
    assert see.allows(foreigner, draft)
    assert sign.allows(foreigner, draft)

    draft.declined = ["BBB"]

    assert not see.allows(foreigner, draft)
    assert not sign.allows(foreigner, draft)


def test_only_a_waiting_request_can_be_withdrawn() -> None:
    somebody, withdraw = rights.COLUMNS[0].actor, rights.PERMISSIONS["floor:withdraw"]
    waits = {
        each for each in FloorRequestStatus if withdraw.allows(somebody, FloorRequestRuleSubject(BODY_ID, "AAA", each))
    }

    assert waits == {"waiting"}


def states_of(name: str) -> dict[str, Any]:
    """The states that the object of a permission can have."""
    return STATES.get(name, STATES.get(name.partition(":")[0], {}))


def test_the_conditions_equal_the_written_states() -> None:
    somebody = rights.COLUMNS[0].actor

    def allowed(name: str) -> set[str]:
        when: Any = rights.PERMISSIONS[name].state_rule
        things = states_of(name)
        return {how for how, thing in things.items() if when is None or when.objection_to(somebody, thing) is None}

    apart = {"floor:withdraw"}  # asked of one request
    said = {name: allowed(name) for name in rights.PERMISSIONS if states_of(name) and name not in apart}

    assert {name: how for name, how in said.items() if how != set(states_of(name))} == {
        name: set(how.split()) for name, how in WHEN.items()
    }
