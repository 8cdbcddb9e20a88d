"""Permission to read the audit trail, the events that its readers may see, and what each event is about."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission
from app.domain.bodies.rules import has_seat

SEE = Permission("record:see", _("Read the activity log of the body"), has_seat)

# Visible to everybody with a seat in the body: these acts have taken effect, and their pages are visible too.
EVENTS_OPEN_TO_BODY = (
    *("document:registered", "document:edition-registered", "document:supported", "document:translated"),
    *("document:related", "document:relation-taken-back", "document:access-changed", "document:corrected"),
    *("document:withdrawn", "document:voided", "contribution:registered"),
    "contribution:registered-at-request",
    *("agenda:released", "agenda:adopted", "sitting:opened", "sitting:closed", "sitting:item", "sitting:step"),
    *("floor:undone", "floor:presented", "floor:item-limits"),
    *("decision:taken", "decision:corrected", "position:put"),
    *("report:circulated", "report:adopted", "report:registered"),
    *("version:circulated", "comment:put", "comment:taken-back", "comment:answered"),
    *("silence:opened", "silence:opened-despite", "silence:extended"),
    *("silence:broken", "silence:kept", "silence:voided"),
    *("output:adopted", "output:released", "output:released-in-advance", "output:completed"),
    *("output:forwarded", "output:withdrawn", "output:made-public", "output:withdrawn-from-the-public"),
    *("output:released-to-addressees", "output:withdrawn-from-addressees"),
    *("statement:put", "statement:taken-back"),
    *("delivery:made", "delivery:sent", "delivery:acknowledged", "delivery:noted-by-hand", "delivery:called-back"),
    *("delivery:received", "delivery:returned", "delivery:failed", "delivery:acknowledgment-noted"),
    *("delivery:transmission-signed", "delivery:transmission-acknowledged"),
    *("delivery:withdrawal-signed", "delivery:withdrawal-acknowledged"),
    *("liaison:registered", "liaison:held", "liaison:answered", "liaison:closed"),
    *("reporting-duty:added", "reporting-duty:changed", "reporting-duty:ended", "expected-report:answered"),
    *(
        "reporting-duty:publication-proposed",
        "reporting-duty:publication-confirmed",
        "reporting-duty:publication-ended",
    ),
    *("expected-report:asked", "expected-report:declined", "expected-report:dropped", "expected-report:reopened"),
    *("office:confirmed", "office:ended", "region:set"),
    *("body:admission-changed", "body:languages-set", "body:silence-set", "body:positions-shown-set"),
    *("body:made", "body:changed", "body:end-set", "question:kept", "question:required"),
)
# Visible to those who may see the meeting.
MEETING_EVENTS = (
    *("meeting:convened", "meeting:moved", "meeting:cancelled", "meeting:changed", "meeting:deadline-moved"),
    *("meeting:begin-undone", "meeting:practical-changed", "session:laid-down", "session:moved", "session:cancelled"),
)
# Visible to those who see the position that was taken, as long as it is that of the State.
POSITION_EVENTS = ("silence:position-taken",)
# Visible to the delegation of the State that acted.
OWN_DELEGATION_EVENTS = (*POSITION_EVENTS, "clearance:required", "state-decision:set", "item:proposed")
# Prefix of the events of contributions, visible to the delegation of the contribution's State.
CONTRIBUTION_EVENT_PREFIX = "contribution:"

# Filter values, each with prefixes of event names.
EVENT_PREFIXES_BY_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "contributions": ("contribution:", "registration:", "clearance:", "item:"),
        "documents": ("document:", "translation:"),
        "meetings": ("meeting:", "session:", "agenda:", "sitting:", "floor:", "participant:"),
        "decisions": ("decision:", "position:", "report:", "action:"),
        "texts": (
            *("output:", "silence:", "statement:", "version:", "comment:", "delivery:", "liaison:"),
            *("reporting-duty:", "expected-report:"),
        ),
        "people": (
            *("office:", "focal-point:", "accreditation:", "invitation:", "state-decision:", "body:", "region:"),
            "question:",
        ),
    }
)


class ObjectKind(StrEnum):
    """Kind of a thing that a line of the journal names by its identifier or code."""

    EDITION = "edition"
    DOCUMENT = "document"
    CONTRIBUTION = "contribution"
    OUTPUT = "output"
    PROCEDURE = "procedure"
    DECISION = "decision"
    ACTION_POINT = "action-point"
    ITEM = "item"
    SESSION = "session"
    PARTICIPANT = "participant"
    FLOOR_REQUEST = "floor-request"
    ACCREDITATION = "accreditation"
    APPOINTMENT = "appointment"
    PERSON = "person"
    TOPIC = "topic"
    ORGANIZATION = "organization"
    MANDATE = "mandate"
    ACTION_LINE = "action-line"
    LIAISON = "liaison"
    EXPECTED_REPORT = "expected-report"
    REPORTING_DUTY = "reporting-duty"
    STATE = "state"
    MESSAGE = "message"
    MEETING = "meeting"
    BODY = "body"


# The thing that each field of an event names, in the order in which a line names them: the most particular first.
OBJECT_KINDS_BY_FACT: Mapping[str, ObjectKind] = MappingProxyType(
    {
        "edition": ObjectKind.EDITION,
        "document": ObjectKind.DOCUMENT,
        "other": ObjectKind.DOCUMENT,
        "contribution": ObjectKind.CONTRIBUTION,
        "procedure": ObjectKind.PROCEDURE,
        "output": ObjectKind.OUTPUT,
        "liaison": ObjectKind.LIAISON,
        "expected_report": ObjectKind.EXPECTED_REPORT,
        "duty": ObjectKind.REPORTING_DUTY,
        "action": ObjectKind.ACTION_POINT,
        "decision": ObjectKind.DECISION,
        "item": ObjectKind.ITEM,
        "meeting_session": ObjectKind.SESSION,
        "session": ObjectKind.SESSION,
        "participant": ObjectKind.PARTICIPANT,
        "request": ObjectKind.FLOOR_REQUEST,
        "accreditation": ObjectKind.ACCREDITATION,
        "appointment": ObjectKind.APPOINTMENT,
        "person": ObjectKind.PERSON,
        "topic": ObjectKind.TOPIC,
        "organization": ObjectKind.ORGANIZATION,
        "mandate": ObjectKind.MANDATE,
        "action_line": ObjectKind.ACTION_LINE,
        "state": ObjectKind.STATE,
        "code": ObjectKind.STATE,
        "entity": ObjectKind.STATE,
        "message": ObjectKind.MESSAGE,
        "meeting": ObjectKind.MEETING,
    }
)
# About the body as a whole.
BODY_EVENTS = (
    *("body:admission-changed", "body:languages-set", "body:silence-set", "body:positions-shown-set"),
    *("body:proposed", "body:proposal-declined", "body:made", "body:changed", "body:end-set"),
    *("question:kept", "question:required"),
    *("record:exported", "report:template-changed", "invitation-letter:template-changed"),
)
# About no thing that has a page, and why.
REASONS_WITHOUT_OBJECT: Mapping[str, str] = MappingProxyType(
    {
        "file:scanned": "A file has no page of its own; the documents that it belongs to have lines of their own.",
        "file:damaged": "A file has no page of its own; the secretariat's page of the portal's state shows the damage.",
        "file:mended": "A file has no page of its own; the secretariat's page of the portal's state shows the damage.",
        "rendition:made": "A rendition belongs to a file, which has no page of its own.",
        "rendition:deleted": "A rendition belongs to a file, which has no page of its own.",
        "session:ended": "The session of a person is shown to that person only, on the page of their account.",
        "backup:taken": "It concerns everything that is recorded.",
        "record:inventoried": "It concerns everything that is recorded.",
        "record:migrated": "It concerns everything that is recorded.",
        "record:restored": "It concerns everything that is recorded.",
        "record:reopened": "It concerns everything that is recorded.",
    }
)

# Acts that one person does many times on a day: those on the same thing, which this field names, are shown as one run.
# Without a field, those in the same body. All others are shown line by line.
RUN_FACTS_BY_EVENT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("contribution:changed", "contribution:signature"), "contribution"),
        **dict.fromkeys(("contribution:file-received", "contribution:file-arrived"), "contribution"),
        **dict.fromkeys(("contribution:file-removed", "contribution:file-cleaned"), "contribution"),
        "contribution:file-moved": "contribution",
        **dict.fromkeys(("output:changed", "output:file-received", "output:file-removed"), "output"),
        "output:pdf-added": "output",
        **dict.fromkeys(("agenda:changed", "session:laid-down", "report:revised", "report:drafted"), "meeting"),
        **dict.fromkeys(("participant:registered", "participant:changed", "participant:attendance-noted"), "meeting"),
        **dict.fromkeys(("participant:checked-in", "participant:check-in-undone"), "meeting"),
        **dict.fromkeys(("sitting:step", "floor:presented", "floor:item-limits"), "meeting"),
        **dict.fromkeys(("sitting:item", "floor:list", "floor:asked", "floor:withdrawn"), "meeting"),
        **dict.fromkeys(("floor:moved", "floor:given", "floor:ended", "floor:clock"), "meeting"),
        **dict.fromkeys(("document:allocated", "document:taken-off", "accreditation:granted"), ""),
        **dict.fromkeys(("registration:assigned", "translation:assigned", "invitation:made"), ""),
    }
)
