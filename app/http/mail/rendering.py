"""Text of e-mail notifications: plain text in the language of the reader, with links and nothing confidential.

A message of the secretariat is sent as it was written, to each person in their language if it was written in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from itertools import groupby
from typing import Literal, Self
from urllib.parse import urlsplit

from app.core import clock
from app.core.i18n import DEFAULT_LANGUAGE, LazyText, negotiate_language
from app.core.i18n import lazy_gettext as _
from app.core.mail.message import MailServer, build_message, parse_mail_address
from app.core.mail.smtp import Mailer
from app.core.pending_actions import Urgency
from app.domain.identity.models.tables import Person
from app.domain.messages.inputs import MessageText
from app.domain.monitoring.pending import AlarmConfiguration
from app.domain.notifications.models import NotificationCategory, NotificationDigest
from app.domain.notifications.queries.notifications import PreparedNotification
from app.domain.notifications.rules.digests import DigestHour
from app.domain.notifications.rules.kinds import CATEGORY_LABELS
from app.domain.pending_actions import PendingActions
from app.http.localization import Localizer
from app.http.pending_lines import PendingLine, list_pending_lines
from app.http.reader_zones import find_reader_zone
from app.http.unsubscribe_tokens import UnsubscribeTokens
from app.settings import Settings

MAX_PARTS_OF_CATEGORY = 50
"""Links of one category, or pending actions, in a digest; of more, their number is given. Messages of the secretariat
are all in it: their texts are on no page of the reader."""
PENDING_HEADINGS = ((Urgency.ACTION, _("Pending actions")), (Urgency.NEWS, _("For your information")))
"""What is pending comes first in a digest, under the headings of the desk."""


@dataclass(frozen=True, slots=True)
class MailContext:
    """Configuration of e-mail: server, sender, addresses of portal and read path, unsubscribe tokens, lead time of
    reminders of silence procedures, the hour of digests, and the alarms that digests tell the secretariat of."""

    server: MailServer
    sender: str
    portal_url: str
    keys: UnsubscribeTokens
    reminder_lead_time: timedelta
    read_url: str
    digests: DigestHour
    alarms: AlarmConfiguration

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Build it from the settings; None if the portal sends no e-mail."""
        if (server := settings.mail_server) is None:
            return None
        return cls(
            server,
            settings.mail_from,
            settings.portal_url,
            UnsubscribeTokens(settings.mail_secret.get_secret_value()),
            timedelta(hours=settings.reminder_hours),
            settings.read_url,
            DigestHour(settings.digest_hour, settings.digest_zone),
            AlarmConfiguration(settings.alarm_thresholds, settings.witness_names),
        )

    @property
    def host_name(self) -> str:
        """The host name of the portal, for the greeting of the mail server and Message-IDs."""
        return urlsplit(self.portal_url).hostname or ""

    def build_mailer(self) -> Mailer:
        """Build the mailer of one round; it connects with the first message."""
        return Mailer(self.server, self.sender, self.host_name)

    def build_url(self, delivery: PreparedNotification) -> str:
        """Return the URL of the page of a notification."""
        return (self.read_url if delivery.is_on_read_path else self.portal_url) + delivery.path


def render_notification(delivery: PreparedNotification, person: Person, recipient: Address, mail: MailContext) -> bytes:
    """Render a notification as an e-mail to that address."""
    formats = _build_localizer(person, delivery)
    category = delivery.notification_type.category
    label, readers = CATEGORY_LABELS[category]
    footer = _(
        "This e-mail is of the type “%(category)s”. Recipients: %(readers)s You can change when you receive e-mails of "
        "this type, or stop them, on the portal under “Your account”, “E-mail notifications”, or with your mail "
        "program.",
        category=label,
        readers=readers,
    )
    paragraphs = [*_list_paragraphs(delivery, formats), mail.build_url(delivery)]
    return _build(
        _render_subject(delivery, formats.language),
        "\n\n".join(paragraphs),
        footer,
        formats=formats,
        person=person,
        recipient=recipient,
        mail=mail,
        message_id=f"{delivery.notification.id}@{mail.host_name}",
        subscription=category,
        group=delivery.body.prefix,
    )


def render_digest(
    digest: NotificationDigest,
    parts: Sequence[PreparedNotification],
    pending: PendingActions,
    person: Person,
    recipient: Address,
    mail: MailContext,
) -> bytes:
    """Render a digest as one e-mail to that address: what is pending for the person, then the notifications by
    category."""
    formats = _build_localizer(person)
    footer = _(
        "You receive these types of notification in a daily digest. You can change when you receive them, or stop "
        "them, on the portal under “Your account”, “E-mail notifications”, or with your mail program."
    )
    return _build(
        _("Daily digest of notifications"),
        "\n\n".join(
            [*_list_pending_paragraphs(pending, mail, formats), *_list_digest_paragraphs(parts, mail, formats)]
        ),
        footer,
        formats=formats,
        person=person,
        recipient=recipient,
        mail=mail,
        message_id=f"{digest.id}@{mail.host_name}",
        subscription="digest",
    )


def _list_pending_paragraphs(pending: PendingActions, mail: MailContext, formats: Localizer) -> Iterator[str]:
    """Yield what is pending for the person, as their desk lists it, under its headings."""
    lines = list_pending_lines(pending, formats)
    for urgency, heading in PENDING_HEADINGS:
        if listed := [line for line in lines if line.urgency is urgency]:
            yield formats.translate_text(heading)
            for line in listed[:MAX_PARTS_OF_CATEGORY]:
                yield "\n".join(_list_pending_line(line, mail, formats))
            if (rest := len(listed) - MAX_PARTS_OF_CATEGORY) > 0:
                more = _("Others on your desk: %(number)s", number=formats.format_number(rest))
                yield f"{formats.translate_text(more)}\n{mail.portal_url}/"


def _list_pending_line(line: PendingLine, mail: MailContext, formats: Localizer) -> Iterator[str]:
    """Yield the heading of a pending action with its meeting, its deadline, and its page."""
    named = _("%(what)s: %(meeting)s", what=line.heading, meeting=line.meeting)
    yield formats.translate_text(named) if line.meeting else line.heading
    if line.due_at:
        yield formats.translate_text(_format_deadline(line.due_at, line.zone, formats))
    yield mail.portal_url + line.path


def _list_digest_paragraphs(
    parts: Sequence[PreparedNotification], mail: MailContext, formats: Localizer
) -> Iterator[str]:
    """Yield the heading of each category, and the lines of its notifications; what a page was changed by several times
    is one of them. A message of the secretariat is given in full: it is on no page."""
    order = list(NotificationCategory)
    ordered = sorted(parts, key=lambda part: (order.index(part.notification_type.category), part.notification.line))
    for category, group in groupby(ordered, key=lambda part: part.notification_type.category):
        yield formats.translate_text(CATEGORY_LABELS[category][0])
        entries = list({_build_digest_key(part, mail, formats): part for part in group}.values())
        listed = entries if category is NotificationCategory.MESSAGES else entries[:MAX_PARTS_OF_CATEGORY]
        for part in listed:
            lines = [
                formats.translate_text(_render_subject(part, formats.language)),
                *_list_message(part, formats),
                *_list_deadline(part, formats),
                mail.build_url(part),
            ]
            yield "\n".join(lines)
        if rest := len(entries) - len(listed):
            more = _("Other notifications of this type: %(number)s", number=formats.format_number(rest))
            yield f"{formats.translate_text(more)}\n{mail.portal_url}/letters"


def _build_digest_key(part: PreparedNotification, mail: MailContext, formats: Localizer) -> tuple[str, str, int]:
    """Return what is the same for changes of one page; two messages of the secretariat are never the same."""
    line = part.notification.line if part.context.texts else 0
    return formats.translate_text(_render_subject(part, formats.language)), mail.build_url(part), line


def _build_localizer(person: Person, delivery: PreparedNotification | None = None) -> Localizer:
    """Build the formats of a person: their language, and the time zone of their choice or their State. A message of the
    secretariat that was not written in their language is English throughout."""
    reader = find_reader_zone(chosen=person.zone, browser=None, entity=person.entity)
    language = negotiate_language([person.locale])
    texts = delivery.context.texts if delivery else {}
    return Localizer(DEFAULT_LANGUAGE if texts and language not in texts else language, reader.zone)


def _find_message(delivery: PreparedNotification, language: str) -> MessageText | None:
    """Find the message of the secretariat in a language, or in English; None for any other notification."""
    texts = delivery.context.texts
    return texts.get(language) or texts.get(DEFAULT_LANGUAGE)


def _render_subject(delivery: PreparedNotification, language: str) -> LazyText:
    message = _find_message(delivery, language)
    what = message.subject if message else delivery.notification_type.subject
    return _("%(group)s: %(what)s", group=delivery.body.prefix, what=what)


def _list_paragraphs(delivery: PreparedNotification, formats: Localizer) -> Iterator[str]:
    """Yield what is said about one notification: what a secretary wrote, or the words of its type."""
    if message := list(_list_message(delivery, formats)):
        yield from message
    else:
        yield formats.translate_text(_render_subject(delivery, formats.language))
        yield formats.translate_text(delivery.notification_type.words)
    yield from _list_deadline(delivery, formats)


def _list_message(delivery: PreparedNotification, formats: Localizer) -> Iterator[str]:
    """Yield the text of a message of the secretariat, if it is one."""
    if message := _find_message(delivery, formats.language):
        yield message.text


def _list_deadline(delivery: PreparedNotification, formats: Localizer) -> Iterator[str]:
    """Yield the deadline, if there is one; what a secretary wrote says it in its own words."""
    matter = delivery.context
    if matter.until and not matter.texts:
        yield formats.translate_text(_format_deadline(matter.until, matter.zone, formats))


def _format_deadline(until: datetime, zone: str, formats: Localizer) -> LazyText:
    return _("Deadline: %(until)s", until=formats.format_instant(until, zone))


ALL_GROUPS = _("ITU groups portal")
"""The sender of e-mails that are not about one group."""


def _build(
    subject: LazyText,
    body: str,
    footer: LazyText,
    *,
    formats: Localizer,
    person: Person,
    recipient: Address,
    mail: MailContext,
    message_id: str,
    subscription: NotificationCategory | Literal["digest"],
    group: str = "",
) -> bytes:
    """Build the e-mail from the portal of a group, or of all, with the headers by which a mail program unsubscribes
    from `subscription`."""
    unsubscribe_url = mail.keys.unsubscribe_url(mail.portal_url, person.id, subscription)
    headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834: mail programs do not answer it
        "Content-Language": formats.language,
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return build_message(
        parse_mail_address(
            mail.sender, formats.translate_text(_("%(group)s portal", group=group) if group else ALL_GROUPS)
        ),
        recipient,
        formats.translate_text(subject),
        f"{body}\n\n-- \n{formats.translate_text(footer)}\n",
        message_id=message_id,
        sent_at=clock.now(),
        extra_headers=headers,
    )
