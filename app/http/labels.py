"""Labels of codes: roles, membership categories, statuses, kinds; for the portal and the read path."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from babel.lists import format_list

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.domain.member_states import EntityName


class JoinedText(LazyText):
    """Several texts as one, joined as the language joins a list: "Brazil, Japan and Kenya"."""

    def translate(self, language: str) -> str:
        parts = self.values["parts"]
        assert isinstance(parts, Sequence)
        return format_list([part.translate(language) for part in parts], locale=language)


def join_texts(parts: Sequence[LazyText]) -> LazyText:
    """Join texts into one lazy text."""
    return JoinedText("", {"parts": tuple(parts)})


ROLE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "delegate": _("delegate"),
        "head_of_delegation": _("head of delegation"),
        "focal_point": _("focal point"),
        "staff_member": _("member of a group of the staff of ITU"),
        "chair": _("chair"),
        "vice_chair": _("vice-chair"),
        "secretary": _("secretary"),
        "general_secretariat": _("General Secretariat"),
        "tsb": _("Telecommunication Standardization Bureau"),
        "br": _("Radiocommunication Bureau"),
        "bdt": _("Telecommunication Development Bureau"),
    }
)
MEMBERSHIP_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "member_state": _("Member State"),
        "res99": _("Special participation (PP Resolution 99)"),
        "sector_member": _("Sector Member"),
        "associate": _("Associate"),
        "academia": _("Academia"),
        "itu_staff": _("ITU staff"),
        "external": _("not a member of ITU"),
    }
)
MEMBERSHIP_GROUP_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "member_state": _("Member States"),
        "res99": _("participants under PP Resolution 99"),
        "sector_member": _("Sector Members"),
        "associate": _("Associates"),
        "academia": _p("members", "Academia"),
        "itu_staff": _("the staff of ITU, and no members"),
    }
)
"""The categories of members in the plural, as a group admits them."""
BODY_PROPOSAL_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "new": _("Proposal for a new group"),
        "first-secretary": _("Proposal of the first secretary"),
        "change": _("Proposal to change the group"),
        "end": _("Proposal to end the group"),
    }
)
ITEM_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "opening": _("Opening"),
        "adoption": _("For adoption"),
        "decision": _("For decision"),
        "discussion": _("For discussion"),
        "information": _("For information"),
        "other_business": _("Any other business"),
    }
)
ITEM_PROPOSAL_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "proposed": ("warn", _("Awaiting the chair’s decision")),
        "taken_up": ("good", _("Added to the agenda")),
        "answered": ("info", _("Answered")),
        "withdrawn": ("none", _("Withdrawn")),
    }
)
PURPOSE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {"decision": _("For decision"), "discussion": _("For discussion"), "information": _("For information")}
)
KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "report": _("Report"),
        "conclusions": _("Conclusions"),
        "recommendation": _("Recommendation"),
        "decision": _("Decision"),
        "liaison": _("Liaison statement"),
        "parent_report": _("Report to a parent body"),
        "contribution": _("Contribution"),
        "information": _("Information document"),
        "administrative": _("Administrative document"),
        "temporary": _("Temporary document"),
        "limited": _("Temporary document with limited distribution"),
    }
)
EDITION_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "text": _("Original version"),
        "rev": _("Revision"),
        "add": _("Addendum"),
        "corr": _("Corrigendum"),
    }
)
ACCESS_LABELS: Mapping[str, tuple[LazyText, LazyText]] = MappingProxyType(
    {
        "group": (_("Members of the group only"), _("Delegations, officers and the secretariat.")),
        "membership": (_("All ITU members"), _("Also Sector Members, Associates and Academia.")),
        "public": (_("Public: no sign-in needed"), _("The document is also listed among the public documents.")),
    }
)
SERIES_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "C": _("Contribution"),
        "INF": _("Information document"),
        "ADM": _("Administrative document"),
        "DT": _("Temporary document"),
        "DL": _("Temporary document with limited distribution"),
        "R": _("Report"),
    }
)
# The marks are the same in every language of ITU; their explanations are translated.
PROPOSAL_MARK_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "ADD": _("ADD: a new provision"),
        "MOD": _("MOD: a provision is modified"),
        "SUP": _("SUP: a provision is deleted"),
        "NOC": _("NOC: no change"),
    }
)
# Label of a relation as seen from the document, and as seen from the related document.
RELATION_LABELS: Mapping[str, tuple[LazyText, LazyText]] = MappingProxyType(
    {
        "comments-on": (_("Comments on"), _("Commented on in")),
        "replies-to": (_("Replies to"), _("Answered in")),
        "supersedes": (_("Supersedes"), _("Superseded by")),
    }
)
# Colour and label of a status tag; the only place that maps a status to a colour.
STATUS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "draft": ("none", _p("contribution", "Draft")),
        "submitted": ("info", _("Awaiting registration")),
        "late": ("warn", _("Late, awaiting the chair’s decision")),
        "awaits-state": ("warn", _("Awaiting confirmation by the State")),
        "returned": ("warn", _("Returned")),
        "declined": ("warn", _("Declined by the State")),
        "held": ("info", _("Held for a later meeting")),
        "registered": ("good", _("Registered")),
        "withdrawn": ("bad", _("Withdrawn")),
        "void": ("bad", _("Void")),
        "adopted": ("info", _("Adopted, awaiting approvals")),
        "approved": ("info", _("Approved by two people")),
        "scheduled": ("info", _("Release scheduled")),
        "leaving": ("info", _("Release under way")),
        "failed": ("bad", _("Release failed")),
        "released": ("good", _("Released")),
        "withdrawing": ("warn", _("Withdrawal under way")),
    }
)
ADVANCE_VERSION_LABEL: tuple[str, LazyText] = ("warn", _("Advance, unedited version"))
"""Tag of a text released before all its languages were available."""
ADDRESSEE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "membership": _("All ITU members"),
        "general-secretariat": _("The General Secretariat"),
        "tsb": _("The Telecommunication Standardization Bureau (TSB)"),
        "br": _("The Radiocommunication Bureau (BR)"),
        "bdt": _("The Telecommunication Development Bureau (BDT)"),
        "parent": _("The parent body"),
        "public": _("The public"),
    }
)
REQUESTED_ACT_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "action": _("For action"),
        "comment": _("For comment"),
        "information": _("For information"),
        "reply": _("For reply"),
    }
)
DELIVERY_STATE_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "due": ("info", _p("delivery", "To be delivered")),
        "sent": ("info", _p("delivery", "Delivered")),
        "acknowledged": ("good", _p("delivery", "Acknowledged")),
        "received": ("good", _p("delivery", "Received")),
        "returned": ("warn", _p("delivery", "Returned")),
        "failed": ("bad", _p("delivery", "Not delivered")),
        "called-back": ("bad", _p("delivery", "Text withdrawn")),
    }
)
# Within a list, where these names do not begin the sentence.
LISTED_ADDRESSEE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "general-secretariat": _p("in a list", "the General Secretariat"),
        "tsb": _p("in a list", "the Telecommunication Standardization Bureau (TSB)"),
        "br": _p("in a list", "the Radiocommunication Bureau (BR)"),
        "bdt": _p("in a list", "the Telecommunication Development Bureau (BDT)"),
        "parent": _p("in a list", "the parent body"),
        "public": _p("in a list", "the public"),
    }
)
MEETING_STATUS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "planned": ("warn", _p("meeting", "Draft")),
        "convened": ("info", _("Convened")),
        "open": ("good", _("Open for contributions")),
        "in_session": ("good", _("In session")),
        "closed": ("none", _("Closed")),
        "cancelled": ("bad", _("Cancelled")),
    }
)
PARTICIPANT_ROLE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "head_of_delegation": _("Head of delegation"),
        "deputy": _("Deputy head of delegation"),
        "delegate": _("Delegate"),
        "adviser": _("Adviser"),
        "observer": _("Observer"),
        "secretariat": _("Secretariat"),
    }
)
PARTICIPATION_MODE_LABELS: Mapping[str, LazyText] = MappingProxyType({"on_site": _("On site"), "remote": _("Remote")})
FINDING_LEVEL_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "refused": ("bad", _("Refused")),
        "decide": ("warn", _p("finding", "Check")),
        "note": ("info", _("Note")),
        "fine": ("good", _("OK")),
    }
)
SCAN_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "clean": ("good", _("Received and checked")),
        "waiting": ("warn", _("Awaiting the virus check")),
        "infected": ("bad", _("A virus was found")),
    }
)
VERDICT_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "waiting": ("info", _("Received, being examined")),
        "refused": ("bad", _("Refused")),
    }
)
SILENCE_STATUS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "open": ("warn", _("Silence procedure open")),
        "due": ("info", _("Deadline reached")),
        "adopted": ("good", _("Adopted under the silence procedure")),
        "broken": ("bad", _("Silence was broken")),
        "void": ("none", _("Void")),
    }
)
SILENCE_POSITION_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "breaks": ("bad", _("Breaks silence")),
        "supports": ("good", _("Supports the text")),
        "explanation": ("info", _("Does not object; gives an explanation of position")),
        "reservation": ("warn", _("Does not object; makes a reservation")),
        "non_association": ("warn", _("Does not object; dissociates itself from the text")),
    }
)
OPENING_CHOICE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "note-verbale": _("A note verbale was sent to them outside the portal"),
        "open-anyway": _("The procedure was opened anyway"),
    }
)
STATE_ACT_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "positions": _("Take positions and make statements"),
        "withdrawals": _("Withdraw documents"),
        "wider_access": _("Give more readers access to a document"),
    }
)
POSITION_AUDIENCE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "every-delegation": _("All delegations, immediately"),
        "own-delegation": _(
            "Until the silence procedure ends: the State itself, the chairs and the "
            "secretariat; afterwards: all delegations"
        ),
    }
)
STATEMENT_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "reservation": _("Reservation"),
        "explanation": _("Explanation of position"),
        "non_association": _("Non-association"),
    }
)
DECISION_METHOD_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "consensus": _("By consensus"),
        "no_objection": _("Without objection"),
        "objections": _("With objections recorded"),
    }
)
PROGRESS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "open": ("info", _("Not completed")),
        "done": ("good", _("Done")),
        "dropped": ("none", _("Discontinued")),
    }
)
"""Progress of an action point."""
ADOPTION_METHOD_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {"meeting": _("In the meeting"), "silence": _("Under the silence procedure")}
)
ACTION_POINT_OWNER_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {"secretariat": _("the secretariat"), "chair": _("the chair")}
)


def name_action_point_owner(owner: str, person: str = "") -> LazyText:
    """Return the name of the owner of an action point: the secretariat, the chair, a State, or as it was typed; of a
    person, their name and that of the member for which they act. An office is known in any case: it was once typed."""
    name = ACTION_POINT_OWNER_LABELS.get(owner.lower()) or EntityName(owner)
    return _("%(person)s (%(entity)s)", person=person, entity=name) if person else name


def get_status_colour_and_label(status: str, *, late: bool = False, accepted: bool = False) -> tuple[str, LazyText]:
    """Return the tag of a status: its colour and its label."""
    return STATUS_LABELS["late" if status == "submitted" and late and not accepted else status]


def name_addressees(codes: Sequence[str]) -> list[LazyText | str]:
    """Name the addressees of a release for a list: only the first name begins with a capital letter by its place."""
    return [
        ADDRESSEE_LABELS.get(code, code)
        if not place
        else LISTED_ADDRESSEE_LABELS.get(code, ADDRESSEE_LABELS.get(code, code))
        for place, code in enumerate(codes)
    ]


REPORT_STATE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "asked": _("Expected"),
        "answered": _("Received"),
        "declined": _("Said it will not"),
        "dropped": _("No longer expected"),
    }
)


def describe_report(state: str, due_on: str, declined_on: str) -> tuple[str, LazyText]:
    """Return the kind of the tag and the words of an expected report that is not overdue. Its days are formatted."""
    if state == "declined":
        return "none", _("Said it will not (%(day)s)", day=declined_on)
    if state == "asked":
        return "info", _("Due on %(day)s", day=due_on)
    return ("good" if state == "answered" else "none"), REPORT_STATE_LABELS[state]
