"""Liaisons in words: what is asked, the state, the sender, and lines of lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Row

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.addressees.models import RequestedAct
from app.domain.bodies.models import Body
from app.domain.liaisons.models import Liaison, LiaisonState
from app.domain.liaisons.rules import find_due_day, is_overdue
from app.http.authentication import EntityName
from app.http.labels import REQUESTED_ACT_LABELS

LIAISON_STATE_TAGS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        LiaisonState.RECEIVED: ("warn", _("To be registered")),
        LiaisonState.RETURNED: ("none", _("Returned")),
        LiaisonState.REGISTERED: ("info", _("Awaiting a reply")),
        LiaisonState.ANSWERED: ("good", _("Answered")),
        LiaisonState.CLOSED: ("none", _("No answer needed")),
    }
)
ANSWERED_TAG = LIAISON_STATE_TAGS[LiaisonState.ANSWERED]
REGISTERED_TAG = ("none", _("Registered"))
WITHDRAWN_TAG = ("bad", _("Withdrawn by its sender"))
OVERDUE_TAG = ("bad", _("Overdue"))


@dataclass(frozen=True, slots=True)
class LiaisonLine:
    """A liaison in a list. `sender` is an organization, or the prefix of a body."""

    id: UUID
    subject: str
    lang: str | None
    group: str
    sender: LazyText | str
    symbol: str
    document: tuple[str, UUID] | None
    wants: LazyText
    tag: tuple[str, LazyText]
    due_on: date | None
    received_at: datetime


def find_liaison_tag(liaison: Liaison, today: date) -> tuple[str, LazyText]:
    """Return the tag of the state of a liaison; one for information waits for nothing once it is registered. That its
    sender withdrew it is more than its state."""
    if liaison.withdrawn_at:
        return WITHDRAWN_TAG
    if is_overdue(liaison, today):
        return OVERDUE_TAG
    if liaison.state == LiaisonState.REGISTERED and liaison.wants == RequestedAct.INFORMATION:
        return REGISTERED_TAG
    return LIAISON_STATE_TAGS[liaison.state]


def name_sender(session: ReadSession, liaison: Liaison) -> LazyText | str:
    """Return the name of the party that sent a liaison."""
    if liaison.organization:
        return EntityName(liaison.organization)
    return session.get_one(Body, liaison.sender_body_id).prefix


def describe_liaison(liaison: Liaison, symbol: str | None) -> str:
    """Return a liaison in one line: the symbol of its document, if it is registered, and its subject."""
    return " – ".join(filter(None, (symbol, liaison.subject)))


def build_liaison_lines(
    session: ReadSession, rows: Sequence[Row[Liaison, str, str | None, UUID | None]], language: str, today: date
) -> list[LiaisonLine]:
    """Build the lines of a list."""
    return [
        LiaisonLine(
            liaison.id,
            liaison.subject,
            None if liaison.original == language else liaison.original,
            prefix,
            name_sender(session, liaison),
            liaison.symbol,
            (symbol, document) if symbol and document else None,
            REQUESTED_ACT_LABELS[liaison.wants],
            find_liaison_tag(liaison, today),
            find_due_day(liaison),
            liaison.received_at,
        )
        for liaison, prefix, symbol, document in rows
    ]
