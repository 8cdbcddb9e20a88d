"""Notifications about focal points of action lines."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.domain.line_focal_points import events, pending
from app.domain.line_focal_points.models import LineFocalPoint
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import recipients
from app.domain.notifications.rules.contexts import NO_ONE, BuildContext, get_key
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.notifications.rules.types import DETAILS_ON_PAGE, NotificationType

LINE_PATH = "/action-lines/{action_line}"


def _build_proposed_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a proposal, which another secretary confirms; over once that was done, or it was ended."""
    term = session.get_one(LineFocalPoint, get_key(line, "focal_point"))
    is_over = term.confirmed_at is not None or term.ended_at is not None or line.body is None
    return NotificationContext(line.body or NO_ONE, is_for_all_secretaries=True, is_over=is_over)


def _for_person(is_over: Callable[[LineFocalPoint], bool]) -> BuildContext:
    """Return a function that builds the context for the focal point; over if the term says so."""

    def build(session: ReadSession, line: JournalLine) -> NotificationContext:
        term = session.get_one(LineFocalPoint, get_key(line, "focal_point"))
        return NotificationContext(
            line.body or NO_ONE, person=term.person_id, is_over=line.body is None or is_over(term)
        )

    return build


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        events.LineFocalPointProposed.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.ALL_SECRETARIES,
                "/focal-points/{focal_point}",
                events.LineFocalPointProposed.words,
                _("A second secretary must confirm it."),
                _build_proposed_context,
                skips_actor=True,
                announces=(pending.CONFIRM_FOCAL_POINT,),
            ),
        ),
        events.LineFocalPointConfirmed.name: (
            NotificationType(
                NotificationKind.ROLE,
                recipients.PERSON_CONCERNED,
                LINE_PATH,
                _("You are the focal point of an action line"),
                DETAILS_ON_PAGE,
                _for_person(lambda term: term.ended_at is not None),
            ),
        ),
        events.LineFocalPointEnded.name: (
            NotificationType(
                NotificationKind.ROLE,
                recipients.PERSON_CONCERNED,
                LINE_PATH,
                _("You are no longer the focal point of an action line"),
                DETAILS_ON_PAGE,
                _for_person(lambda term: term.confirmed_at is None),
            ),
        ),
    }
)
