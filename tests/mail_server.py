"""A real mail server for tests (aiosmtpd) that accepts, refuses, defers, hangs, or dies halfway, as configured."""

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
    """The messages received, and the behaviour. `recipient` and `content` are the answers to each message. `hangs` and
    `dies` name the point where it does so: "hello" before the greeting, "content" after receiving a message, "taken"
    after storing one and before the answer. With `drips` it sends something every so many seconds, and never all; when
    `slow` it takes so many for each step."""

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
    """Opened connections."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def readers(self) -> list[str]:
        return sorted(str(each["To"]) for each in self.took)

    def emptied(self) -> list[EmailMessage]:
        """Return and clear the received messages."""
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

    def replacement_protocol(self) -> asyncio.Protocol | None:
        """Return the protocol that replaces the server where no greeting is sent."""
        if self.hangs == "hello":
            return Silent(self)
        return Aborting(self) if self.dies == "hello" else None


class Silent(asyncio.Protocol):
    def __init__(self, box: Postbox) -> None:
        self.box = box

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.box.lines.append(transport)


class Aborting(Silent):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        transport.abort()


class Server(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:  # not a connection on which TLS starts
            self.event_handler.lines.append(transport)
        self._auth_require_tls = transport.get_extra_info("sslcontext") is None  # else it offers STARTTLS only
        super().connection_made(transport)


def authenticate(_: SMTP, __: Session, ___: Envelope, ____: str, credentials: object) -> AuthResult:
    is_right = (credentials.login, credentials.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)  # the server answers what the result says


@contextmanager
def run_postbox(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, asks: bool = False, **how: object
) -> Iterator[Postbox]:
    """Run a mail server on its own port. With `asks` it requires the password."""
    box, loop = Postbox(**how), asyncio.new_event_loop()
    authentication = {"authenticator": authenticate, "auth_required": True} if asks else {}

    def answer() -> asyncio.Protocol:
        return box.replacement_protocol() or Server(
            box, hostname="mail.example.org", tls_context=starttls, enable_SMTPUTF8=True, loop=loop, **authentication
        )

    server = loop.run_until_complete(loop.create_server(answer, "127.0.0.1", 0, ssl=tls))
    box.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        server.close()
        loop.run_until_complete(_close_connections(box))
        loop.close()


async def _close_connections(box: Postbox) -> None:
    for line in box.lines:
        line.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
