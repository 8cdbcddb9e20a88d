"""An e-mail as its recipient gets it, rendered by the function with which it is sent."""

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as parsing_policy

from app.core.i18n import text_direction
from app.core.mail.message import parse_mail_address
from app.domain.identity.models.tables import Person
from app.domain.notifications.queries.notifications import PreparedNotification
from app.http.mail.rendering import MailContext, render_notification

PREVIEW_ADDRESS = "preview@example.org"
"""Address in place of one that is missing or unusable, so that the text can be shown all the same."""


@dataclass(frozen=True, slots=True)
class EmailPreview:
    """Subject and paragraphs of an e-mail in the language in which its recipient gets it."""

    language: str
    direction: str
    subject: str
    paragraphs: list[str]


def render_email_preview(prepared: PreparedNotification, person: Person, mail: MailContext) -> EmailPreview:
    """Render an e-mail to a person, to be shown on a page."""
    rendered = render_notification(prepared, person, parse_mail_address(PREVIEW_ADDRESS), mail)
    message = message_from_bytes(rendered, policy=parsing_policy)
    language = str(message["Content-Language"])
    paragraphs = message.get_content().replace("\r\n", "\n").strip("\n").split("\n\n")
    return EmailPreview(language, text_direction(language), str(message["Subject"]), paragraphs)
