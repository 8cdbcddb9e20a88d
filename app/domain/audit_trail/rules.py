"""Permission to read the audit trail, and the events that its readers may see."""

from collections.abc import Mapping
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
    *("agenda:released", "agenda:adopted", "sitting:opened", "sitting:closed", "sitting:item"),
    *("decision:taken", "decision:corrected", "position:put"),
    *("report:circulated", "report:adopted", "report:registered"),
    *("version:circulated", "comment:put", "comment:taken-back", "comment:answered"),
    *("silence:opened", "silence:opened-despite", "silence:extended"),
    *("silence:broken", "silence:kept", "silence:voided"),
    *("output:adopted", "output:released", "output:released-in-advance", "output:completed"),
    *("output:forwarded", "output:withdrawn", "output:made-public", "output:withdrawn-from-the-public"),
    *("statement:put", "statement:taken-back"),
    *("office:confirmed", "office:ended", "region:set"),
    *("body:admission-changed", "body:languages-set", "body:silence-set", "body:positions-shown-set"),
)
# Visible to those who may see the meeting.
MEETING_EVENTS = (
    *("meeting:convened", "meeting:moved", "meeting:cancelled", "meeting:changed", "meeting:deadline-moved"),
    *("meeting:begin-undone", "meeting:practical-changed", "session:laid-down", "session:moved", "session:cancelled"),
)
# Visible to those who see the position that was taken, as long as it is that of the State.
POSITION_EVENTS = ("silence:position-taken",)
# Visible to the delegation of the State that acted.
OWN_DELEGATION_EVENTS = (*POSITION_EVENTS, "clearance:required", "item:proposed")
# Prefix of the events of contributions, visible to the delegation of the contribution's State.
CONTRIBUTION_EVENT_PREFIX = "contribution:"

# Filter values, each with prefixes of event names.
EVENT_PREFIXES_BY_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "contributions": ("contribution:", "clearance:", "item:"),
        "documents": ("document:",),
        "meetings": ("meeting:", "session:", "agenda:", "sitting:", "floor:", "participant:"),
        "decisions": ("decision:", "position:", "report:", "action:"),
        "texts": ("output:", "silence:", "statement:", "version:", "comment:"),
        "people": ("office:", "accreditation:", "body:", "region:"),
    }
)
