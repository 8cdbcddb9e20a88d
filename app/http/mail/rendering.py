"""Text of e-mail notifications: plain text in the language of the reader, with one link and nothing confidential."""

from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from typing import Self
from urllib.parse import urlsplit

from app.core import clock
from app.core.i18n import lazy_gettext as _
from app.core.i18n import negotiate_language
from app.core.mail.message import MailServer, build_message, parse_mail_address
from app.domain.notifications.models import NotificationCategory
from app.domain.notifications.queries import PreparedNotification
from app.domain.notifications.rules.catalogue import CATEGORY_LABELS
from app.http.localization import Localizer
from app.http.unsubscribe_tokens import UnsubscribeTokens
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class MailContext:
    """Configuration of e-mail: server, sender, portal address, unsubscribe tokens, and lead time of reminders."""

    server: MailServer
    sender: str
    portal_url: str
    keys: UnsubscribeTokens
    reminder_lead_time: timedelta

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Build it from the settings; None if the portal sends no e-mail."""
        if (server := settings.mail_server) is None:
            return None
        keys, early = (
            UnsubscribeTokens(settings.mail_secret.get_secret_value()),
            timedelta(hours=settings.reminder_hours),
        )
        return cls(server, settings.mail_from, settings.portal_url, keys, early)

    @property
    def host_name(self) -> str:
        """The host name of the portal, for the greeting of the mail server and Message-IDs."""
        return urlsplit(self.portal_url).hostname or ""


def render_notification(delivery: PreparedNotification, recipient: Address, mail: MailContext) -> bytes:
    """Render a notification as an e-mail to that address."""
    formats = Localizer(negotiate_language([delivery.person.locale]))
    kind = NotificationCategory(delivery.notification.kind)
    subject = _("%(group)s: %(what)s", group=delivery.body.prefix, what=delivery.notification_type.subject)
    unsubscribe_url = mail.keys.unsubscribe_url(mail.portal_url, delivery.person.id, kind)
    headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834: mail programs do not answer it
        "Content-Language": formats.language,
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    sender = parse_mail_address(mail.sender, formats.translate_text(_("CWG-Internet portal")))
    return build_message(
        sender,
        recipient,
        formats.translate_text(subject),
        _render_body(delivery, mail, formats),
        message_id=f"{delivery.notification.id}@{mail.host_name}",
        sent_at=clock.now(),
        extra_headers=headers,
    )


def _render_body(delivery: PreparedNotification, mail: MailContext, formats: Localizer) -> str:
    matter, (_ignored, readers) = delivery.context, CATEGORY_LABELS[NotificationCategory(delivery.notification.kind)]
    paragraphs = [
        _("%(group)s: %(what)s", group=delivery.body.prefix, what=delivery.notification_type.subject),
        delivery.notification_type.words,
    ]
    if matter.until:
        until = formats.format_instant(matter.until, matter.zone, "UTC", seconds=True)
        paragraphs.append(_("Deadline: %(until)s", until=until))
    footer = _(
        "Recipients of this e-mail: %(readers)s You can stop e-mails of this type with your mail program, or "
        "on the portal under “Your account”, “E-mail notifications”.",
        readers=readers,
    )
    body = "\n\n".join(map(formats.translate_text, paragraphs))
    return f"{body}\n\n{mail.portal_url}{delivery.path}\n\n-- \n{formats.translate_text(footer)}\n"
