"""Labels of codes: roles, membership categories, statuses, kinds; for the portal and the read path.

Flash messages of the portal.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from babel.lists import format_list

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _


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
        "proposed": ("warn", _("Waits for the chair")),
        "taken_up": ("good", _("Taken up")),
        "answered": ("info", _("Answered")),
        "withdrawn": ("none", _("Taken back")),
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
        "text": _("First text"),
        "rev": _("Revision"),
        "add": _("Addendum"),
        "corr": _("Corrigendum"),
    }
)
ACCESS_LABELS: Mapping[str, tuple[LazyText, LazyText]] = MappingProxyType(
    {
        "group": (_("Seats of the group only"), _("Everybody with a seat in the group.")),
        "membership": (_("The whole membership of ITU"), _("Also Sector Members, Associates and Academia.")),
        "public": (_("Everybody, also without signing in"), _("It also stands among the public documents.")),
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
        "MOD": _("MOD: a provision is changed"),
        "SUP": _("SUP: a provision is taken out"),
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
        "draft": ("none", _("Draft")),
        "submitted": ("info", _("Awaits registration")),
        "late": ("warn", _("Late, awaits the chair")),
        "returned": ("warn", _("Returned to the delegation")),
        "held": ("info", _("Held for a later meeting")),
        "registered": ("good", _("Registered")),
        "withdrawn": ("bad", _("Withdrawn")),
        "void": ("bad", _("Void")),
        "adopted": ("info", _("Adopted, awaits approvals")),
        "approved": ("info", _("Approved by two people")),
        "scheduled": ("info", _("Its release is set")),
        "leaving": ("info", _("On its way to the membership")),
        "failed": ("bad", _("Release failed")),
        "released": ("good", _("Released")),
    }
)
ADVANCE_VERSION_LABEL: tuple[str, LazyText] = ("warn", _("Advance, unedited version"))
"""Tag of a text released before all its languages were available."""
ADDRESSEE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "membership": _("The membership of ITU"),
        "general-secretariat": _("The General Secretariat"),
        "tsb": _("The Telecommunication Standardization Bureau (TSB)"),
        "br": _("The Radiocommunication Bureau (BR)"),
        "bdt": _("The Telecommunication Development Bureau (BDT)"),
        "parent": _("The parent body"),
        "public": _("The public"),
    }
)
MEETING_STATUS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "planned": ("warn", _("Planned")),
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
        "decide": ("warn", _("Decide")),
        "note": ("info", _("Note")),
        "fine": ("good", _("Fine")),
    }
)
SCAN_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "clean": ("good", _("Received whole")),
        "waiting": ("warn", _("Awaits the virus check")),
        "infected": ("bad", _("A virus was found")),
    }
)
SILENCE_STATUS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "open": ("warn", _("Silence runs")),
        "due": ("info", _("Deadline reached")),
        "adopted": ("good", _("Adopted by silence")),
        "broken": ("bad", _("Silence was broken")),
        "void": ("none", _("Void")),
    }
)
SILENCE_POSITION_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        "breaks": ("bad", _("Breaks silence")),
        "supports": ("good", _("Supports the text")),
        "explanation": ("info", _("Lets it pass, with an explanation of position")),
        "reservation": ("warn", _("Lets it pass, with a reservation")),
        "non_association": ("warn", _("Lets it pass, and does not associate itself with it")),
    }
)
STATEMENT_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "reservation": _("Reservation"),
        "explanation": _("Explanation of position"),
        "non_association": _("Non-association"),
    }
)
ADOPTION_METHOD_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {"meeting": _("In the meeting"), "silence": _("By silence")}
)
FLASH_MESSAGES: Mapping[str, LazyText] = MappingProxyType(
    {
        "saved": _("It is saved."),
        "submitted": _("Your contribution was received. The secretariat gives it its number."),
        "registered": _("It is registered. Every delegation of the body sees it now."),
        "returned": _("It was returned to the delegation, with your reason."),
        "accepted": _("It was accepted. The secretariat can register it now."),
        "asked": _("The State was asked. Its delegates see the draft now."),
        "not-asked": _("The State is no longer asked. Its delegates do not see the draft any more."),
        "signed": _("Your State signs this text. If it changes, you are asked again."),
        "declined": _("Your State does not sign it."),
        "cleared": _("It is cleared and can be submitted."),
        "held": _("It is held. The secretariat takes it up at a later meeting."),
        "taken-up": _("It is taken up at the later meeting and can be registered there."),
        "supported": _("Your State’s support is on record."),
        "on-record": _("It is done, and on record."),
        "draft-again": _("It was taken back. It is a draft of your delegation again."),
        "discarded": _("The draft was thrown away."),
        "received": _("The file was received whole and is saved."),
        "removed": _("The file was removed."),
        "proposed-item": _("Your State’s proposal was sent to the chair."),
        "taken-back": _("The proposal was taken back."),
        "released-agenda": _("The agenda was released. Every seat of the group sees it now."),
        "convened": _("The meeting is convened."),
        "planned": _("The meeting is planned. Only the secretariat and the chairs see it."),
        "moved-on": _("It is done, and every seat of the group sees it."),
        "session": _("The session is laid down."),
        "session-moved": _("The session was moved."),
        "session-cancelled": _("The session was cancelled."),
        "informed": _("The practical information is saved."),
        "participant": _("The participant is registered."),
        "participant-changed": _("The registration was changed."),
        "participant-cancelled": _("The registration was cancelled."),
        "attendance": _("Who was present is noted."),
        "adopted": _("The adoption is on record. Two people now approve the release."),
        "approved": _("Your approval is on record."),
        "circulated": _("It is circulated. Every delegation of the group sees this version now."),
        "comment": _("Your State’s comment is on record. Every delegation of the group sees it."),
        "comment-back": _("Your State’s comment was taken back."),
        "answered": _("The answer is on record. Every delegation of the group sees it."),
        "silence": _("Silence runs. Every delegation of the group sees the text now."),
        "extended": _("The later deadline holds, and everybody sees it."),
        "position": _("Your State’s position is on record."),
        "statement": _("Your State’s statement goes with the text."),
        "statement-back": _("Your State’s statement was taken back."),
        "scheduled": _("The instant of its release is set. Until then it can be called back."),
        "called-back": _("It is called back. Nothing of it was released."),
        "let-out": _("It is on its way. The membership sees all its languages in the same moment."),
        "translated": _("The translation was received whole. Another person has to approve it."),
        "translation-approved": _("Your approval of the translation is on record."),
        "completing": _("It is on its way. The membership sees these languages in the same moment."),
        "completion-scheduled": _(
            "The instant of its release in all languages is set. Until then it can be called back."
        ),
        "completion-called-back": _("It is called back. The membership keeps the advance version."),
        "let-out-alone": _("It is on its way, and everybody reads that you let it out alone, and why."),
        "withdrawn-alone": _("It is withdrawn, and everybody reads that one person did it alone, and why."),
        "withdrawal-proposed": _("The proposal is on record. A second person has to confirm it."),
        "withdrawal-taken-back": _("The proposal was taken back. The text stays as it is."),
        "withdrawal-declined": _("The proposal was declined. The text stays as it is."),
        "forwarded": _("It is forwarded. The parent group has it as a document of that meeting."),
        "withdrawn": _("It is withdrawn. The membership cannot read it any more."),
        "accredited": _("The person is accredited, from the first day on."),
        "proposed": _("The proposal is on record. A second secretary has to confirm it."),
        "confirmed": _("The office is confirmed."),
        "ended": _("It was ended, at once."),
        "sessions-ended": _("The session was ended."),
        "letters-chosen": _("Your choice of letters was kept."),
        "calendar-revoked": _("The address of your calendar was revoked. Nobody can use it any more."),
        "region": _("The region was set."),
        "languages": _("The languages of the group were set."),
        "shortest-silence": _("How long silence runs was set. It holds for procedures that are opened from now on."),
        "admitted": _("The admission rule was changed."),
        "topic-kept": _("The list of topics was changed."),
    }
)


def status_label(status: str, *, late: bool = False, accepted: bool = False) -> tuple[str, LazyText]:
    """Return the tag of a status: its colour and its label."""
    return STATUS_LABELS["late" if status == "submitted" and late and not accepted else status]
