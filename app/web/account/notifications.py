"""Notification settings: the kinds of notification e-mail, which of them a person receives, and the latest deliveries.

Also the endpoint for one-click unsubscription by mail programs, which needs no sign-in (RFC 8058).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from app.core.db import transaction
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.mail import message
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.notifications.actions import preferences
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    FollowedKind,
    NotificationCategory,
    NotificationKind,
)
from app.domain.notifications.queries import notifications as queries
from app.domain.notifications.queries.followed import list_followed_subjects, name_subjects
from app.domain.notifications.rules import recipients
from app.domain.notifications.rules.catalogue import find_notification_type
from app.domain.notifications.rules.kinds import CATEGORY_LABELS
from app.http.authentication import EntityName, SignedInGuard
from app.http.mail.delivery_labels import DELIVERY_STATUS_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.http.portal_state import Portal, PortalState
from app.http.route_guards import AllowAnyone
from app.http.unsubscribe_tokens import UNSUBSCRIBE_PATH
from app.web.forms.parsing import RejectRepeatedFields
from app.web.views.documents.filters import list_member_states
from app.web.views.documents.titles import localize_title

router = APIRouter()

CHOOSE_NOTIFICATIONS_GUARDS = [
    Depends(SignedInGuard(recipients.CHOOSE_NOTIFICATIONS)),
    Depends(RejectRepeatedFields()),
]
MAX_RECENT_NOTIFICATIONS = 30
MAX_UNSUBSCRIBE_BYTES = 4096  # bytes; RFC 8058 sends a single form field


CHOICE_LABELS: Mapping[DeliveryChoice, LazyText] = MappingProxyType(
    {
        DeliveryChoice.AT_ONCE: _("At once"),
        DeliveryChoice.DAILY: _("In the daily digest"),
        DeliveryChoice.NEVER: _("Not at all"),
    }
)
FOLLOWED_LABELS: Mapping[FollowedKind, LazyText] = MappingProxyType(
    {
        FollowedKind.DOCUMENT: _("Document"),
        FollowedKind.ITEM: _("Agenda item"),
        FollowedKind.TOPIC: _("Topic"),
        FollowedKind.STATE: _("State"),
    }
)
WAITING_FOR_DIGEST = ("info", _("Waiting for the daily digest"))


class NotificationChoicesForm(BaseModel):
    """The choices as sent, one for each `NotificationCategory`; what is not sent stays as it is."""

    model_config = ConfigDict(frozen=True)

    silence: DeliveryChoice | None = None
    contributions: DeliveryChoice | None = None
    cosponsorship: DeliveryChoice | None = None
    documents: DeliveryChoice | None = None
    followed: DeliveryChoice | None = None
    meetings: DeliveryChoice | None = None
    drafts: DeliveryChoice | None = None
    reports: DeliveryChoice | None = None
    actions: DeliveryChoice | None = None
    releases: DeliveryChoice | None = None
    roles: DeliveryChoice | None = None
    office: DeliveryChoice | None = None
    messages: DeliveryChoice | None = None


@dataclass(frozen=True, slots=True)
class NotificationLine:
    """One delivered or pending notification in the list."""

    group: str
    what: LazyText
    page: str
    at: datetime
    status: tuple[str, LazyText]


@dataclass(frozen=True, slots=True)
class FollowedLine:
    """One thing that the person follows; `page` is empty if they cannot see it any more."""

    kind: FollowedKind
    key: str
    label: LazyText
    symbol: str
    title: str | LazyText
    lang: str | None
    page: str


@router.get("/letters", dependencies=CHOOSE_NOTIFICATIONS_GUARDS)
def show_notification_settings(context: ReadContext) -> Response:
    """Show the kinds of notification with the person's choice, and the latest notifications to them."""
    recipients.CHOOSE_NOTIFICATIONS.require(context.actor, None)
    person = context.session.get_one(Person, context.actor.person)
    return context.render(
        "web/home/letters.html",
        sends_letters=context.portal.settings.sends_mail,
        to=person.email if _is_address(person.email) else "",
        categories=[(category, *words) for category, words in CATEGORY_LABELS.items()],
        choices=queries.list_choices(context.session, context.actor.person),
        options=list(CHOICE_LABELS.items()),
        digest_hour=context.portal.settings.digest_hour,
        digest_zone=context.portal.settings.digest_zone,
        followed=_list_followed(context),
        states=list_member_states(context.language),
        letters=[
            line
            for row in queries.list_own_notifications(context.session, context.actor, limit=MAX_RECENT_NOTIFICATIONS)
            if (line := _build_line(context, *row))
        ],
    )


def _list_followed(context: ReadContext) -> list[FollowedLine]:
    """List what the person follows; without a name if they cannot see it any more."""
    subjects = list_followed_subjects(context.session, context.actor)
    names = name_subjects(context.session, context.actor, subjects)
    lines = []
    for kind, key in subjects:
        symbol, titles, page = names.get((kind, key), ("", {}, ""))
        if kind is FollowedKind.STATE:
            lines.append(FollowedLine(kind, key, FOLLOWED_LABELS[kind], "", EntityName(key), None, page))
        else:
            title, lang = localize_title(titles, context.language) if titles else ("", None)
            lines.append(FollowedLine(kind, key, FOLLOWED_LABELS[kind], symbol, title, lang, page))
    return lines


def _build_line(
    context: ReadContext, letter: EmailNotification, line: JournalLine, body: Body
) -> NotificationLine | None:
    """Build the list entry of one notification from its journal line; None if only another version knows its kind."""
    about = find_notification_type(line, letter.kind)
    if about is None:
        return None
    is_waiting_for_digest = letter.fate == DeliveryStatus.WAITING and letter.digest_id is not None
    status = WAITING_FOR_DIGEST if is_waiting_for_digest else DELIVERY_STATUS_LABELS[letter.fate]
    is_elsewhere = letter.kind == NotificationKind.RELEASE and line.body not in context.actor.bodies_with_role()
    page = f"{context.portal.settings.read_url}/" if is_elsewhere else about.fill_path(line, body.code)
    return NotificationLine(body.prefix, about.subject, page, letter.ended_at or letter.written_at, status)


def _is_address(text: str) -> bool:
    try:
        message.parse_mail_address(text)
    except ValueError:
        return False
    return True


@router.post("/letters", dependencies=CHOOSE_NOTIFICATIONS_GUARDS)
def choose_notifications(context: WriteContext, form: Annotated[NotificationChoicesForm, Form()]) -> Response:
    """Save when the person gets each kind of notification."""
    chosen = {NotificationCategory(name): choice for name, choice in form.model_dump(exclude_none=True).items()}
    preferences.choose_notifications(context.session, context.actor, chosen)
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


def _unsubscribe(portal: PortalState, subscription: tuple[UUID, preferences.Subscription]) -> None:
    with transaction(portal.write_sessions) as session:
        preferences.unsubscribe_person(session, *subscription)


@router.get(UNSUBSCRIBE_PATH, dependencies=[Depends(AllowAnyone())])
def redirect_to_notification_settings() -> Response:
    """Redirect a browser to the settings page. A GET request changes nothing (RFC 8058)."""
    return RedirectResponse("/letters", 303)
