"""The mailbox to which undeliverable messages are returned: a Maildir folder, or a mailbox of an IMAP server.

What was read is marked as seen and stays there: a mailbox may also hold replies of people, which no program deletes.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from app.core.addresses import LOOPBACK_HOSTS

MAX_MESSAGE_BYTES = 256 * 1024
"""Of a longer message its beginning is read, which holds the report: what comes last is the returned message."""
MAX_MESSAGES_PER_ROUND = 200
IMAP_TIMEOUT = 20.0  # seconds for each answer of the server
IMAP_PORTS = {"imap": 143, "imaps": 993}


class ReturnedMailUnavailable(Exception):
    """The folder or the server cannot be read now."""


@dataclass(frozen=True, slots=True)
class ReturnedMailbox:
    """Where returned messages arrive: a Maildir folder, or a mailbox on an IMAP server."""

    folder: Path | None = None
    host: str = ""
    port: int = 0
    is_encrypted: bool = True
    user: str = ""
    password: str = ""
    name: str = "INBOX"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Parse `maildir:///folder`, or `imaps://user:password@host/INBOX`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme == "maildir" and not parts.netloc and parts.path.startswith("/") and not parts.query:
            return cls(Path(unquote(parts.path)))
        if parts.scheme not in IMAP_PORTS or not parts.hostname or not parts.username or parts.query:
            raise ValueError("must be maildir:///folder or imaps://user:password@host/INBOX")
        if parts.scheme == "imap" and parts.hostname not in LOOPBACK_HOSTS:
            raise ValueError("a password is sent under TLS alone: use imaps://")
        return cls(
            host=parts.hostname,
            port=parts.port or IMAP_PORTS[parts.scheme],
            is_encrypted=parts.scheme == "imaps",
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            name=unquote(parts.path.strip("/")) or "INBOX",
        )

    def read_new_messages(self, handle: Callable[[bytes], object]) -> int:
        """Give each new message to `handle`, and mark it as seen once that has returned; returns their number.

        Raises ReturnedMailUnavailable, and what `handle` raises: then the message stays new.
        """
        try:
            return sum(1 for _ in (_read_maildir(self.folder, handle) if self.folder else self._read_imap(handle)))
        except (OSError, imaplib.IMAP4.error) as error:
            raise ReturnedMailUnavailable(type(error).__name__) from error

    def _connect(self) -> imaplib.IMAP4:
        """Connect to the server; under TLS its certificate is verified, which imaplib by itself does not do."""
        if not self.is_encrypted:
            return imaplib.IMAP4(self.host, self.port, timeout=IMAP_TIMEOUT)
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=IMAP_TIMEOUT)

    def _read_imap(self, handle: Callable[[bytes], object]) -> Iterator[None]:
        with self._connect() as server:
            server.login(self.user, self.password)
            _require_ok(server.select(_quote(self.name)))
            numbers = _require_ok(server.uid("SEARCH", "UNSEEN"))[0].split()
            for number in numbers[:MAX_MESSAGES_PER_ROUND]:
                uid = number.decode()
                answer = _require_ok(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_MESSAGE_BYTES}>)"))
                for part in answer:
                    if isinstance(part, tuple):
                        handle(part[1])
                _require_ok(server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
                yield


def _read_maildir(folder: Path, handle: Callable[[bytes], object]) -> Iterator[None]:
    """Read the messages of `new`, and move each to `cur` with the flag of a message that was seen (maildir(5))."""
    names = sorted(path.name for path in (folder / "new").iterdir() if not path.name.startswith("."))
    for name in names[:MAX_MESSAGES_PER_ROUND]:
        with (folder / "new" / name).open("rb") as file:
            handle(file.read(MAX_MESSAGE_BYTES))
        (folder / "new" / name).rename(folder / "cur" / f"{name}:2,S")
        yield


def _require_ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return the data of an answer. Raises imaplib.IMAP4.error if the server refused the command."""
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(status)
    return data


def _quote(name: str) -> str:
    """Quote the name of a mailbox (RFC 3501, 4.3)."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
