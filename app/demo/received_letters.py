"""The e-mails that the demo's mail server received, kept in a Maildir folder."""

import mailbox
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default as parsing_policy
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from app.core import i18n
from app.core.clock import now

DELIVERED_TO, RETURN_PATH, RECEIVED_AT = "Delivered-To", "Return-Path", "Delivery-Date"
TRACE_HEADERS = frozenset({DELIVERED_TO, RETURN_PATH, RECEIVED_AT})
"""Headers that the mail server adds in front, as every one does: to whom, from whom, and when it came."""
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class ReceivedLetter:
    """An e-mail to one recipient."""

    key: str
    content: bytes
    message: EmailMessage

    @classmethod
    def parse(cls, key: str, content: bytes) -> "ReceivedLetter":
        """Parse a stored e-mail, with the headers that the mail server added."""
        return cls(key, content, message_from_bytes(content, policy=parsing_policy))

    @property
    def recipient(self) -> str:
        return str(self.message[DELIVERED_TO])

    @property
    def received_at(self) -> datetime:
        return parsedate_to_datetime(str(self.message[RECEIVED_AT]))

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def language(self) -> str:
        """The language of the text: one of the six, else the default."""
        return i18n.negotiate_language([str(self.message["Content-Language"] or "")])

    @property
    def paragraphs(self) -> Sequence[str]:
        """The paragraphs of the text, whose lines are kept."""
        body = self.message.get_body(("plain",))
        text = str(body.get_content()) if body else ""
        return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if part.strip()]

    @property
    def sender(self) -> Address | None:
        """The first sender that its header names, with the name that mail programs show."""
        header = self.message["From"]
        return next(iter(header.addresses), None) if header else None

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """All headers but those of the mail server, decoded, in their order."""
        return [(name, str(value)) for name, value in self.message.items() if name not in TRACE_HEADERS]

    @property
    def is_new(self) -> bool:
        """Whether it came less than a minute ago."""
        return now() - self.received_at < timedelta(minutes=1)


@dataclass(slots=True)
class ReceivedLetters:
    """All e-mails, in the order in which they came; each is in the folder before it is acknowledged."""

    folder: Path
    letters: dict[str, ReceivedLetter] = field(default_factory=dict)
    _stored: mailbox.Maildir = field(init=False)

    def __post_init__(self) -> None:
        self._stored = mailbox.Maildir(self.folder, factory=None, create=True)
        stored = [ReceivedLetter.parse(key, self._stored.get_bytes(key)) for key in self._stored.keys()]  # noqa: SIM118 - it iterates over messages
        self.letters = {each.key: each for each in sorted(stored, key=lambda each: (each.received_at, each.key))}

    def add(self, sender: str, recipients: Sequence[str], content: bytes) -> None:
        """Store an e-mail for each recipient."""
        at = format_datetime(now().astimezone(UTC))
        for recipient in recipients:
            trace = f"{RETURN_PATH}: <{sender}>\r\n{DELIVERED_TO}: {recipient}\r\n{RECEIVED_AT}: {at}\r\n"
            whole = trace.encode() + content
            key = self._stored.add(whole)
            self.letters[key] = ReceivedLetter.parse(key, whole)

    def list_latest(self, recipient: str = "") -> Sequence[ReceivedLetter]:
        """List the e-mails to that address, or to all, the latest first."""
        return [each for each in reversed(self.letters.values()) if recipient in ("", each.recipient)]

    def count_by_recipient(self) -> dict[str, int]:
        """Count the e-mails to each address, the address with the latest first."""
        counts: dict[str, int] = {}
        for each in reversed(self.letters.values()):
            counts[each.recipient] = counts.get(each.recipient, 0) + 1
        return counts
