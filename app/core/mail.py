"""Mail messages: plain text with headers, and the address of the mail server (`app.core.mail.smtp` sends them)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from enum import StrEnum
from typing import Self
from urllib.parse import unquote, urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# The longest line that RFC 5322 allows: an address that is folded in the middle would be broken.
UNFOLDED = LINES.clone(max_line_length=998)


class Cover(StrEnum):
    """How the connection to the server is encrypted; the value is the scheme of its URL."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


PORTS = {Cover.NONE: 25, Cover.STARTTLS: 587, Cover.TLS: 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """The mail server that sends messages on."""

    host: str
    port: int
    cover: Cover
    user: str = ""
    password: str = ""

    @classmethod
    def read(cls, url: str) -> Self:
        """Parse `smtp://host`, `smtp+starttls://user:password@host:port` or `smtps://…`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in list(Cover) or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be smtp://, smtp+starttls:// or smtps://, then user:password@ if need be, and host")
        cover = Cover(parts.scheme)
        user, password = (unquote(part or "") for part in (parts.username, parts.password))
        if user and cover is Cover.NONE and parts.hostname not in LOOPBACK:
            raise ValueError("a password is sent under TLS alone: use smtp+starttls:// or smtps://")
        return cls(parts.hostname, parts.port or PORTS[cover], cover, user, password)


def address(text: str, name: str = "") -> Address:
    """Build a header address from one mail address, its host in ASCII (IDNA). Raises ValueError if it is no mail
    address."""
    try:
        parsed = Address(addr_spec=text)
        host = parsed.domain.encode("idna").decode()
    except (MessageError, IndexError) as error:
        raise ValueError("no mail address") from error
    if not parsed.username or "." not in host.strip("."):
        raise ValueError("no mail address")
    return Address(name, parsed.username, host)


def written(
    sender: Address, to: Address, subject: str, text: str, *, number: str, at: datetime, more: Mapping[str, str]
) -> bytes:
    """Build a message as it is handed to the server; `message_id` is without angle brackets.

    Raises ValueError if a header would contain a line break.
    """
    message = EmailMessage(policy=LINES)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"], message["Date"] = f"<{number}>", at
    message.set_content(text)  # replaces all content headers set before
    for name, value in more.items():
        message[name] = value
    return message.as_bytes(policy=UNFOLDED.clone(utf8=not to.addr_spec.isascii()))
