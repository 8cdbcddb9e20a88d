"""Categories of notifications: their kinds, what people get unless they choose, and their labels."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.notifications.models import DeliveryChoice, NotificationCategory, NotificationKind

KINDS_BY_CATEGORY: Mapping[NotificationCategory, tuple[NotificationKind, ...]] = MappingProxyType(
    {
        NotificationCategory.SILENCE: (
            NotificationKind.SILENCE_OPENED,
            NotificationKind.SILENCE_UNDER_WAY,
            NotificationKind.SILENCE_REMINDER,
            NotificationKind.SILENCE_MOVED,
            NotificationKind.SILENCE_ENDED,
            NotificationKind.POSITION,
        ),
        NotificationCategory.CONTRIBUTIONS: (NotificationKind.CONTRIBUTION, NotificationKind.SUBMISSION),
        NotificationCategory.COSPONSORSHIP: (NotificationKind.SIGNATURE,),
        NotificationCategory.DOCUMENTS: (NotificationKind.DOCUMENT,),
        NotificationCategory.FOLLOWED: (NotificationKind.FOLLOWED,),
        NotificationCategory.MEETINGS: (
            NotificationKind.MEETING,
            NotificationKind.DEADLINE,
            NotificationKind.DEADLINE_REMINDER,
            NotificationKind.REGISTRATION_REMINDER,
        ),
        NotificationCategory.DRAFTS: (NotificationKind.DRAFT, NotificationKind.COMMENT_REMINDER),
        NotificationCategory.REPORTS: (NotificationKind.REPORT,),
        NotificationCategory.ACTIONS: (
            NotificationKind.ACTION,
            NotificationKind.ACTION_TWO_WEEKS,
            NotificationKind.ACTION_THREE_DAYS,
            NotificationKind.LIAISON,
            NotificationKind.LIAISON_TWO_WEEKS,
            NotificationKind.LIAISON_THREE_DAYS,
        ),
        NotificationCategory.RELEASES: (
            NotificationKind.RELEASE,
            NotificationKind.DELIVERY,
            NotificationKind.DELIVERY_TO_BODY,
        ),
        NotificationCategory.ROLES: (NotificationKind.ROLE,),
        NotificationCategory.OFFICE: (NotificationKind.OFFICE, NotificationKind.STATE_ANSWER),
        NotificationCategory.MESSAGES: (NotificationKind.MESSAGE,),
    }
)
CATEGORY_BY_KIND: Mapping[str, NotificationCategory] = MappingProxyType(
    {kind: category for category, kinds in KINDS_BY_CATEGORY.items() for kind in kinds}
)

CHOICE_WITHOUT_PREFERENCE: Mapping[NotificationCategory, DeliveryChoice] = MappingProxyType(
    dict.fromkeys(NotificationCategory, DeliveryChoice.AT_ONCE)
    # Before a meeting there are dozens in a day.
    | {NotificationCategory.DOCUMENTS: DeliveryChoice.DAILY}
)

CATEGORY_LABELS: Mapping[NotificationCategory, tuple[LazyText, LazyText]] = MappingProxyType(
    {
        NotificationCategory.SILENCE: (
            _("Silence procedures"),
            _(
                "Delegates, heads of delegation and focal points of the States to which a text was submitted, the "
                "chair and the secretariat: a procedure was opened, extended or ended, and reminders before its end."
            ),
        ),
        NotificationCategory.CONTRIBUTIONS: (
            _("Contributions of your delegation"),
            _(
                "The delegation concerned: a contribution was submitted, cleared, returned, registered or "
                "transferred. Also its focal points: a contribution is awaiting confirmation. Its head of delegation: "
                "a draft can be cleared."
            ),
        ),
        NotificationCategory.COSPONSORSHIP: (
            _("Co-sponsorship"),
            _("Delegates of the States concerned: invitations to co-sponsor a draft, replies, and support."),
        ),
        NotificationCategory.DOCUMENTS: (
            _("New documents and revisions"),
            _("Delegates in the group, the chair and the secretariat: documents of others in the group."),
        ),
        NotificationCategory.FOLLOWED: (
            _("Documents, agenda items, topics and States that you follow"),
            _("Everyone who follows them and can see what has changed."),
        ),
        NotificationCategory.MEETINGS: (
            _("Meetings, deadlines and agendas"),
            _(
                "Everyone with a role in the group: a meeting was convened, changed or cancelled, an agenda was "
                "released. Delegates: deadlines, and reminders of them."
            ),
        ),
        NotificationCategory.DRAFTS: (
            _("Circulated drafts and comments"),
            _(
                "Delegates in the group, the chair and the secretariat: a draft was circulated, commented on or "
                "a comment was answered."
            ),
        ),
        NotificationCategory.REPORTS: (
            _("Reports and positions on decisions"),
            _(
                "Delegates in the group, the chair and the secretariat: a report was circulated, corrected or adopted; "
                "a position of your delegation was recorded."
            ),
        ),
        NotificationCategory.ACTIONS: (
            _("Action points and liaison statements"),
            _(
                "Those responsible: new action points, liaison statements that they reply to, and reminders 14 and "
                "3 days before they are due."
            ),
        ),
        NotificationCategory.RELEASES: (
            _("Releases"),
            _(
                "Delegates in the group, the chair, the secretariat and the focal points of all members: a text was "
                "released or withdrawn. Officers of a unit of ITU and the secretariat of a group: a text was sent or "
                "returned to them."
            ),
        ),
        NotificationCategory.ROLES: (
            _("Your roles"),
            _(
                "The person concerned: an accreditation or an office began or ended, or a request was declined. Focal "
                "points: a person asks to be accredited."
            ),
        ),
        NotificationCategory.OFFICE: (
            _("Work of the chair and the secretariat"),
            _(
                "The chair and the secretariat: contributions to register, late contributions, comments, corrections, "
                "approvals, and failed releases."
            ),
        ),
        NotificationCategory.MESSAGES: (
            _("Messages of the secretariat"),
            _("Those to whom the secretariat of a group writes: invitations, reminders and other messages."),
        ),
    }
)
"""Label and recipients of each category, in words."""
