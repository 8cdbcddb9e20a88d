"""Notifications about incoming liaisons: received, given to somebody, due soon, overdue, answered."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.domain.liaisons import events
from app.domain.liaisons import pending as pending_liaisons
from app.domain.liaisons.models import Liaison, LiaisonState
from app.domain.liaisons.rules import find_due_day
from app.domain.meetings.inputs import end_of_day
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import recipients
from app.domain.notifications.rules.contexts import get_key
from app.domain.notifications.rules.contexts_of_pending import build_inbox_context
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.notifications.rules.types import DETAILS_ON_PAGE, NotificationType
from app.domain.organization_inboxes.events import InboxProposed
from app.domain.organization_inboxes.pending import CONFIRM_INBOX

LIAISON_PATH, LIAISON_ZONE = "/liaisons/{liaison}", "Europe/Zurich"


def build_received_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a received liaison; over once it is registered or returned."""
    liaison = session.get_one(Liaison, get_key(line, "liaison"))
    return NotificationContext(liaison.body_id, is_over=liaison.state != LiaisonState.RECEIVED)


def build_registered_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a registered liaison; over once it has a holder or waits for nothing."""
    liaison = session.get_one(Liaison, get_key(line, "liaison"))
    is_over = liaison.state != LiaisonState.REGISTERED or liaison.holder_id is not None
    return NotificationContext(liaison.body_id, is_over=is_over)


def build_waiting_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a liaison that waits for its holder; over once it is answered or closed, or another person
    holds it."""
    liaison = session.get_one(Liaison, get_key(line, "liaison"))
    day = find_due_day(liaison)
    return NotificationContext(
        liaison.body_id,
        LIAISON_ZONE,
        end_of_day(day, LIAISON_ZONE) if day else None,
        person=liaison.holder_id,
        is_over=day is None or str(liaison.holder_id) != line.facts.get("person", str(liaison.holder_id)),
    )


def build_overdue_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an overdue liaison, whose day is past; over once it is answered or closed."""
    liaison = session.get_one(Liaison, get_key(line, "liaison"))
    return NotificationContext(liaison.body_id, is_over=find_due_day(liaison) is None)


def build_answered_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a liaison that was answered."""
    return NotificationContext(session.get_one(Liaison, get_key(line, "liaison")).body_id)


def build_withdrawn_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a withdrawn liaison, for the person who holds it."""
    liaison = session.get_one(Liaison, get_key(line, "liaison"))
    return NotificationContext(liaison.body_id, person=liaison.holder_id, is_over=liaison.holder_id is None)


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        InboxProposed.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.ALL_SECRETARIES,
                "/organization-inboxes/{inbox}",
                InboxProposed.words,
                _("A second secretary must confirm it."),
                build_inbox_context,
                skips_actor=True,
                announces=(CONFIRM_INBOX,),
            ),
        ),
        events.LiaisonReceived.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                LIAISON_PATH,
                events.LiaisonReceived.words,
                DETAILS_ON_PAGE,
                build_received_context,
                skips_actor=True,
                announces=(pending_liaisons.REGISTER,),
            ),
        ),
        events.LiaisonRegistered.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                LIAISON_PATH,
                events.LiaisonRegistered.words,
                DETAILS_ON_PAGE,
                build_registered_context,
                skips_actor=True,
                announces=(pending_liaisons.GIVE,),
            ),
        ),
        events.LiaisonHeld.name: (
            NotificationType(
                NotificationKind.LIAISON,
                recipients.HOLDERS,
                LIAISON_PATH,
                _("You prepare the reply to a liaison statement"),
                DETAILS_ON_PAGE,
                build_waiting_context,
                skips_actor=True,
                announces=(pending_liaisons.REPLY,),
            ),
        ),
        events.LiaisonWithdrawn.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                LIAISON_PATH,
                events.LiaisonWithdrawn.words,
                DETAILS_ON_PAGE,
                build_answered_context,
            ),
            NotificationType(
                NotificationKind.LIAISON,
                recipients.HOLDERS_WITHOUT_OFFICE,
                LIAISON_PATH,
                _("The liaison statement to which you prepare the reply was withdrawn by its sender"),
                DETAILS_ON_PAGE,
                build_withdrawn_context,
            ),
        ),
        events.LiaisonOverdue.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                LIAISON_PATH,
                events.LiaisonOverdue.words,
                DETAILS_ON_PAGE,
                build_overdue_context,
            ),
        ),
        events.LiaisonAnswered.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                LIAISON_PATH,
                events.LiaisonAnswered.words,
                DETAILS_ON_PAGE,
                build_answered_context,
            ),
        ),
    }
)
REMINDER_TYPES = (
    NotificationType(
        NotificationKind.LIAISON_TWO_WEEKS,
        recipients.HOLDERS,
        LIAISON_PATH,
        _("The reply to a liaison statement is due in two weeks"),
        _("You prepare it."),
        build_waiting_context,
    ),
    NotificationType(
        NotificationKind.LIAISON_THREE_DAYS,
        recipients.HOLDERS,
        LIAISON_PATH,
        _("The reply to a liaison statement is due in three days"),
        _("You prepare it."),
        build_waiting_context,
    ),
)
