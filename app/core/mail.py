"""Mail as it is written, plain text with headers of ours, and the server to which it is handed (`app.core.mailer`)."""

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
# As long as RFC 5322 lets a line be: what is folded in the middle of an address is no address any more.
UNFOLDED = LINES.clone(max_line_length=998)


class Cover(StrEnum):
    """How the line to the server is protected; also how its address begins."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


PORTS = {Cover.NONE: 25, Cover.STARTTLS: 587, Cover.TLS: 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes mail from us."""

    host: str
    port: int
    cover: Cover
    user: str = ""
    password: str = ""

    @classmethod
    def read(cls, url: str) -> Self:
        """Of `smtp://host`, `smtp+starttls://user:password@host:port` or `smtps://…`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in list(Cover) or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be smtp://, smtp+starttls:// or smtps://, then user:password@ if need be, and host")
        cover = Cover(parts.scheme)
        user, password = (unquote(each or "") for each in (parts.username, parts.password))
        if user and cover is Cover.NONE and parts.hostname not in LOOPBACK:
            raise ValueError("a password is sent under TLS alone: use smtp+starttls:// or smtps://")
        return cls(parts.hostname, parts.port or PORTS[cover], cover, user, password)


def address(text: str, name: str = "") -> Address:
    """A mail address and nothing else, for a header; its host in ASCII (IDNA). Raises ValueError."""
    try:
        found = Address(addr_spec=text)
        host = found.domain.encode("idna").decode()
    except (MessageError, IndexError) as fault:
        raise ValueError("no mail address") from fault
    if not found.username or "." not in host.strip("."):
        raise ValueError("no mail address")
    return Address(name, found.username, host)


def written(
    sender: Address, to: Address, subject: str, text: str, *, number: str, at: datetime, more: Mapping[str, str]
) -> bytes:
    """A mail as it is handed over. `number` is its Message-ID. Raises ValueError where a header would be two."""
    made = EmailMessage(policy=LINES)
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"], made["Date"] = f"<{number}>", at
    made.set_content(text)  # which takes away what was said of other content
    for name, value in more.items():
        made[name] = value
    return made.as_bytes(policy=UNFOLDED.clone(utf8=not to.addr_spec.isascii()))
