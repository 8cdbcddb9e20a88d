"""The outbox of a body: the e-mails that its members were sent, what became of each, and its content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.rules import EntityInBody
from app.domain.identity.models.tables import Person
from app.domain.messages.events import SecretariatMessageSent
from app.domain.messages.queries import list_messages, list_subjects
from app.domain.notifications.models import DeliveryStatus, EmailNotification, NotificationCategory
from app.domain.notifications.rules.catalogue import find_notification_type
from app.domain.notifications.rules.kinds import CATEGORY_BY_KIND, CATEGORY_LABELS
from app.domain.outbox import queries, rules
from app.domain.outbox.queries import OutboxFilter
from app.http.authentication import SignedInGuard
from app.http.csrf import require_single_fields
from app.http.mail.delivery_labels import DELIVERY_STATUS_LABELS, explain_return_code
from app.http.mail.rendering import MailContext
from app.http.page_context import ReadContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.parsing import parse_uuid_or_random
from app.web.forms.term_fields import build_entity_name
from app.web.views.documents.titles import localize_title
from app.web.views.outbox.previews import EmailPreview, render_email_preview
from app.web.views.unreachable import describe_unreachable_people

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.SEE_OUTBOX))])

EMAILS_PER_PAGE, MESSAGES_IN_FILTER = 50, 50
NO_LONGER_KNOWN = _("E-mail of another version of the portal")
FilterText = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One e-mail in the list."""

    page: str
    recipient: str
    entity: LazyText
    subject: LazyText | str
    at: datetime
    status: tuple[str, LazyText]


@router.get("/bodies/{body}/outbox")
def show_outbox(
    context: ReadContext,
    number: PageNumber,
    body: str,
    kind: FilterText = "",
    status: FilterText = "",
    person: FilterText = "",
    message: FilterText = "",
) -> Response:
    """Show the e-mails about a body, filtered and in pages."""
    require_single_fields(context.request.query_params)
    body_row = _get_body(context, body)
    wanted = OutboxFilter(kind, status, person.strip(), parse_uuid_or_random(message) if message else None)
    chosen = queries.select_emails(body_row, wanted)
    total = queries.count_emails(context.session, chosen)
    page = ListPage(number, EMAILS_PER_PAGE, min(total, queries.MAX_COUNTED), more=total > queries.MAX_COUNTED)
    rows = queries.list_emails(context.session, chosen, offset=page.offset, limit=EMAILS_PER_PAGE)
    written = {message_id for _email, line, _person in rows if (message_id := _find_message(line))}
    subjects = list_subjects(context.session, written)
    typed = {"kind": kind, "status": status, "person": person, "message": message}
    counts = queries.count_emails_by_status(context.session, body_row)
    return context.render(
        "web/outbox/list.html",
        sends_mail=context.portal.settings.sends_mail,
        body=body_row,
        body_name=localize_title(body_row.names, context.language),
        emails=[_outbox_line(body_row, *row, subjects) for row in rows],
        page=page,
        query="".join(f"{pair}&" for pair in urlencode({k: v for k, v in typed.items() if v}).split("&") if pair),
        asked=typed,
        kinds=[
            (str(category), title)
            for category, (title, _readers) in CATEGORY_LABELS.items()
            if category is not NotificationCategory.FOLLOWED
        ],
        statuses=[(str(each), label) for each, (_tag, label) in DELIVERY_STATUS_LABELS.items()],
        messages=[
            (str(each.id), f"{subject} ({context.localizer.format_short_day(each.sent_at)})")
            for each, subject, _author in list_messages(context.session, body_row, limit=MESSAGES_IN_FILTER)
        ],
        unreachable=describe_unreachable_people(context.session, body_row),
        counts=[
            (each, *DELIVERY_STATUS_LABELS[each], counts[each]) for each in DELIVERY_STATUS_LABELS if each in counts
        ],
    )


@router.get("/bodies/{body}/outbox/{letter}")
def show_email(context: ReadContext, body: str, letter: UUID) -> Response:
    """Show one e-mail as it is sent to its recipient, and what became of it."""
    body_row = _get_body(context, body)
    notification, line, person = queries.get_email(context.session, body_row, letter)
    return context.render(
        "web/outbox/show.html",
        sends_mail=context.portal.settings.sends_mail,
        body=body_row,
        person=person,
        entity=build_entity_name(person.entity, person.entity_name),
        email=notification,
        reason=explain_return_code(notification.returned_code) if notification.returned_code else None,
        delivery_status=DELIVERY_STATUS_LABELS[notification.fate],
        is_final=notification.fate != DeliveryStatus.WAITING,
        category=_name_category(notification),
        message=_find_message(line),
        preview=_render_preview(context, notification, line, person),
    )


def _get_body(context: ReadContext, code: str) -> Body:
    """Return a body of which the actor is a secretary. Raises NotFound, Forbidden."""
    body = get_visible_body(context.session, context.actor, code)
    rules.SEE_OUTBOX.require(context.actor, EntityInBody(body.id))
    return body


def _name_category(notification: EmailNotification) -> LazyText:
    category = CATEGORY_BY_KIND.get(notification.kind)
    return CATEGORY_LABELS[category][0] if category else NO_LONGER_KNOWN


def _outbox_line(
    body: Body, notification: EmailNotification, line: JournalLine, person: Person, subjects: Mapping[UUID, str]
) -> OutboxLine:
    """Describe an e-mail; `subjects` are those of messages of the secretariat."""
    about, message_id = find_notification_type(line, notification.kind), _find_message(line)
    return OutboxLine(
        f"/bodies/{body.code}/outbox/{notification.id}",
        person.name,
        build_entity_name(person.entity, person.entity_name),
        (message_id and subjects.get(message_id)) or (about.subject if about else NO_LONGER_KNOWN),
        notification.ended_at or notification.written_at,
        DELIVERY_STATUS_LABELS[notification.fate],
    )


def _find_message(line: JournalLine) -> UUID | None:
    """Find the message of the secretariat that a line is about; None if it is about something else."""
    is_sent = line.event == SecretariatMessageSent.name
    return UUID(str(line.facts["message"])) if is_sent else None


def _render_preview(
    context: ReadContext, notification: EmailNotification, line: JournalLine, person: Person
) -> EmailPreview | None:
    """Render an e-mail with the sender's own function; None if the portal sends none, or does not know its kind."""
    mail = MailContext.from_settings(context.portal.settings)
    if mail is None:
        return None
    prepared = queries.prepare_preview(context.session, notification, line, person)
    if prepared is None:
        return None
    return render_email_preview(prepared, person, mail)
