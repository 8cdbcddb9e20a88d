"""Notification settings: the kinds of notification e-mail, which of them a person receives, and the latest deliveries.

Also the endpoint for one-click unsubscription by mail programs, which needs no sign-in (RFC 8058).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, RedirectResponse

from app.core.db import transaction
from app.core.i18n import LazyText
from app.core.journal import JournalLine
from app.core.mail import message
from app.domain.identity.models.tables import Person
from app.domain.notifications import queries
from app.domain.notifications.actions import preferences
from app.domain.notifications.models import EmailNotification, NotificationCategory
from app.domain.notifications.rules import recipients
from app.domain.notifications.rules.catalogue import ANNOUNCED_EVENTS, CATEGORY_LABELS, get_notification_type
from app.http.authentication import SignedInGuard
from app.http.mail.delivery_labels import DELIVERY_STATUS_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.http.portal_state import Portal, PortalState
from app.http.route_guards import AllowAnyone
from app.http.unsubscribe_tokens import UNSUBSCRIBE_PATH
from app.web.forms.parsing import RejectRepeatedFields

router = APIRouter()

CHOOSE_NOTIFICATIONS_GUARDS = [
    Depends(SignedInGuard(recipients.CHOOSE_NOTIFICATIONS)),
    Depends(RejectRepeatedFields("kinds")),
]
MAX_RECENT_NOTIFICATIONS = 30
MAX_UNSUBSCRIBE_BYTES = 4096  # bytes; RFC 8058 sends a single form field


@dataclass(frozen=True, slots=True)
class NotificationLine:
    """One delivered or pending notification in the list."""

    group: str
    what: LazyText
    page: str
    at: datetime
    status: tuple[str, LazyText]


@router.get("/letters", dependencies=CHOOSE_NOTIFICATIONS_GUARDS)
def show_notification_settings(context: ReadContext) -> Response:
    """Show the kinds of notification with the person's choice, and the latest notifications to them."""
    recipients.CHOOSE_NOTIFICATIONS.require(context.actor, None)
    person = context.session.get_one(Person, context.actor.person)
    return context.render(
        "web/home/letters.html",
        sends_letters=context.portal.settings.sends_mail,
        to=person.email if _is_address(person.email) else "",
        kinds=[(kind, *words) for kind, words in CATEGORY_LABELS.items()],
        stopped=queries.list_stopped_categories(context.session, context.actor.person),
        letters=[
            _notification_line(*row)
            for row in queries.list_own_notifications(context.session, context.actor, limit=MAX_RECENT_NOTIFICATIONS)
            if row[1].event in ANNOUNCED_EVENTS
        ],
    )


def _notification_line(letter: EmailNotification, line: JournalLine, prefix: str) -> NotificationLine:
    """Build the list entry of one notification from its journal line."""
    about = get_notification_type(line.event, letter.kind)
    at = letter.ended_at or letter.written_at
    return NotificationLine(
        prefix, about.subject, about.path.format(**line.facts), at, DELIVERY_STATUS_LABELS[letter.fate]
    )


def _is_address(text: str) -> bool:
    try:
        message.parse_mail_address(text)
    except ValueError:
        return False
    return True


@router.post("/letters", dependencies=CHOOSE_NOTIFICATIONS_GUARDS)
def choose_notification_kinds(
    context: WriteContext,
    kinds: Annotated[list[NotificationCategory], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Save which kinds of notification the person receives."""
    preferences.choose_notification_categories(context.session, context.actor, kinds)
    return context.redirect("/letters?done=letters-chosen")


@router.post(UNSUBSCRIBE_PATH, dependencies=[Depends(AllowAnyone())], max_body_size=MAX_UNSUBSCRIBE_BYTES)
async def unsubscribe_by_token(portal: Portal, key: str = "") -> Response:
    """Unsubscribe the person and kind that the token names. Every token gets the same answer, so that none can be
    probed; only a valid one waits for the database."""
    tokens = portal.unsubscribe_tokens
    if tokens and (subscription := tokens.parse_token(key)):
        async with portal.limiter.acquire_slot(is_writer=True):
            await run_in_threadpool(_unsubscribe, portal, subscription)
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


def _unsubscribe(portal: PortalState, subscription: tuple[UUID, NotificationCategory]) -> None:
    with transaction(portal.write_sessions) as session:
        preferences.unsubscribe_person(session, *subscription)


@router.get(UNSUBSCRIBE_PATH, dependencies=[Depends(AllowAnyone())])
def redirect_to_notification_settings() -> Response:
    """Redirect a browser to the settings page. A GET request changes nothing (RFC 8058)."""
    return RedirectResponse("/letters", 303)
