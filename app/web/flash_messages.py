"""Flash messages of the portal: what a page says once about the act that led to it."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.http.templates import SIGNED_IN_AGAIN, SIGNED_IN_AS_ANOTHER

FLASH_MESSAGES: Mapping[str, LazyText] = MappingProxyType(
    {
        "saved": _("It is saved."),
        "submitted": _("Your contribution was received. The secretariat gives it its number."),
        "submitted-late": _("Your contribution was received. The chair decides whether it is accepted late."),
        "submitted-waits": _("It was received. It waits until somebody of the State has confirmed it."),
        "submitted-waits-late": _(
            "It was received. It waits until somebody of the State has confirmed it and the chair has accepted it late."
        ),
        "submitted-at-request": _(
            "It was received. Nobody of the State can confirm it: "
            "it is registered as submitted by the secretariat at the request of the State."
        ),
        "submitted-at-request-late": _(
            "It was received. Nobody of the State can confirm it: it is registered as submitted by the secretariat "
            "at the request of the State, once the chair has accepted it late."
        ),
        "registered": _("It is registered. Every delegation of the body sees it now."),
        "returned": _("It was returned, with your reason."),
        "accepted": _("It was accepted. The secretariat can register it now."),
        "accepted-waits": _("It was accepted. It is registered once the State has confirmed it."),
        "asked": _("The State was asked. Its delegates see the draft now."),
        "not-asked": _("The State is no longer asked. Its delegates do not see the draft any more."),
        "signed": _("Your State signs this text. If it changes, you are asked again."),
        "declined": _("Your State does not sign it."),
        "confirmed-by-state": _("Your State confirmed it. The secretariat can register it now."),
        "confirmed-by-state-late": _("Your State confirmed it. It is registered once the chair has accepted it late."),
        "confirmed-by-state-held": _(
            "Your State confirmed it. The chair holds it for a later meeting: "
            "if the secretariat takes it up there, your State is asked again."
        ),
        "not-confirmed": _("It was returned to the secretariat, with your reason. It is not registered."),
        "cleared": _("It is cleared and can be submitted."),
        "held": _("It is held. The secretariat takes it up at a later meeting."),
        "taken-up": _("It is taken up at the later meeting and can be registered there."),
        "taken-up-waits": _(
            "It is taken up at the later meeting. "
            "It can be registered once the State has confirmed it for that meeting."
        ),
        "supported": _("Your State’s support is on record."),
        "on-record": _("It is done, and on record."),
        "draft-again": _("It was taken back. It is a draft again."),
        "discarded": _("The draft was thrown away."),
        "received": _("The file was received whole and is saved."),
        "removed": _("The file was removed."),
        "cleaned": _("The clean copy is saved in the place of the file."),
        "original-again": _("The original is in its place again."),
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
        "approved": _(
            "Your approval is on record. It counts once the sign-in for it is verified, which takes some seconds."
        ),
        "circulated": _("It is circulated. Every delegation of the group sees this version now."),
        "comment": _("Your State’s comment is on record. Every delegation of the group sees it."),
        "comment-back": _("Your State’s comment was taken back."),
        "answered": _("The answer is on record. Every delegation of the group sees it."),
        "silence": _("Silence runs. Every delegation of the group sees the text now."),
        "focal-points-first": _("Nothing was opened. Once focal points are named, come back to this form."),
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
        "withdrawn-alone": _(
            "It is being withdrawn, within seconds. Everybody reads that you decided it alone, and why."
        ),
        "withdrawal-proposed": _("The proposal is on record. A second person has to confirm it."),
        "withdrawal-taken-back": _("The proposal was taken back. The text stays as it is."),
        "withdrawal-declined": _("The proposal was declined. The text stays as it is."),
        "forwarded": _("It is forwarded. The parent group has it as a document of that meeting."),
        "withdrawn": _("It is being withdrawn. Within seconds the membership cannot read it any more."),
        "withdrawal-retried": _("The withdrawal was started again."),
        "accredited": _("The person is accredited, from the first day on."),
        "proposed": _("The proposal is on record. A second secretary has to confirm it."),
        "confirmed": _("The office is confirmed."),
        "ended": _("It was ended, at once."),
        "sessions-ended": _("The session was ended."),
        "person-sessions-ended": _("All sessions of this person were ended."),
        SIGNED_IN_AS_ANOTHER: _(
            "You signed in as another person than the one who was signed in here before. What was begun then was not"
            " done. The top of this page says who is signed in now."
        ),
        SIGNED_IN_AGAIN: _("You have signed in again. Go back to the tab that you came from, and go on there."),
        "letters-chosen": _("Your choice of letters was kept."),
        "calendar-revoked": _("The address of your calendar was revoked. Nobody can use it any more."),
        "region": _("The region was set."),
        "languages": _("The languages of the group were set."),
        "shortest-silence": _("How long silence runs was set. It holds for procedures that are opened from now on."),
        "positions-shown": _(
            "The setting of who sees positions is saved. It holds for procedures that are opened from now on."
        ),
        "admitted": _("The admission rule was changed."),
        "topic-kept": _("The list of topics was changed."),
    }
)
