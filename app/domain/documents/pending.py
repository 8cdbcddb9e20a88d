"""What is pending for registered documents: titles in the languages in which they have none."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Row, Select, func, select

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, QueueLabel
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.pending import SECRETARIAT
from app.domain.bodies.queries.bodies import ORDER_OF_BODIES
from app.domain.documents import events, rules
from app.domain.documents.queries.titles import select_documents_without_titles

SUPPLY_TITLES = PendingActionKind(
    name="document:titles",
    heading=_("Documents without a title in one of the six languages: %(count)s"),
    words=_("Enter the missing titles."),
    button=_("View"),
    waits_for=SECRETARIAT,
    settled_by=(rules.SUPPLY_TITLES,),
    begun_by=(events.DocumentRegistered.name,),
    queue=QueueLabel(_("Missing titles"), "/titles"),
)


def select_bodies_lacking_titles(actor: Actor) -> Select[Body, int]:
    """Select the bodies with documents that lack a title, and the number of these."""
    lacking = select_documents_without_titles(actor).subquery()
    statement = select(Body, func.count()).join(lacking, lacking.c.body_id == Body.id).group_by(Body.id)
    return statement.order_by(*ORDER_OF_BODIES)


def build_title_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[Body, int]]
) -> Iterator[PendingAction]:
    """Yield one action for each body with documents that lack a title."""
    for body, count in rows:
        values = {"count": count, "group": body.prefix}
        yield PendingAction(SUPPLY_TITLES, body.id, "/titles", body.names, "en", values=values, count=count)


SOURCES = (
    PendingActionSource((SUPPLY_TITLES,), (Office.SECRETARY,), select_bodies_lacking_titles, build_title_actions),
)
