"""Flash messages of the portal: what a page says once about the act that led to it."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.http.templates import SIGNED_IN_AGAIN, SIGNED_IN_AS_ANOTHER

FLASH_MESSAGES: Mapping[str, LazyText] = MappingProxyType(
    {
        "saved": _("Saved."),
        "restored": _("The text was restored as a new revision."),
        "submitted": _("Your contribution has been received. The secretariat will register it."),
        "submitted-late": _("Your contribution has been received. The chair will decide whether to accept it late."),
        "submitted-waits": _(
            "The contribution has been received. It remains pending until a representative of the State confirms it."
        ),
        "submitted-waits-late": _(
            "The contribution has been received. It remains pending until a representative of the State "
            "confirms it and the chair accepts it late."
        ),
        "submitted-at-request": _(
            "The contribution has been received. As no representative of the State can confirm it, it will be "
            "registered as submitted by the secretariat at the request of the State."
        ),
        "submitted-at-request-late": _(
            "The contribution has been received. As no representative of the State can confirm it, it will be "
            "registered as submitted by the secretariat at the request of the State once the chair has "
            "accepted it late."
        ),
        "titles": _("The titles have been saved."),
        "registered": _("The document has been registered. All delegations of the group can now see it."),
        "assigned": _("The selected contributions have been assigned."),
        "unassigned": _("The selected contributions are no longer assigned to anyone."),
        "returned": _("The contribution has been returned with your reason."),
        "accepted": _("The contribution has been accepted. The secretariat can now register it."),
        "accepted-waits": _(
            "The contribution has been accepted. It will be registered once the State has confirmed it."
        ),
        "asked": _(
            "The invitation to co-sponsor has been sent. Delegates of the invited States can now see the draft."
        ),
        "not-asked": _(
            "The invitation to co-sponsor has been withdrawn. The delegates of that State can no longer see the draft."
        ),
        "accreditation-requested": _("Your request was sent. This page shows the answer."),
        "letters-made": _("The letters of invitation were made. Download them below; the portal does not send them."),
        "message-sent": _("The message was handed over for sending. This page shows what becomes of each e-mail."),
        "imported": _("The table was imported."),
        "invited": _("The invitation was recorded. The person receives the role when they sign in."),
        "invitation-withdrawn": _("The invitation was withdrawn. No one receives a role by it."),
        "request-declined": _("The request for accreditation was declined. The person sees your reason."),
        "signed": _(
            "Your State is now a co-sponsor of this text. If the text changes, your State will be "
            "asked to confirm again."
        ),
        "no-longer-invited": _("Your delegation is not invited to co-sponsor that draft, and no longer sees it."),
        "declined": _("Your State has declined the invitation to co-sponsor."),
        "confirmed-by-state": _("Your State has confirmed the contribution. The secretariat can now register it."),
        "confirmed-by-state-late": _(
            "Your State has confirmed the contribution. It will be registered once the chair has accepted it late."
        ),
        "confirmed-by-state-held": _(
            "Your State has confirmed the contribution. The chair is holding it for a later meeting: if the "
            "secretariat moves it to that meeting, your State will be asked to confirm again."
        ),
        "not-confirmed": _(
            "The contribution has been returned to the secretariat with your reason. It has not been registered."
        ),
        "cleared": _("The draft has been cleared and can be submitted."),
        "held": _("The contribution is held for a later meeting. The secretariat will move it to that meeting."),
        "taken-up": _("The contribution has been moved to the later meeting and can be registered there."),
        "taken-up-waits": _(
            "The contribution has been moved to the later meeting. It can be registered once the State has "
            "confirmed it for that meeting."
        ),
        "supported": _("Your delegation’s support has been recorded."),
        "progress": _("The progress has been recorded."),
        "on-record": _("The action has been completed and recorded."),
        "report-circulated": _("The report has been circulated. All delegations of the group can now see it."),
        "report-adopted": _("The adoption of the report has been recorded."),
        "correction-requested": _("Your delegation’s request for a correction has been recorded."),
        "correction-accepted": _("The correction has been accepted. The report has a new revision."),
        "correction-rejected": _("The correction has been rejected. The State can see your reason."),
        "report-comment-written": _("Your comment has been recorded."),
        "report-comment-answered": _("The answer to the comment has been recorded."),
        "report-comment-resolved": _("The comment has been marked as resolved."),
        "report-comment-withdrawn": _("Your comment has been withdrawn."),
        "draft-again": _("The contribution has been withdrawn. It is a draft again."),
        "discarded": _("The draft has been deleted."),
        "received": _("The file has been uploaded and saved."),
        "removed": _("The file was removed."),
        "cleaned": _("The file was replaced by its clean copy."),
        "original-again": _("The original file is used again."),
        "language-changed": _("The language of the file was changed."),
        "title-changed": _("The title on the cover is now that of the file."),
        "proposed-item": _("Your delegation’s proposal was sent to the chair."),
        "taken-back": _("The proposal has been withdrawn."),
        "released-agenda": _("The agenda has been released. All members of the group can now see it."),
        "convened": _("The meeting is convened."),
        "planned": _(
            "The meeting has been saved as a draft. Only the secretariat, the chair and the vice-chairs can see it."
        ),
        "moved-on": _("The meeting has been updated. All members of the group can see the change."),
        "session": _("The session has been scheduled."),
        "session-moved": _("The session has been rescheduled."),
        "session-cancelled": _("The session was cancelled."),
        "informed": _("The practical information is saved."),
        "participant": _("The participant is registered."),
        "participant-changed": _("The registration was changed."),
        "participant-cancelled": _("The registration was cancelled."),
        "attendance": _("Attendance has been recorded."),
        "check-in-undone": _("The check-in was undone."),
        "adopted": _("The adoption has been recorded. Two people must now approve the release."),
        "approved": _(
            "Your approval has been recorded. It takes effect once your sign-in is verified, which takes a few seconds."
        ),
        "circulated": _("The version has been circulated. All delegations of the group can now see it."),
        "comment": _("Your delegation’s comment has been submitted. All delegations of the group can see it."),
        "comment-back": _("Your delegation’s comment has been withdrawn."),
        "answered": _("The reply has been recorded. All delegations of the group can see it."),
        "silence": _("The silence procedure is open. All delegations of the group can now see the text."),
        "focal-points-first": _(
            "The silence procedure was not started. Return to this form once focal points have been appointed."
        ),
        "extended": _("The deadline has been extended. All delegations of the group can see the new deadline."),
        "position": _("Your State’s position has been recorded."),
        "statement": _("Your delegation’s statement has been attached to the text."),
        "statement-back": _("Your delegation’s statement has been withdrawn."),
        "scheduled": _("The release has been scheduled. It can be cancelled until then."),
        "called-back": _("The planned release has been cancelled. Nothing was released."),
        "let-out-to-recipients": _("Release under way. The text is delivered to its recipients only."),
        "let-out": _("Release under way. ITU members will see all language versions at the same moment."),
        "translated": _("The translation has been uploaded. Another person must approve it."),
        "translation-approved": _("Your approval of the translation has been recorded."),
        "completing": _("Release under way. ITU members will see these language versions at the same moment."),
        "completion-scheduled": _("The release in all languages has been scheduled. It can be cancelled until then."),
        "completion-called-back": _("The planned release has been cancelled. ITU members keep the advance version."),
        "let-out-alone": _(
            "Release under way. Everyone who can open the page of the text sees that you released it alone, and your "
            "reason."
        ),
        "withdrawn-alone": _(
            "The text will be withdrawn within seconds. Everyone who can open the page of the text sees that you "
            "decided this alone, and your reason."
        ),
        "withdrawal-proposed": _("The proposal has been submitted. A second person must confirm it."),
        "withdrawal-taken-back": _("The proposal has been withdrawn. The text remains unchanged."),
        "withdrawal-declined": _("The proposal has been declined. The text remains unchanged."),
        "acknowledged": _("The receipt of the text has been acknowledged."),
        "acknowledgment-noted": _("The acknowledgment has been recorded."),
        "handed-over": _("The delivery has been recorded."),
        "text-received": _("The text has been registered as a document of that meeting."),
        "text-returned": _("The text has been returned with your reason."),
        "withdrawn": _("The text is being withdrawn. Within seconds, ITU members can no longer read it."),
        "withdrawn-from-recipients": _("The text is being withdrawn. Its recipients are informed."),
        "withdrawal-retried": _("The withdrawal has been restarted."),
        "accredited": _("The person has been accredited from the first day entered."),
        "proposed": _("The proposal has been submitted. A second secretary must confirm it."),
        "body-confirmed": _("The proposal has been confirmed and has taken effect."),
        "body-declined": _("The proposal has been declined. Your reason is recorded."),
        "confirmed": _("The office has been confirmed."),
        "focal-point-confirmed": _("The focal point has been confirmed."),
        "ended": _("Ended with immediate effect."),
        "sessions-ended": _("The session was ended."),
        "person-sessions-ended": _("All sessions of this person were ended."),
        SIGNED_IN_AS_ANOTHER: _(
            "You have signed in as a different person from the one who was signed in here before. The action "
            "begun earlier was not carried out. The top of this page shows who is signed in now."
        ),
        SIGNED_IN_AGAIN: _("You have signed in again. Return to the previous tab and continue there."),
        "followed": _("You will be notified of changes."),
        "unfollowed": _("You no longer follow it."),
        "letters-chosen": _("Your e-mail notification settings have been saved."),
        "filter-saved": _("The filter has been saved."),
        "filter-deleted": _("The filter has been deleted."),
        "zone-chosen": _("Your time zone has been saved."),
        "calendar-revoked": _("The link to your calendar has been revoked. It no longer works."),
        "regions": _("The regions have been saved."),
        "translations-assigned": _("The translations have been assigned."),
        "translations-added": _("The translations have been added."),
        "translations-removed": _("The files have been removed."),
        "topic-kept": _("The list of topics was changed."),
        "liaison-received": _("The liaison statement has been taken in. Register it, or return it."),
        "liaison-registered": _("The liaison statement has been registered."),
        "liaisons-registered": _("The liaison statements have been registered."),
        "liaisons-left": _(
            "Some liaison statements were not registered: another person changed them after you opened this page, or a "
            "file has not passed the virus scan."
        ),
        "liaison-returned": _("The liaison statement has been returned. Send the reason to the sender."),
        "liaison-held": _("The person has been asked to prepare the reply."),
        "liaison-closed": _("It was recorded that the liaison statement needs no answer."),
        "liaison-reply": _("The reply has been saved."),
        "publication-proposed": _("The publication has been proposed. A second person must confirm it."),
        "publication-confirmed": _("The publication has been confirmed. Readers see it within a minute."),
        "publication-ended": _("Readers do not, or no longer, see these reports."),
        "duty-added": _("The duty has been added. The report is expected as soon as its period begins."),
        "duty-ended": _("The duty has been ended."),
        "report-received": _("The liaison statement has been recorded as the report."),
        "report-requested": _("The message has been recorded and will be sent within a minute."),
        "organization-kept": _("The register of organizations was changed."),
        "inbox-entered": _("The key and the inbox have been entered. A second secretary must confirm them."),
        "inbox-confirmed": _("The key and the inbox are in force."),
        "inbox-declined": _("The key and the inbox were declined."),
        "inbox-revoked": _("The key has been revoked."),
        "mandate-kept": _("The register of mandates was changed."),
    }
)
