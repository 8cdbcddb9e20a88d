"""What a type of notification is: its kind, its recipients, its page and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import FactValue, JournalLine
from app.core.pending_actions import PendingActionKind
from app.core.permissions import Actor, Rule
from app.domain.notifications.models import NotificationCategory, NotificationKind
from app.domain.notifications.rules.kinds import CATEGORY_BY_KIND
from app.domain.notifications.rules.recipients import NotificationContext

DETAILS_ON_PAGE = _("The page shows the details.")
DESK_PATH = "/"


@dataclass(frozen=True, slots=True)
class NotificationType:
    """The notification about one event: kind, recipients, page, texts, and the function that builds its context.

    The address of the page has placeholders with the names of facts of the event, or `body_code`. `facts` are those
    that a line must have. With `skips_actor`, the person who did it is not notified of it. `announces` are the kinds of
    pending actions that begin with the event, for people among the recipients.
    """

    kind: NotificationKind
    recipients: Rule[NotificationContext]
    path: str
    subject: LazyText
    words: LazyText
    build_context: Callable[[ReadSession, JournalLine], NotificationContext]
    facts: Mapping[str, FactValue] = field(default_factory=lambda: MappingProxyType({}))
    skips_actor: bool = False
    announces: tuple[PendingActionKind, ...] = ()

    @property
    def category(self) -> NotificationCategory:
        """The category that people choose."""
        return CATEGORY_BY_KIND[self.kind]

    def concerns_line(self, line: JournalLine) -> bool:
        """Return whether a line of its event has the facts of this type."""
        return all(line.facts.get(name) == value for name, value in self.facts.items())

    def is_for(self, actor: Actor, line: JournalLine, context: NotificationContext) -> bool:
        """Return whether a person has the right to be notified of a line."""
        is_own_act = self.skips_actor and line.person == actor.person
        return not is_own_act and self.recipients.objection_to(actor, context) is None

    def fill_path(self, line: JournalLine, body_code: str) -> str:
        """Return the address of the page; that of the desk if the line is older than a fact that the page needs."""
        try:
            return self.path.format(**line.facts, body_code=body_code)
        except KeyError:
            return DESK_PATH
