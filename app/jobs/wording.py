"""A letter in the words of its reader: plain text in their language, with one link and nothing that may not be seen."""

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
    """With what letters are sent: through which server, from whom, about which portal; how early one is reminded."""

    server: MailServer
    sender: str
    portal: str
    keys: LetterKeys
    early: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """As the settings say; None where this house sends no letters."""
        if (server := settings.mail_server) is None:
            return None
        keys, early = LetterKeys(settings.signing_key.get_secret_value()), timedelta(hours=settings.reminder_hours)
        return cls(server, settings.mail_from, settings.portal_url, keys, early)

    @property
    def host(self) -> str:
        """What we say we are called."""
        return urlsplit(self.portal).hostname or ""


def worded(told: Told, to: Address, post: Post) -> bytes:
    """The letter, to that address of its reader."""
    formats = Formats(choose([told.person.locale]))
    kind = Kind(told.letter.kind)
    subject = say("%(group)s: %(what)s", group=told.body.prefix, what=told.occasion.subject)
    stop = post.keys.address(post.portal, told.person.id, kind)
    headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's program answers it
        "Content-Language": formats.language,
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    sender = address(post.sender, formats.text(say("CWG-Internet portal")))
    return written(
        sender,
        to,
        formats.text(subject),
        _text(told, post, formats),
        number=f"{told.letter.id}@{post.host}",
        at=clock.now(),
        more=headers,
    )


def _text(told: Told, post: Post, formats: Formats) -> str:
    matter, (_, readers) = told.matter, KINDS[Kind(told.letter.kind)]
    said = [say("%(group)s: %(what)s", group=told.body.prefix, what=told.occasion.subject), told.occasion.words]
    if matter.until:
        until = formats.when(matter.until, matter.zone, "UTC", seconds=True)
        said.append(say("Deadline: %(until)s", until=until))
    foot = say(
        "This goes to: %(readers)s You can stop letters of this kind with your mail program, or on the portal under"
        " “Your account”, “Letters”.",
        readers=readers,
    )
    above = "\n\n".join(map(formats.text, said))
    return f"{above}\n\n{post.portal}{told.page}\n\n-- \n{formats.text(foot)}\n"
