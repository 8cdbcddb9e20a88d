"""What is pending for people: one registry of kinds, which every permission and every status is compared with."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.core.i18n import LazyText
from app.core.journal import Event
from app.core.pending_actions import PendingAction, PendingActionKind, Urgency, remove_hidden, sort_by_deadline
from app.domain import rights
from app.domain.agendas.models import ItemProposalState
from app.domain.contributions.models import ContributionStatus, FileVerdict
from app.domain.decisions.models import ActionPointProgress
from app.domain.deliveries.models import DeliveryState
from app.domain.floor.models import FloorRequestStatus
from app.domain.liaisons.models import LiaisonState
from app.domain.meetings.models import MeetingLife
from app.domain.outputs.models import OutputStatus
from app.domain.pending_actions import KINDS
from app.domain.reporting_duties.models import ExpectedReportState
from app.domain.reports.models import CorrectionStatus, ReportStage
from app.domain.silence.models import SilenceStatus
from app.domain.uploads.models import UploadState

WORD = LazyText("View")
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ADOPT = PendingActionKind("text:adopt", WORD, WORD, WORD, WORD)
BROKEN = PendingActionKind("text:broken", WORD, WORD, WORD, WORD, hides=("text:adopt",))


# No one is asked to use these, for the reason given.
PERMISSIONS_WITHOUT_ACTION = {
    "it is about reading": """
        desk:see delegation:see-as people:see state-decision:see topic:see meeting:see agenda:see floor:see decision:see
        report:see action:see document:see document:read document:see-due contribution:see contribution:see-late
        liaison:see reporting-duty:see expected-report:see organization:see organization:see-inbox mandate:see body:see
        body:see-proposal focal-point:see-term
        contribution:see-receipts output:see output:see-withdrawal version:see silence:see record:see
        participant:see-badge invitation-letter:see delivery:see upload:see register:explain outbox:see
        statistics:see pack:take""",
    "it begins something that no one waits for": """
        accreditation:request body:propose body:change body:end focal-point:propose
        meeting:convene agenda:propose contribution:draft output:draft document:register document:follow
        document:add-edition version:circulate action:add upload:begin position:put statement:put
        topic:keep mandate:keep organization:keep secretariat-message:send translation:receive
        liaison:take-in liaison:add-file reporting-duty:add organization:propose-inbox report:comment
        reporting-duty:propose-publication""",
    "it changes or ends what can stay as it is": """
        agenda:take-back agenda:let-work contribution:assign contribution:invite contribution:take-back meeting:change
        meeting:undo-begin comment:change document:relate document:open document:withdraw document:correct
        document:relist document:void document:support output:call-back output:call-back-completion
        output:propose-withdrawal output:withdraw-alone silence:extend statement:change topic:retire topic:restore
        mandate:retire mandate:restore organization:end organization:restore organization:revoke-inbox
        liaison:remove-reply delivery:note-acknowledgment translation:assign
        reporting-duty:change reporting-duty:end expected-report:reopen""",
    "it does for many texts what one is asked to do for each": "translation:add",
    "it is a setting": """
        session:end session:end-of calendar:keep zone:choose filter:keep letters:choose region:set question:keep
        report:put-template state-decision:set
        invitation-letter:put-template""",
    "it is a work of the secretariat outside of the portal": "participant:make-badges invitation-letter:make",
    "it is used in the room, in the session that is open": """
        floor:ask floor:withdraw decision:take-down decision:correct position:note""",
    "it is a private note": "floor:note briefing:keep",
    "it is part of a draft, or is deleted by itself": "upload:continue upload:take upload:discard",
}
STATE_MACHINES: tuple[type[StrEnum], ...] = (
    ActionPointProgress,
    ContributionStatus,
    CorrectionStatus,
    DeliveryState,
    FileVerdict,
    FloorRequestStatus,
    ItemProposalState,
    LiaisonState,
    ExpectedReportState,
    MeetingLife,
    OutputStatus,
    ReportStage,
    SilenceStatus,
    UploadState,
)
STATUSES_WITHOUT_ACTION: dict[str, tuple[StrEnum, ...]] = {
    "it is final": (
        ActionPointProgress.DONE,
        ActionPointProgress.DROPPED,
        ContributionStatus.REGISTERED,
        FileVerdict.ACCEPTED,
        FloorRequestStatus.DONE,
        FloorRequestStatus.WITHDRAWN,
        FloorRequestStatus.DECLINED,
        ItemProposalState.TAKEN_UP,
        ItemProposalState.ANSWERED,
        ItemProposalState.WITHDRAWN,
        LiaisonState.RETURNED,
        LiaisonState.ANSWERED,
        LiaisonState.CLOSED,
        ExpectedReportState.ANSWERED,
        ExpectedReportState.DECLINED,
        ExpectedReportState.DROPPED,
        MeetingLife.CANCELLED,
        OutputStatus.WITHDRAWN,
        ReportStage.REGISTERED,
        SilenceStatus.ADOPTED,
        DeliveryState.ACKNOWLEDGED,
        DeliveryState.CALLED_BACK,
        DeliveryState.RECEIVED,
        DeliveryState.RETURNED,
    ),
    "the worker is next": (OutputStatus.SCHEDULED, OutputStatus.RELEASING, FileVerdict.WAITING),
    "its contribution is pending": (FileVerdict.REFUSED,),
    "it is part of a draft, or is deleted by itself": (UploadState.OPEN, UploadState.WHOLE),
}


def build_action(kind: PendingActionKind, number: int = 1, **more: object) -> PendingAction:
    return PendingAction(kind, UUID(int=number), "/", WORD, **more)


def test_overdue_comes_first_and_without_a_deadline_last() -> None:
    overdue = build_action(ADOPT, due_at=NOON - timedelta(days=1))
    soon = build_action(ADOPT, due_at=NOON + timedelta(days=1))
    oldest, newer, unknown = (build_action(ADOPT, since=since) for since in (NOON, NOON + timedelta(hours=1), None))

    assert sort_by_deadline([unknown, newer, soon, oldest, overdue]) == [overdue, soon, oldest, newer, unknown]


def test_a_kind_hides_another_one_on_the_same_subject_only() -> None:
    first, second = build_action(ADOPT, 1), build_action(ADOPT, 2)
    broken = build_action(BROKEN, 1)

    assert remove_hidden([first, second, broken]) == [second, broken]


def test_kinds_have_names_of_their_own_and_hide_kinds_that_exist() -> None:
    names = [kind.name for kind in KINDS]

    assert len(names) == len(set(names))
    assert {name for kind in KINDS for name in kind.hides} <= set(names)


def test_what_e_mails_and_calendars_say_of_a_kind_names_no_state_person_or_document() -> None:
    named = {name for kind in KINDS for name in re.findall(r"%\((\w+)\)s", str(kind.impersonal_heading))}

    assert named == {"count", "number", "office"}


def test_every_permission_is_settled_by_an_action_or_has_a_reason_why_no_one_waits_for_it() -> None:
    settling = {permission.name for kind in KINDS for permission in kind.settled_by}
    excused = {name for names in PERMISSIONS_WITHOUT_ACTION.values() for name in names.split()}

    assert settling | excused == set(rights.PERMISSIONS)
    assert settling & excused == set()


def test_every_status_of_every_state_machine_is_that_of_an_action_or_has_a_reason() -> None:
    def identify(statuses: Iterable[StrEnum]) -> set[tuple[str, str]]:
        return {(type(status).__name__, status.value) for status in statuses}

    pending = identify(status for kind in KINDS for status in kind.statuses)
    excused = identify(status for statuses in STATUSES_WITHOUT_ACTION.values() for status in statuses)

    assert pending | excused == identify(status for machine in STATE_MACHINES for status in machine)
    assert pending & excused == set()


def test_every_event_that_begins_an_action_exists() -> None:
    assert {name for kind in KINDS for name in kind.begun_by} <= {event.name for event in list_event_classes(Event)}


def list_event_classes(base: type[Event]) -> Iterator[type[Event]]:
    for each in base.__subclasses__():
        yield each
        yield from list_event_classes(each)


def test_news_asks_for_no_act_and_an_action_names_one() -> None:
    assert [kind.name for kind in KINDS if bool(kind.settled_by) is (kind.urgency is Urgency.NEWS)] == []
