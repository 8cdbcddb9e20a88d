"""The OpenID provider of a tested deployment, in a container of its own: the strict one of the demo, with TLS and at a
public name. It signs in anybody as anybody of the cast, so nothing but the test reaches it."""

import os
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.clock import now, shifted_clock
from app.demo.cast import CAST
from app.demo.issuing import DemoClient
from app.demo.provider import build_provider
from app.http.http_limits import HeadBoundedHttpProtocol

SECRETS = Path("/run/secrets")


def build_client(name: str, origin: str, secret: str) -> DemoClient:
    """Build a client from the secret that its side has too."""
    return DemoClient(
        name,
        (SECRETS / secret).read_text(encoding="utf-8").strip(),
        (f"{origin}/sign-in/callback",),
        (f"{origin}/",),
    )


def add_date(application: ASGIApp) -> ASGIApp:
    """Wrap the provider, so that its answers say what its clock says."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"date", format_datetime(now(), usegmt=True).encode())]
            await send(message)

        await application(scope, receive, send_dated)

    return answer


def main() -> None:
    """Serve until SIGTERM, with a clock that is so many seconds ahead as the environment says."""
    with shifted_clock(timedelta(seconds=int(os.environ.get("CWG_PROVIDER_AHEAD") or "0"))):
        serve()


def serve() -> None:
    """Serve until SIGTERM."""
    clients = [
        build_client(os.environ["CWG_OIDC_CLIENT_ID"], os.environ["CWG_PORTAL_URL"], "cwg_oidc_client_secret"),
        build_client(os.environ["CWG_READ_OIDC_CLIENT_ID"], os.environ["CWG_READ_URL"], "cwg_read_oidc_client_secret"),
    ]
    uvicorn.run(
        add_date(build_provider(os.environ["CWG_OIDC_ISSUER"], clients, CAST)),
        date_header=False,
        host="0.0.0.0",
        port=443,
        http=HeadBoundedHttpProtocol,
        ws="none",
        proxy_headers=False,
        access_log=False,
        ssl_certfile="/run/tls/certificate.pem",
        ssl_keyfile="/run/tls/key.pem",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
