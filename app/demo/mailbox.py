"""The demo's mailbox as a process: a mail server that sends nothing on, and pages that show what it received.

`python -m app.demo.mailbox PORT SMTP_PORT FOLDER`, started by `app.demo.run`; on loopback only.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.core.observability import logging
from app.demo.cast import CAST, DemoPerson
from app.demo.extras import FURTHER_DELEGATES
from app.demo.pages import DemoPages, LoopbackMiddleware
from app.demo.place import HOST
from app.demo.received_letters import ReceivedLetters
from app.http.http_limits import HeadBoundedHttpProtocol
from app.http.static_files import STATIC_FOLDER

STYLE_SHEETS = ("style.css", "lists.css", "text.css")
SHOWN_LETTERS = 100
"""Letters of one page: the latest ones."""
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PEOPLE = {player.email: player for player in (*CAST, *FURTHER_DELEGATES)}


class MailReceiver:
    """What the mail server does with a message: it stores one for each recipient."""

    def __init__(self, letters: ReceivedLetters) -> None:
        self.letters = letters

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name is that of the SMTP command
        """Store a message, and answer once it is stored."""
        self.letters.add(envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content or b"")
        return "250 OK"


def create_mailbox(letters: ReceivedLetters, port: int, smtp_port: int) -> Starlette:
    """Create the application. Its mail server listens from the start of the application to its end."""
    pages = MailboxPages(letters)
    styles = "".join((STATIC_FOLDER / name).read_text("utf-8") for name in STYLE_SHEETS)

    @asynccontextmanager
    async def receive_mail(_app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def answer() -> SMTP:
            return SMTP(MailReceiver(letters), hostname="mail.example.org", enable_SMTPUTF8=True, loop=loop)

        async with await loop.create_server(answer, HOST, smtp_port):
            yield

    routes = [
        Route("/", pages.show_letters),
        Route("/letters/{key}", pages.show_letter),
        Route("/letters/{key}/source", pages.show_source),
        Route("/style.css", lambda _request: Response(styles, media_type="text/css")),
    ]
    guard = Middleware(LoopbackMiddleware, host=f"{HOST}:{port}")
    return Starlette(routes=routes, middleware=[guard], lifespan=receive_mail)


class MailboxPages(DemoPages):
    """The pages of the mailbox."""

    def __init__(self, letters: ReceivedLetters) -> None:
        super().__init__("/style.css", POLICY)
        self.letters = letters

    async def show_letters(self, request: Request) -> Response:
        """Show who has received e-mails, and the latest ones, of everybody or of one person."""
        recipient = request.query_params.get("to", "")
        shown = self.letters.list_latest(recipient)
        return self.render_page(
            request,
            "mailbox",
            recipient=recipient,
            people=[
                (address, count, _describe(address)) for address, count in self.letters.count_by_recipient().items()
            ],
            letters=shown[:SHOWN_LETTERS],
            total=len(shown),
            person=_describe(recipient),
            describe=_describe,
        )

    async def show_letter(self, request: Request) -> Response:
        """Show one e-mail."""
        letter = self.letters.letters.get(request.path_params["key"])
        if letter is None:
            return self.render_page(request, "mailbox_unknown", HTTPStatus.NOT_FOUND)
        return self.render_page(request, "letter", letter=letter, person=_describe(letter.recipient))

    async def show_source(self, request: Request) -> Response:
        """Give one e-mail as it came over the wire."""
        letter = self.letters.letters.get(request.path_params["key"])
        if letter is None:
            return self.render_page(request, "mailbox_unknown", HTTPStatus.NOT_FOUND)
        return PlainTextResponse(letter.content, headers={"x-content-type-options": "nosniff"})


def _describe(address: str) -> DemoPerson | None:
    """Return the person with that address, if it is one of the demo's."""
    return PEOPLE.get(address)


def serve_mailbox(port: int, smtp_port: int, folder: Path) -> None:
    """Serve on loopback until SIGTERM or SIGINT."""
    logging.configure_logging()
    uvicorn.run(
        create_mailbox(ReceivedLetters(folder), port, smtp_port),
        host=HOST,
        port=port,
        http=HeadBoundedHttpProtocol,
        ws="none",
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    serve_mailbox(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
