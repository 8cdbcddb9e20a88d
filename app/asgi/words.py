"""Labels of codes: roles, membership categories, statuses, kinds; for the portal and the read path.

Flash messages of the portal.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from babel.lists import format_list

from app.core.i18n import Text, say


class Listed(Text):
    """Several texts as one, joined as the language joins a list: "Brazil, Japan and Kenya"."""

    def into(self, language: str) -> str:
        parts = self.values["parts"]
        assert isinstance(parts, Sequence)
        return format_list([part.into(language) for part in parts], locale=language)


def together(parts: Sequence[Text]) -> Text:
    """Join texts into one lazy text."""
    return Listed("", {"parts": tuple(parts)})


ROLES: Mapping[str, Text] = MappingProxyType(
    {
        "delegate": say("delegate"),
        "head_of_delegation": say("head of delegation"),
        "focal_point": say("focal point"),
        "chair": say("chair"),
        "vice_chair": say("vice-chair"),
        "secretary": say("secretary"),
        "general_secretariat": say("General Secretariat"),
        "tsb": say("Telecommunication Standardization Bureau"),
        "br": say("Radiocommunication Bureau"),
        "bdt": say("Telecommunication Development Bureau"),
    }
)
MEMBERSHIPS: Mapping[str, Text] = MappingProxyType(
    {
        "member_state": say("Member State"),
        "res99": say("Special participation (PP Resolution 99)"),
        "sector_member": say("Sector Member"),
        "associate": say("Associate"),
        "academia": say("Academia"),
        "itu_staff": say("ITU staff"),
        "external": say("not a member of ITU"),
    }
)
ITEM_KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "opening": say("Opening"),
        "adoption": say("For adoption"),
        "decision": say("For decision"),
        "discussion": say("For discussion"),
        "information": say("For information"),
        "other_business": say("Any other business"),
    }
)
ITEM_PROPOSALS: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        "proposed": ("warn", say("Waits for the chair")),
        "taken_up": ("good", say("Taken up")),
        "answered": ("info", say("Answered")),
        "withdrawn": ("none", say("Taken back")),
    }
)
PURPOSES: Mapping[str, Text] = MappingProxyType(
    {"decision": say("For decision"), "discussion": say("For discussion"), "information": say("For information")}
)
KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "report": say("Report"),
        "conclusions": say("Conclusions"),
        "recommendation": say("Recommendation"),
        "decision": say("Decision"),
        "liaison": say("Liaison statement"),
        "parent_report": say("Report to a parent body"),
        "contribution": say("Contribution"),
        "information": say("Information document"),
        "administrative": say("Administrative document"),
        "temporary": say("Temporary document"),
        "limited": say("Temporary document with limited distribution"),
    }
)
STEPS: Mapping[str, Text] = MappingProxyType(
    {
        "text": say("First text"),
        "rev": say("Revision"),
        "add": say("Addendum"),
        "corr": say("Corrigendum"),
    }
)
ACCESSES: Mapping[str, tuple[Text, Text]] = MappingProxyType(
    {
        "group": (say("Seats of the group only"), say("Everybody with a seat in the group.")),
        "membership": (say("The whole membership of ITU"), say("Also Sector Members, Associates and Academia.")),
        "public": (say("Everybody, also without signing in"), say("It also stands among the public documents.")),
    }
)
SERIES: Mapping[str, Text] = MappingProxyType(
    {
        "C": say("Contribution"),
        "INF": say("Information document"),
        "ADM": say("Administrative document"),
        "DT": say("Temporary document"),
        "DL": say("Temporary document with limited distribution"),
        "R": say("Report"),
    }
)
# The marks are the same in every language of ITU; their explanations are translated.
PROPOSALS: Mapping[str, Text] = MappingProxyType(
    {
        "ADD": say("ADD: a new provision"),
        "MOD": say("MOD: a provision is changed"),
        "SUP": say("SUP: a provision is taken out"),
        "NOC": say("NOC: no change"),
    }
)
# Label of a relation as seen from the document, and as seen from the related document.
RELATIONS: Mapping[str, tuple[Text, Text]] = MappingProxyType(
    {
        "comments-on": (say("Comments on"), say("Commented on in")),
        "replies-to": (say("Replies to"), say("Answered in")),
        "supersedes": (say("Supersedes"), say("Superseded by")),
    }
)
# Colour and label of a status tag; the only place that maps a status to a colour.
STANDINGS: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        "draft": ("none", say("Draft")),
        "submitted": ("info", say("Awaits registration")),
        "late": ("warn", say("Late, awaits the chair")),
        "returned": ("warn", say("Returned to the delegation")),
        "held": ("info", say("Held for a later meeting")),
        "registered": ("good", say("Registered")),
        "withdrawn": ("bad", say("Withdrawn")),
        "void": ("bad", say("Void")),
        "adopted": ("info", say("Adopted, awaits approvals")),
        "approved": ("info", say("Approved by two people")),
        "scheduled": ("info", say("Its release is set")),
        "leaving": ("info", say("On its way to the membership")),
        "failed": ("bad", say("Release failed")),
        "released": ("good", say("Released")),
    }
)
ADVANCE: tuple[str, Text] = ("warn", say("Advance, unedited version"))
"""Tag of a text released before all its languages were available."""
ADDRESSEES: Mapping[str, Text] = MappingProxyType(
    {
        "membership": say("The membership of ITU"),
        "general-secretariat": say("The General Secretariat"),
        "tsb": say("The Telecommunication Standardization Bureau (TSB)"),
        "br": say("The Radiocommunication Bureau (BR)"),
        "bdt": say("The Telecommunication Development Bureau (BDT)"),
        "parent": say("The parent body"),
        "public": say("The public"),
    }
)
LIVES: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        "planned": ("warn", say("Planned")),
        "convened": ("info", say("Convened")),
        "open": ("good", say("Open for contributions")),
        "in_session": ("good", say("In session")),
        "closed": ("none", say("Closed")),
        "cancelled": ("bad", say("Cancelled")),
    }
)
PARTS: Mapping[str, Text] = MappingProxyType(
    {
        "head_of_delegation": say("Head of delegation"),
        "deputy": say("Deputy head of delegation"),
        "delegate": say("Delegate"),
        "adviser": say("Adviser"),
        "observer": say("Observer"),
        "secretariat": say("Secretariat"),
    }
)
MODES: Mapping[str, Text] = MappingProxyType({"on_site": say("On site"), "remote": say("Remote")})
LEVELS: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        "refused": ("bad", say("Refused")),
        "decide": ("warn", say("Decide")),
        "note": ("info", say("Note")),
        "fine": ("good", say("Fine")),
    }
)
SCANS: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        "clean": ("good", say("Received whole")),
        "waiting": ("warn", say("Awaits the virus check")),
        "infected": ("bad", say("A virus was found")),
    }
)
COURSES: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        "open": ("warn", say("Silence runs")),
        "due": ("info", say("Deadline reached")),
        "adopted": ("good", say("Adopted by silence")),
        "broken": ("bad", say("Silence was broken")),
        "void": ("none", say("Void")),
    }
)
STANCES: Mapping[str, tuple[str, Text]] = MappingProxyType(
    {
        "breaks": ("bad", say("Breaks silence")),
        "supports": ("good", say("Supports the text")),
        "explanation": ("info", say("Lets it pass, with an explanation of position")),
        "reservation": ("warn", say("Lets it pass, with a reservation")),
        "non_association": ("warn", say("Lets it pass, and does not associate itself with it")),
    }
)
STATEMENTS: Mapping[str, Text] = MappingProxyType(
    {
        "reservation": say("Reservation"),
        "explanation": say("Explanation of position"),
        "non_association": say("Non-association"),
    }
)
WAYS: Mapping[str, Text] = MappingProxyType({"meeting": say("In the meeting"), "silence": say("By silence")})
DONE: Mapping[str, Text] = MappingProxyType(
    {
        "saved": say("It is saved."),
        "submitted": say("Your contribution was received. The secretariat gives it its number."),
        "registered": say("It is registered. Every delegation of the body sees it now."),
        "returned": say("It was returned to the delegation, with your reason."),
        "accepted": say("It was accepted. The secretariat can register it now."),
        "asked": say("The State was asked. Its delegates see the draft now."),
        "not-asked": say("The State is no longer asked. Its delegates do not see the draft any more."),
        "signed": say("Your State signs this text. If it changes, you are asked again."),
        "declined": say("Your State does not sign it."),
        "cleared": say("It is cleared and can be submitted."),
        "held": say("It is held. The secretariat takes it up at a later meeting."),
        "taken-up": say("It is taken up at the later meeting and can be registered there."),
        "supported": say("Your State’s support is on record."),
        "on-record": say("It is done, and on record."),
        "draft-again": say("It was taken back. It is a draft of your delegation again."),
        "discarded": say("The draft was thrown away."),
        "received": say("The file was received whole and is saved."),
        "removed": say("The file was removed."),
        "proposed-item": say("Your State’s proposal was sent to the chair."),
        "taken-back": say("The proposal was taken back."),
        "released-agenda": say("The agenda was released. Every seat of the group sees it now."),
        "convened": say("The meeting is convened."),
        "planned": say("The meeting is planned. Only the secretariat and the chairs see it."),
        "moved-on": say("It is done, and every seat of the group sees it."),
        "session": say("The session is laid down."),
        "session-moved": say("The session was moved."),
        "session-cancelled": say("The session was cancelled."),
        "informed": say("The practical information is saved."),
        "participant": say("The participant is registered."),
        "participant-changed": say("The registration was changed."),
        "participant-cancelled": say("The registration was cancelled."),
        "attendance": say("Who was present is noted."),
        "adopted": say("The adoption is on record. Two people now approve the release."),
        "approved": say("Your approval is on record."),
        "circulated": say("It is circulated. Every delegation of the group sees this version now."),
        "comment": say("Your State’s comment is on record. Every delegation of the group sees it."),
        "comment-back": say("Your State’s comment was taken back."),
        "answered": say("The answer is on record. Every delegation of the group sees it."),
        "silence": say("Silence runs. Every delegation of the group sees the text now."),
        "extended": say("The later deadline holds, and everybody sees it."),
        "position": say("Your State’s position is on record."),
        "statement": say("Your State’s statement goes with the text."),
        "statement-back": say("Your State’s statement was taken back."),
        "scheduled": say("The instant of its release is set. Until then it can be called back."),
        "called-back": say("It is called back. Nothing of it was released."),
        "let-out": say("It is on its way. The membership sees all its languages in the same moment."),
        "translated": say("The translation was received whole. Another person has to approve it."),
        "translation-approved": say("Your approval of the translation is on record."),
        "completing": say("It is on its way. The membership sees these languages in the same moment."),
        "completion-scheduled": say(
            "The instant of its release in all languages is set. Until then it can be called back."
        ),
        "completion-called-back": say("It is called back. The membership keeps the advance version."),
        "let-out-alone": say("It is on its way, and everybody reads that you let it out alone, and why."),
        "withdrawn-alone": say("It is withdrawn, and everybody reads that one person did it alone, and why."),
        "withdrawal-proposed": say("The proposal is on record. A second person has to confirm it."),
        "withdrawal-taken-back": say("The proposal was taken back. The text stays as it is."),
        "withdrawal-declined": say("The proposal was declined. The text stays as it is."),
        "forwarded": say("It is forwarded. The parent group has it as a document of that meeting."),
        "withdrawn": say("It is withdrawn. The membership cannot read it any more."),
        "accredited": say("The person is accredited, from the first day on."),
        "proposed": say("The proposal is on record. A second secretary has to confirm it."),
        "confirmed": say("The office is confirmed."),
        "ended": say("It was ended, at once."),
        "sessions-ended": say("The session was ended."),
        "letters-chosen": say("Your choice of letters was kept."),
        "calendar-revoked": say("The address of your calendar was revoked. Nobody can use it any more."),
        "region": say("The region was set."),
        "languages": say("The languages of the group were set."),
        "shortest-silence": say("How long silence runs was set. It holds for procedures that are opened from now on."),
        "admitted": say("The admission rule was changed."),
        "topic-kept": say("The list of topics was changed."),
    }
)


def standing(status: str, *, late: bool = False, accepted: bool = False) -> tuple[str, Text]:
    """Return the tag of a status: its colour and its label."""
    return STANDINGS["late" if status == "submitted" and late and not accepted else status]
