"""The acts that cannot be undone, or that bind a State, end something or reach others: each has a check page.

A check page says what will happen, who is affected, from when, and whether it can be undone; its button names the act.
What happens and the name are in the page; the other three, which do not depend on the subject, are here, by the address
to which the page sends its form. `tests/architecture/test_checked_acts.py` compares the table with all routes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class CheckedAct:
    """An act with a check page: the address of the page, and what it says of the act. `affects_of_recipients_only` is
    what it says of a text that was adopted for its recipients only, where that differs.

    The page is the address of a GET request; or that of the act itself, where the form is filled in first and its
    values come along.
    """

    page: str
    affects: LazyText
    begins: LazyText
    undo: LazyText
    affects_of_recipients_only: LazyText | None = None


NOW = _("Immediately")
WITHIN_A_MINUTE = _("Within a minute")
AT_ITS_TIME = _("At the time that you set")
AFTER_THE_LAST_DAY = _("After the last day of the group")

REPORT_READERS = _("Everyone who can see the report")
GROUP = _("All members of the group: delegations, officers and the secretariat")
DELEGATIONS = _("All delegations of the group")
SENDING_GROUP = _("The group that sent the text, on whose pages this is shown")
READERS = _("All ITU members and, if the text is public, everyone")
EVERYBODY = _("Everyone, without signing in")
READERS_OF_RECIPIENTS_ONLY = _("The recipients of the text, and all members of the group")
OWN_STATE = _("Your delegation and the secretariat")
OWN_DELEGATION = _("Your delegation")
INVITED_STATE = _("The delegates of the invited State, who can then read the draft")
STATE_WITHOUT_INVITATION = _("The delegates of the State named above, who can then no longer read the draft")
BOTH_STATES = _("The submitting State, and the delegates of your State, who can then no longer read the draft")
CHAIRS_AND_SECRETARIAT = _("The chair, the vice-chairs and the secretariat")
SUBMITTER = _("The delegation that submitted the contribution")
RECIPIENTS = _("The recipients of the message")
THE_PERSON = _("The person concerned")
THE_ORGANIZATION = _("The organization concerned")
ORGANIZATION_AND_SECRETARIAT = _("The organization, and the secretariat")

NO = _("No")
NO_IT_WAS_SEEN = _("No. You can withdraw the invitation, but the State has then been able to read the draft.")
NO_IT_WAS_PUBLIC = _("No. The publication can be ended, but people may have read it.")
NO_IT_WAS_READ = _("No. You can restrict access again, but people may have read the document.")
NO_BUT_LATER_RELEASE = _("No. You can release a new version, which replaces it.")
NO_BUT_LATER_CIRCULATION = _("No. You can circulate a new version, which replaces it.")
NO_BUT_AGAIN = _("No. The earlier state can only be restored by a new act.")
NO_BUT_CANCELLED = _("No. The meeting can be cancelled.")
NO_BUT_ANOTHER_DUTY = _("No. Another duty of the organization can be added.")
NO_BUT_INVITED_AGAIN = _(
    "No. You can invite the State again. If it had co-sponsored the draft, it then has to do so again."
)
NO_BUT_ASKED_AGAIN = _("No. Only the submitting State can invite your State again.")
UNTIL_REGISTERED = _("Yes, until the document is registered")
UNTIL_FIRST_ACT = _("Yes, until something is done in the meeting")
UNTIL_THEN = _("Yes, until the time that you set. A release now cannot be cancelled.")
UNTIL_DECIDED = _("Yes, until a second person decides")
BY_OPPOSITE = _("Yes, by the opposite act, which is recorded as well")
BY_RESTORING = _("Yes. The text before it is kept as a revision, which can be restored in the same way.")
BY_OPENING_AGAIN = _("Yes. The session can be opened again until another session is opened.")
BY_WITHDRAWAL = _("No. The document can be withdrawn; its number is not reused.")
BY_RELEASE_LATER = _("Yes. The text can be released later.")

CHECKED_ACTS: Mapping[str, CheckedAct] = MappingProxyType(
    {
        # A group is made, served or ended
        "/body-proposals/{body_proposal}/confirm": CheckedAct("/body-proposals/{body_proposal}", GROUP, NOW, NO),
        # An organization can send and be sent to by machine, or can no longer
        "/organization-inboxes/{organization_inbox}/confirm": CheckedAct(
            "/organization-inboxes/{organization_inbox}", ORGANIZATION_AND_SECRETARIAT, NOW, BY_OPPOSITE
        ),
        "/organization-inboxes/{organization_inbox}/revoke": CheckedAct(
            "/organization-inboxes/{organization_inbox}/revoke", ORGANIZATION_AND_SECRETARIAT, NOW, NO
        ),
        # A State is bound
        "/silence/{procedure}/position": CheckedAct("/silence/{procedure}/position", DELEGATIONS, NOW, NO),
        "/contributions/{contribution}/sponsors": CheckedAct(
            "/contributions/{contribution}/sponsors/invite", INVITED_STATE, NOW, NO_IT_WAS_SEEN
        ),
        "/contributions/{contribution}/sign": CheckedAct(
            "/contributions/{contribution}/sign", OWN_STATE, NOW, UNTIL_REGISTERED
        ),
        "/contributions/{contribution}/decline": CheckedAct(
            "/contributions/{contribution}/decline", BOTH_STATES, NOW, NO_BUT_ASKED_AGAIN
        ),
        "/contributions/{contribution}/confirm": CheckedAct(
            "/contributions/{contribution}/confirm", OWN_STATE, NOW, NO
        ),
        "/contributions/{contribution}/clear": CheckedAct("/contributions/{contribution}/clear", OWN_STATE, NOW, NO),
        "/contributions/{contribution}/submit": CheckedAct(
            "/contributions/{contribution}/check", OWN_STATE, NOW, UNTIL_REGISTERED
        ),
        "/documents/{document}/support": CheckedAct("/documents/{document}/support", DELEGATIONS, NOW, NO),
        "/meetings/{meeting}/report/paragraphs/{paragraph}/correction": CheckedAct(
            "/meetings/{meeting}/report/paragraphs/{paragraph}/correction", CHAIRS_AND_SECRETARIAT, NOW, NO
        ),
        # Something ends
        "/contributions/{contribution}/discard": CheckedAct(
            "/contributions/{contribution}/discard", OWN_DELEGATION, NOW, NO
        ),
        "/contributions/{contribution}/take-back": CheckedAct(
            "/contributions/{contribution}/take-back", OWN_STATE, NOW, NO_BUT_AGAIN
        ),
        "/contributions/{contribution}/return": CheckedAct(
            "/contributions/{contribution}/return", SUBMITTER, NOW, NO_BUT_AGAIN
        ),
        "/contributions/{contribution}/decline-confirmation": CheckedAct(
            "/contributions/{contribution}/decline-confirmation", OWN_STATE, NOW, NO_BUT_AGAIN
        ),
        "/contributions/{contribution}/sponsors/{state}/withdraw": CheckedAct(
            "/contributions/{contribution}/sponsors/{state}/withdraw",
            STATE_WITHOUT_INVITATION,
            NOW,
            NO_BUT_INVITED_AGAIN,
        ),
        "/liaisons/{liaison}/register": CheckedAct("/liaisons/{liaison}/register", GROUP, NOW, BY_WITHDRAWAL),
        "/bodies/{body}/liaisons/register": CheckedAct("/bodies/{body}/liaisons/register", GROUP, NOW, BY_WITHDRAWAL),
        "/liaisons/{liaison}/return": CheckedAct("/liaisons/{liaison}/return", CHAIRS_AND_SECRETARIAT, NOW, NO),
        "/liaisons/{liaison}/hold": CheckedAct("/liaisons/{liaison}/hold", THE_PERSON, NOW, BY_OPPOSITE),
        "/liaisons/{liaison}/close": CheckedAct("/liaisons/{liaison}/close", GROUP, NOW, NO),
        "/reporting-duties/{duty}/end": CheckedAct("/reporting-duties/{duty}/end", GROUP, NOW, NO_BUT_ANOTHER_DUTY),
        "/reporting-duties/{duty}/publication/confirm": CheckedAct(
            "/reporting-duties/{duty}/publication", EVERYBODY, WITHIN_A_MINUTE, NO_IT_WAS_PUBLIC
        ),
        "/expected-reports/{expected_report}/request": CheckedAct(
            "/expected-reports/{expected_report}/request", THE_ORGANIZATION, WITHIN_A_MINUTE, NO
        ),
        "/documents/{document}/withdraw": CheckedAct("/documents/{document}/withdraw", GROUP, NOW, NO),
        "/documents/{document}/void": CheckedAct("/documents/{document}/void", GROUP, NOW, NO),
        "/documents/{document}/relations/{relation}/take-back": CheckedAct(
            "/documents/{document}/relations/{relation}/take-back", GROUP, NOW, BY_OPPOSITE
        ),
        "/meetings/{meeting}/close": CheckedAct("/meetings/{meeting}/close", GROUP, NOW, NO),
        "/meetings/{meeting}/cancel": CheckedAct("/meetings/{meeting}/cancel", GROUP, NOW, NO),
        "/meetings/{meeting}/undo-begin": CheckedAct("/meetings/{meeting}/undo-begin", GROUP, NOW, BY_OPPOSITE),
        "/meetings/{meeting}/floor/close": CheckedAct(
            "/meetings/{meeting}/floor/close", DELEGATIONS, NOW, BY_OPENING_AGAIN
        ),
        "/participants/{participant}/cancel": CheckedAct(
            "/participants/{participant}/cancel", GROUP, NOW, NO_BUT_AGAIN
        ),
        "/accreditations/{accreditation}/end": CheckedAct(
            "/accreditations/{accreditation}/end", THE_PERSON, NOW, NO_BUT_AGAIN
        ),
        "/focal-points/{focal_point}/end": CheckedAct("/focal-points/{focal_point}", THE_PERSON, NOW, NO_BUT_AGAIN),
        "/offices/{appointment}/end": CheckedAct("/offices/{appointment}/end", THE_PERSON, NOW, NO_BUT_AGAIN),
        "/persons/{person}/end-sessions": CheckedAct("/persons/{person}/end-sessions", THE_PERSON, NOW, NO),
        "/outputs/{output}/call-back": CheckedAct(
            "/outputs/{output}/call-back", CHAIRS_AND_SECRETARIAT, NOW, BY_RELEASE_LATER
        ),
        "/outputs/{output}/call-back-completion": CheckedAct(
            "/outputs/{output}/call-back-completion", CHAIRS_AND_SECRETARIAT, NOW, BY_RELEASE_LATER
        ),
        "/outputs/{output}/withdraw": CheckedAct(
            "/outputs/{output}/withdraw", CHAIRS_AND_SECRETARIAT, NOW, UNTIL_DECIDED
        ),
        "/outputs/{output}/withdraw-alone": CheckedAct(
            "/outputs/{output}/withdraw-alone", READERS, WITHIN_A_MINUTE, NO, READERS_OF_RECIPIENTS_ONLY
        ),
        "/outputs/{output}/withdrawal/confirm": CheckedAct(
            "/outputs/{output}/withdrawal", READERS, WITHIN_A_MINUTE, NO, READERS_OF_RECIPIENTS_ONLY
        ),
        "/outputs/{output}/withdrawal/decline": CheckedAct(
            "/outputs/{output}/withdrawal", CHAIRS_AND_SECRETARIAT, NOW, NO_BUT_AGAIN
        ),
        "/outputs/{output}/withdrawal/take-back": CheckedAct(
            "/outputs/{output}/withdrawal", CHAIRS_AND_SECRETARIAT, NOW, NO_BUT_AGAIN
        ),
        # Others see it, or work with it
        "/bodies/{body}/messages": CheckedAct("/bodies/{body}/messages", RECIPIENTS, WITHIN_A_MINUTE, NO),
        "/contributions/{contribution}/register": CheckedAct(
            "/contributions/{contribution}/register", GROUP, NOW, BY_WITHDRAWAL
        ),
        "/registration": CheckedAct("/contributions", GROUP, NOW, BY_WITHDRAWAL),
        "/registration/without-findings": CheckedAct("/registration/without-findings", GROUP, NOW, BY_WITHDRAWAL),
        "/contributions/{contribution}/accept-late": CheckedAct(
            "/contributions/{contribution}/accept-late", SUBMITTER, NOW, NO
        ),
        "/contributions/{contribution}/hold": CheckedAct("/contributions/{contribution}/hold", SUBMITTER, NOW, NO),
        "/contributions/{contribution}/take-up": CheckedAct(
            "/contributions/{contribution}/take-up", SUBMITTER, NOW, NO
        ),
        "/documents/{document}/open": CheckedAct("/documents/{document}/open", READERS, NOW, NO_IT_WAS_READ),
        "/documents/{document}/{edition:edition}/translate": CheckedAct(
            "/documents/{document}/{edition:edition}/translate", GROUP, NOW, NO
        ),
        "/meetings/{meeting}/convene": CheckedAct("/meetings/{meeting}/convene", GROUP, NOW, NO_BUT_CANCELLED),
        "/meetings/{meeting}/open": CheckedAct("/meetings/{meeting}/open", DELEGATIONS, NOW, NO_BUT_CANCELLED),
        "/meetings/{meeting}/begin": CheckedAct("/meetings/{meeting}/begin", GROUP, NOW, UNTIL_FIRST_ACT),
        "/meetings/{meeting}/agenda/release": CheckedAct(
            "/meetings/{meeting}/agenda/release", GROUP, NOW, NO_BUT_LATER_RELEASE
        ),
        "/meetings/{meeting}/agenda/adopt": CheckedAct("/meetings/{meeting}/agenda/adopt", GROUP, NOW, NO),
        "/meetings/{meeting}/report/circulate": CheckedAct(
            "/meetings/{meeting}/report/circulate", DELEGATIONS, NOW, NO
        ),
        "/meetings/{meeting}/report/adopt": CheckedAct("/meetings/{meeting}/report/adopt", DELEGATIONS, NOW, NO),
        "/meetings/{meeting}/report/register": CheckedAct(
            "/meetings/{meeting}/report/register", GROUP, NOW, BY_WITHDRAWAL
        ),
        "/meetings/{meeting}/report/revisions/{number}/restore": CheckedAct(
            "/meetings/{meeting}/report/revisions/{number}/restore", REPORT_READERS, NOW, BY_RESTORING
        ),
        "/meetings/{meeting}/report/corrections/{correction}": CheckedAct(
            "/meetings/{meeting}/report/corrections/{correction}", REPORT_READERS, NOW, NO
        ),
        "/outputs/{output}/circulate": CheckedAct("/outputs/{output}/circulate", GROUP, NOW, NO_BUT_LATER_CIRCULATION),
        "/outputs/{output}/adopt": CheckedAct("/outputs/{output}/adopt", GROUP, NOW, NO),
        "/outputs/{output}/approve": CheckedAct("/outputs/{output}/approve", CHAIRS_AND_SECRETARIAT, NOW, NO),
        "/translations/received/add": CheckedAct("/translations/received", DELEGATIONS, NOW, NO),
        "/outputs/{output}/translations/{language}/approve": CheckedAct(
            "/outputs/{output}/translations/{language}/approve", CHAIRS_AND_SECRETARIAT, NOW, NO
        ),
        "/outputs/{output}/let-out": CheckedAct(
            "/outputs/{output}/let-out", READERS, AT_ITS_TIME, UNTIL_THEN, READERS_OF_RECIPIENTS_ONLY
        ),
        "/outputs/{output}/let-out-alone": CheckedAct(
            "/outputs/{output}/let-out-alone", READERS, NOW, NO, READERS_OF_RECIPIENTS_ONLY
        ),
        "/outputs/{output}/complete": CheckedAct("/outputs/{output}/complete", READERS, AT_ITS_TIME, UNTIL_THEN),
        "/deliveries/{delivery}/receive": CheckedAct(
            "/deliveries/{delivery}/receive", READERS, NOW, BY_WITHDRAWAL, GROUP
        ),
        "/deliveries/{delivery}/return": CheckedAct("/deliveries/{delivery}/return", SENDING_GROUP, NOW, NO),
        "/deliveries/{delivery}/acknowledge": CheckedAct("/deliveries/{delivery}/acknowledge", SENDING_GROUP, NOW, NO),
        "/deliveries/{delivery}/acknowledgment": CheckedAct(
            "/deliveries/{delivery}/acknowledgment", SENDING_GROUP, NOW, NO
        ),
        "/deliveries/{delivery}/note": CheckedAct("/deliveries/{delivery}/note", SENDING_GROUP, NOW, NO),
        "/outputs/{output}/silence": CheckedAct("/outputs/{output}/silence", DELEGATIONS, NOW, NO),
        "/silence/{procedure}/extend": CheckedAct("/silence/{procedure}/extend", DELEGATIONS, NOW, NO),
    }
)
"""By the address to which the form of the check page is sent."""
