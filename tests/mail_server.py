"""A real mail server for tests (aiosmtpd): it takes, refuses, puts off, hangs, or dies in the middle, as it is told."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Thread

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

TAKEN = "250 OK"
USER, PASSWORD = "cwg", "a pass:word/@"


@dataclass
class Postbox:
    """What it took, and how it behaves. `recipient` and `content` are what it says to each letter. `hangs` and `dies`
    name where it does so: "hello" before it says anything, "content" once it has heard a letter, "taken" once it has
    kept one and before it says so. With `drips` it says something every so many seconds, and never all; when `slow` it
    takes so many for each step."""

    recipient: Callable[[str], str] = lambda _: TAKEN
    content: str = TAKEN
    sender: str = TAKEN
    hangs: str = ""
    dies: str = ""
    drips: float = 0.0
    slow: float = 0.0
    port: int = 0
    took: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    lines: list[asyncio.BaseTransport] = field(default_factory=list)
    """Connections that were opened."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def readers(self) -> list[str]:
        return sorted(str(each["To"]) for each in self.took)

    def emptied(self) -> list[EmailMessage]:
        """What came since the last time."""
        found, self.took = self.took, []
        return found

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, sender: str, ___: list[str]) -> str:
        await asyncio.sleep(self.slow)
        if self.sender == TAKEN:
            envelope.mail_from = sender
        return self.sender

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, to: str, ___: list[str]) -> str:
        await asyncio.sleep(self.slow)
        answer = self.recipient(to)
        if answer == TAKEN:
            envelope.rcpt_tos.append(to)
        return answer

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.slow)
        if self.hangs == "content":
            await asyncio.sleep(3600)
        while self.drips:
            await asyncio.sleep(self.drips)
            server.transport.write(b"250-not yet\r\n")
        if self.dies == "content":
            server.transport.abort()
            return TAKEN
        if self.content == TAKEN:
            self.raw.append(envelope.content)
            self.took.append(message_from_bytes(envelope.content, policy=default))
        if self.dies == "taken":
            server.transport.abort()
        return self.content

    def called(self) -> asyncio.Protocol | None:
        """Who answers instead of the server, where nobody is to say hello."""
        if self.hangs == "hello":
            return Silent(self)
        return Gone(self) if self.dies == "hello" else None


class Silent(asyncio.Protocol):
    def __init__(self, box: Postbox) -> None:
        self.box = box

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.box.lines.append(transport)


class Gone(Silent):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        transport.abort()


class Server(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:  # not a line on which TLS begins
            self.event_handler.lines.append(transport)
        self._auth_require_tls = transport.get_extra_info("sslcontext") is None  # else it knows of STARTTLS alone
        super().connection_made(transport)


def known(_: SMTP, __: Session, ___: Envelope, ____: str, said: object) -> AuthResult:
    return AuthResult(success=(said.login, said.password) == (USER.encode(), PASSWORD.encode()))


@contextmanager
def a_postbox(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, asks: bool = False, **how: object
) -> Iterator[Postbox]:
    """It listens on a port of its own. With `asks` it lets nobody in who does not know the password."""
    box, loop = Postbox(**how), asyncio.new_event_loop()
    given = {"authenticator": known, "auth_required": True} if asks else {}

    def answer() -> asyncio.Protocol:
        return box.called() or Server(
            box, hostname="mail.example.org", tls_context=starttls, enable_SMTPUTF8=True, loop=loop, **given
        )

    server = loop.run_until_complete(loop.create_server(answer, "127.0.0.1", 0, ssl=tls))
    box.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        server.close()
        loop.run_until_complete(_hung_up(box))
        loop.close()


async def _hung_up(box: Postbox) -> None:
    for line in box.lines:
        line.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
