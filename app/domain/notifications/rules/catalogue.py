"""Catalogue of e-mail notifications. Each event that causes one has an entry in `NOTIFICATION_TYPES`.

An e-mail says where something happened, what, and by when something is due, and links to the page. It contains no
title, name, text or reason, since e-mail passes through many systems. Only what a secretariat writes to members is
sent as it wrote it.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from app.core.journal import JournalLine
from app.domain.contributions.queries.confirmations import EVENTS_BEFORE_CONFIRMATION
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import (
    catalogue_contributions,
    catalogue_deliveries,
    catalogue_focal_points,
    catalogue_liaisons,
    catalogue_meetings,
    catalogue_messages,
    catalogue_outputs,
    catalogue_reporting_duties,
    catalogue_reports,
)
from app.domain.notifications.rules.catalogue_contributions import CONFIRMATION_REQUEST
from app.domain.notifications.rules.catalogue_liaisons import REMINDER_TYPES as LIAISON_REMINDERS
from app.domain.notifications.rules.catalogue_meetings import REMINDER_TYPES as MEETING_REMINDERS
from app.domain.notifications.rules.catalogue_outputs import REMINDER_TYPES as OUTPUT_REMINDERS
from app.domain.notifications.rules.types import NotificationType

NAMES_BEFORE_CONFIRMATION = frozenset(kind.name for kind in EVENTS_BEFORE_CONFIRMATION)
"""Names of the events from which on a contribution may wait for its State. People who are accredited after them, where
there was no one to ask, are notified about their line."""

NOTIFICATION_TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        **catalogue_contributions.TYPES,
        **catalogue_liaisons.TYPES,
        **catalogue_meetings.TYPES,
        **catalogue_reports.TYPES,
        **catalogue_messages.TYPES,
        **catalogue_outputs.TYPES,
        **catalogue_reporting_duties.TYPES,
        **catalogue_deliveries.TYPES,
        **catalogue_focal_points.TYPES,
    }
)
"""Types of the notifications about each event. A person gets the first one of which they are a recipient."""

REMINDER_TYPES: Mapping[NotificationKind, NotificationType] = MappingProxyType(
    {each.kind: each for each in (*LIAISON_REMINDERS, *MEETING_REMINDERS, *OUTPUT_REMINDERS)}
)
"""Types caused by the clock and not by an event: they are about the journal line that set the deadline."""

ANNOUNCED_EVENTS = frozenset(NOTIFICATION_TYPES).union(NAMES_BEFORE_CONFIRMATION)
"""Events whose journal lines notifications are about."""


def list_notification_types(line: JournalLine) -> Iterator[NotificationType]:
    """Yield the types of the notifications about a line."""
    for each in NOTIFICATION_TYPES.get(line.event, ()):
        if each.concerns_line(line):
            yield each


def find_notification_type(line: JournalLine, kind: str) -> NotificationType | None:
    """Find the type of a notification of this kind about a line; None if only another version of the portal knows
    it."""
    if kind in REMINDER_TYPES:
        return REMINDER_TYPES[NotificationKind(kind)]
    if kind == CONFIRMATION_REQUEST.kind and line.event in NAMES_BEFORE_CONFIRMATION:
        return CONFIRMATION_REQUEST
    return next((each for each in list_notification_types(line) if each.kind == kind), None)
