"""Permissions to see and edit topics."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule
from app.domain.bodies.rules import is_secretary_anywhere
from app.domain.identity.rules import has_signed_in
from app.domain.topics.models import Topic


@access_rule(_("it can be selected"), denied_because=_("This topic has already been retired."))
def is_topic_not_retired(actor: Actor, subject: Topic) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.retired_at is None


@access_rule(_("it was retired"), denied_because=_("This topic can already be selected."))
def is_topic_retired(actor: Actor, subject: Topic) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.retired_at is not None


SEE = Permission("topic:see", _("See the list of topics"), has_signed_in)
EDIT = Permission("topic:keep", _("Add a topic, or change its names"), is_secretary_anywhere)
RETIRE: Permission[Topic] = Permission("topic:retire", _("Retire a topic"), is_secretary_anywhere, is_topic_not_retired)
RESTORE: Permission[Topic] = Permission(
    "topic:restore", _("Make a retired topic available again"), is_secretary_anywhere, is_topic_retired
)
