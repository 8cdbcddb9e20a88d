"""Permissions for circulating drafts, seeing versions, commenting on them and answering comments."""

from dataclasses import dataclass
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.rules import has_seat, is_chair, is_delegate, is_secretary
from app.domain.outputs.models import OutputStatus
from app.domain.outputs.rules.outputs import OutputRuleSubject, has_original_text_and_title, is_draft


@dataclass(frozen=True, slots=True)
class CirculationRuleSubject:
    """State of a circulated version and the State concerned. `is_answered` is about one comment."""

    output: OutputRuleSubject
    entity: str = ""
    is_latest: bool = True
    is_answered: bool = False

    @property
    def body_id(self) -> UUID:
        return self.output.body_id


@access_rule(
    _("its text has not been adopted"),
    denied_because=_("The text has been adopted. Comments and answers can no longer be submitted or changed."),
)
def is_not_adopted(actor: Actor, subject: CirculationRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is still a draft."""
    return subject.output.status == OutputStatus.DRAFT


@access_rule(
    _("it is the latest version"),
    denied_because=_(
        "A later version has been circulated. Check whether your comment still applies, and submit it on that version."
    ),
)
def is_latest_version(actor: Actor, subject: CirculationRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the version is the latest one."""
    return subject.is_latest


@access_rule(
    _("it has not been answered yet"),
    denied_because=_("The comment has been answered. You can submit another comment."),
)
def is_comment_unanswered(actor: Actor, subject: CirculationRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the comment has no answer."""
    return not subject.is_answered


SEE_VERSION = Permission(
    "version:see", _("See the circulated versions of a draft, and the comments of States on them"), has_seat
)
CIRCULATE_DRAFT = Permission(
    "version:circulate",
    _("Circulate a draft of an output to the delegations, as its next version"),
    any_of(is_chair, is_secretary),
    all_of(is_draft, has_original_text_and_title),
    begins_in_body=True,
)
ADD_COMMENT = Permission(
    "comment:put",
    _("Comment on a circulated version, on behalf of one’s own State"),
    is_delegate,
    all_of(is_not_adopted, is_latest_version),
)
CHANGE_COMMENT = Permission(
    "comment:change",
    _("Change or withdraw a comment of one’s own State"),
    is_delegate,
    all_of(is_not_adopted, is_comment_unanswered),
)
ANSWER_COMMENT = Permission(
    "comment:answer", _("Answer comments on a circulated version"), any_of(is_chair, is_secretary), is_not_adopted
)
