"""Mail messages: plain text with headers, and the address of the mail server (`app.core.mail.smtp` sends it)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from enum import StrEnum
from typing import Self
from urllib.parse import unquote, urlsplit

from app.core.addresses import LOOPBACK_HOSTS

# The longest line that RFC 5322 allows: an address that is folded in the middle would be broken.
UNFOLDED_POLICY = LINES.clone(max_line_length=998)


class MailEncryption(StrEnum):
    """How the connection to the server is encrypted; the value is the scheme of its URL."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


DEFAULT_PORTS = {MailEncryption.NONE: 25, MailEncryption.STARTTLS: 587, MailEncryption.TLS: 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """The mail server that sends messages on."""

    host: str
    port: int
    encryption: MailEncryption
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Parse `smtp://host`, `smtp+starttls://user:password@host:port` or `smtps://…`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in list(MailEncryption) or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be smtp://, smtp+starttls:// or smtps://, then user:password@ if need be, and host")
        cover = MailEncryption(parts.scheme)
        user, password = (unquote(part or "") for part in (parts.username, parts.password))
        if user and cover is MailEncryption.NONE and parts.hostname not in LOOPBACK_HOSTS:
            raise ValueError("a password is sent under TLS alone: use smtp+starttls:// or smtps://")
        return cls(parts.hostname, parts.port or DEFAULT_PORTS[cover], cover, user, password)


def parse_mail_address(text: str, name: str = "") -> Address:
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


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file that goes along with a message."""

    name: str
    media: str
    content: bytes


def build_message(
    sender: Address,
    recipient: Address,
    subject: str,
    text: str,
    *,
    message_id: str,
    sent_at: datetime,
    extra_headers: Mapping[str, str],
    attachments: Sequence[MailAttachment] = (),
) -> bytes:
    """Build a message as it is handed to the server; `message_id` is without angle brackets.

    Raises ValueError if a header would contain a line break.
    """
    message = EmailMessage(policy=LINES)
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Message-ID"], message["Date"] = f"<{message_id}>", sent_at
    message.set_content(text)  # replaces all content headers set before
    for name, value in extra_headers.items():
        message[name] = value
    for each in attachments:
        main, _, sub = each.media.partition("/")
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return message.as_bytes(policy=UNFOLDED_POLICY.clone(utf8=not recipient.addr_spec.isascii()))
