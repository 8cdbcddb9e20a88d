"""Permissions to see and edit topics."""

from app.core.access import Actor, Permission, rule
from app.core.i18n import say
from app.domain.bodies.rules import is_any_secretary
from app.domain.identity.rules import has_signed_in
from app.domain.subjects.models import Topic


@rule(say("it can be chosen"), unless=say("This topic was retired already."))
def is_in_use(actor: Actor, subject: Topic) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.retired_at is None


@rule(say("it was retired"), unless=say("This topic can be chosen already."))
def is_retired(actor: Actor, subject: Topic) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.retired_at is not None


SEE = Permission("topic:see", say("See the list of topics"), has_signed_in)
KEEP = Permission("topic:keep", say("Add a topic, or change its names"), is_any_secretary)
RETIRE: Permission[Topic] = Permission("topic:retire", say("Retire a topic"), is_any_secretary, is_in_use)
RESTORE: Permission[Topic] = Permission(
    "topic:restore", say("Let a topic be chosen again"), is_any_secretary, is_retired
)
