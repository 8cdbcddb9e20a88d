"""The OpenID provider of a tested deployment, in a container of its own: the strict one of the demo, with TLS and at a
public name. It signs in anybody as anybody of the cast, so nothing but the test reaches it."""

import os
from pathlib import Path

import uvicorn

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


def main() -> None:
    """Serve until SIGTERM."""
    clients = [
        build_client(os.environ["CWG_OIDC_CLIENT_ID"], os.environ["CWG_PORTAL_URL"], "cwg_oidc_client_secret"),
        build_client(os.environ["CWG_READ_OIDC_CLIENT_ID"], os.environ["CWG_READ_URL"], "cwg_read_oidc_client_secret"),
    ]
    uvicorn.run(
        build_provider(os.environ["CWG_OIDC_ISSUER"], clients, CAST),
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
