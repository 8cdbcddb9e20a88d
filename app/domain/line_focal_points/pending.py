"""What is pending about focal points of action lines: proposals that a second secretary confirms."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Row

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.pending import SECRETARIAT
from app.domain.identity.models.tables import Person
from app.domain.line_focal_points import events
from app.domain.line_focal_points.models import LineFocalPoint
from app.domain.line_focal_points.queries import select_proposals_to_confirm
from app.domain.line_focal_points.rules import CONFIRM, END, build_rule_subject

CONFIRM_FOCAL_POINT = PendingActionKind(
    name="focal-point:confirm",
    heading=_("Confirm the focal point of action line %(line)s"),
    words=_("Another member of the secretariat proposed this. It takes effect once you confirm it."),
    button=_("Review"),
    waits_for=SECRETARIAT,
    settled_by=(CONFIRM, END),
    begun_by=(events.LineFocalPointProposed.name,),
    impersonal=events.LineFocalPointProposed.words,
)


def build_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[LineFocalPoint, Person]]
) -> Iterator[PendingAction]:
    """Yield the proposals of other secretaries that the actor confirms."""
    for focal_point, person in rows:
        if CONFIRM.allows(actor, build_rule_subject(focal_point, to_confirm=True)):
            yield PendingAction(
                CONFIRM_FOCAL_POINT,
                focal_point.id,
                f"/focal-points/{focal_point.id}",
                {"": person.name},
                since=focal_point.proposed_at,
                values={"line": focal_point.action_line},
            )


SOURCES = (
    PendingActionSource((CONFIRM_FOCAL_POINT,), (Office.SECRETARY,), select_proposals_to_confirm, build_actions),
)
