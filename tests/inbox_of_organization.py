"""A real receiver for tests: the inbox of an organization over TLS, which acknowledges letters, or answers otherwise.

It is written from docs/liaisons.md with the reader that is written from that page (`app/static/verify_liaison.py`).
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.cli.new_installation.certificates import CertificateAuthority
from app.core.canonical_json import to_canonical_json
from app.core.exchange.public_https import PostOptions, create_tls_context
from app.core.exchange.signed_statements import build_envelope
from app.core.signing import Signer
from app.courier.app import create_courier
from tests.http_server import free_port, served

AUTHORITY = CertificateAuthority("inboxes of tests", timedelta(days=1))


@dataclass
class InboxOfOrganization:
    """What an organization received: each request, and the letters that it took in, by identifier. `answer` makes an
    answer from the acknowledgment; `hold` lets requests wait before they are answered."""

    signer: Signer
    code: str = "IETF"
    answer: Callable[[int, bytes], tuple[int, bytes]] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    taken_in: dict[str, bytes] = field(default_factory=dict)
    go_on: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    port: int = 0

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}/liaisons"

    def receive(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Take in a letter once, and acknowledge it."""
        letter = json.loads(body)
        with self.lock:
            self.requests.append({"headers": headers, "letter": letter, "bytes": body})
            key = letter["statement"]["id"]
            status = 200 if key in self.taken_in else 202
            if status == 202:
                self.taken_in[key] = self.acknowledge(letter["statement"])
            acknowledgment = self.taken_in[key]
        self.go_on.wait(60)
        return self.answer(status, acknowledgment) if self.answer else (status, acknowledgment)

    def acknowledge(self, statement: dict[str, Any], signer: Signer | None = None, **more: object) -> bytes:
        """Sign the acknowledgment of a letter."""
        signer = signer or self.signer
        said = {
            "format": "cwg-liaison-acknowledgment/1",
            "id": statement["id"],
            "sha256": hashlib.sha256(to_canonical_json(statement)).hexdigest(),
            "from": {"organization": self.code},
            "to": {"organization": "ITU"},
            "at": "2026-11-30T10:00:00.000000Z",
        } | more
        canonical = to_canonical_json(said)
        return build_envelope(canonical, signer.sign(canonical), signer.public_key)


@contextmanager
def open_inbox(inbox: InboxOfOrganization, folder: Path) -> Iterator[Path]:
    """Serve the inbox on a port of this machine until the end of the block; yields the certificate of its authority."""
    inbox.port = free_port()
    inbox.go_on.set()

    async def receive(request: Request) -> Response:
        body = await request.body()
        status, answer = await run_in_threadpool(inbox.receive, dict(request.headers), body)
        headers = {"Location": "https://127.0.0.1:1/"} if status in range(300, 400) else {}
        return Response(answer, status, headers)

    app = Starlette(routes=[Route("/liaisons", receive, methods=["POST"])])
    try:
        with served_over_tls(app, inbox.port, folder) as authority:
            yield authority
    finally:
        inbox.go_on.set()


@contextmanager
def served_over_tls(app: ASGIApp, port: int, folder: Path) -> Iterator[Path]:
    """Answer on that port of `localhost` until the end of the block; yields the certificate of the authority."""
    key, certificate = AUTHORITY.issue("localhost")
    folder.mkdir(exist_ok=True)
    (folder / "server.pem").write_text(key + certificate)
    (folder / "authority.pem").write_text(AUTHORITY.certificate)
    config = uvicorn.Config(
        app, port=port, ssl_certfile=folder / "server.pem", log_config=None, access_log=False, ws="none"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    give_up = monotonic() + 20
    while not server.started:
        if monotonic() > give_up:
            raise RuntimeError("the inbox does not answer")
        sleep(0.02)
    try:
        yield folder / "authority.pem"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


@contextmanager
def run_courier(authority: Path, *trusted: str) -> Iterator[str]:
    """A courier on a port of this machine that reaches these hosts although they are not public."""
    port = free_port()
    options = PostOptions(create_tls_context(str(authority)), frozenset(trusted), seconds=30)
    with served(create_courier(options), port):
        yield f"http://127.0.0.1:{port}"
