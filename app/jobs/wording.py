"""Text of e-mail notifications: plain text in the language of the reader, with one link and nothing confidential."""

from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from typing import Self
from urllib.parse import urlsplit

from app.asgi.formats import Formats
from app.asgi.letter_keys import LetterKeys
from app.core import clock
from app.core.i18n import choose, say
from app.core.mail import MailServer, address, written
from app.domain.letters.models import Kind
from app.domain.letters.occasions import KINDS
from app.domain.letters.posting import Told
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Post:
    """Configuration of e-mail: server, sender, portal address, unsubscribe tokens, and lead time of reminders."""

    server: MailServer
    sender: str
    portal: str
    keys: LetterKeys
    early: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Build it from the settings; None if the portal sends no e-mail."""
        if (server := settings.mail_server) is None:
            return None
        keys, early = LetterKeys(settings.signing_key.get_secret_value()), timedelta(hours=settings.reminder_hours)
        return cls(server, settings.mail_from, settings.portal_url, keys, early)

    @property
    def host(self) -> str:
        """The host name of the portal, for the greeting of the mail server and Message-IDs."""
        return urlsplit(self.portal).hostname or ""


def worded(told: Told, to: Address, post: Post) -> bytes:
    """Render a notification as an e-mail to that address."""
    formats = Formats(choose([told.person.locale]))
    kind = Kind(told.letter.kind)
    subject = say("%(group)s: %(what)s", group=told.body.prefix, what=told.occasion.subject)
    unsubscribe_url = post.keys.address(post.portal, told.person.id, kind)
    headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834: mail programs do not answer it
        "Content-Language": formats.language,
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    sender = address(post.sender, formats.text(say("CWG-Internet portal")))
    return written(
        sender,
        to,
        formats.text(subject),
        _render_body(told, post, formats),
        number=f"{told.letter.id}@{post.host}",
        at=clock.now(),
        more=headers,
    )


def _render_body(delivery: Told, mail: Post, formats: Formats) -> str:
    matter, (_, readers) = delivery.matter, KINDS[Kind(delivery.letter.kind)]
    paragraphs = [
        say("%(group)s: %(what)s", group=delivery.body.prefix, what=delivery.occasion.subject),
        delivery.occasion.words,
    ]
    if matter.until:
        until = formats.when(matter.until, matter.zone, "UTC", seconds=True)
        paragraphs.append(say("Deadline: %(until)s", until=until))
    footer = say(
        "This goes to: %(readers)s You can stop letters of this kind with your mail program, or on the portal under"
        " “Your account”, “Letters”.",
        readers=readers,
    )
    body = "\n\n".join(map(formats.text, paragraphs))
    return f"{body}\n\n{mail.portal}{delivery.page}\n\n-- \n{formats.text(footer)}\n"
