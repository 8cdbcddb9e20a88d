"""The demo's identity provider as a process: `python -m app.demo PORT`, started by `app.demo.run` with its settings."""

import sys

import uvicorn
from starlette.applications import Starlette

from app.core.observability import logging
from app.demo.cast import CAST
from app.demo.issuing import DemoClient
from app.demo.provider import create_identity_provider
from app.http.http_limits import HeadBoundedHttpProtocol
from app.settings import Settings


def build_openid_clients(settings: Settings) -> list[DemoClient]:
    """Build the OpenID clients of portal and read path, from the same settings that they use themselves."""
    _, reader, reader_secret = settings.read_path_provider()
    return [
        DemoClient(
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value(),
            (f"{settings.portal_url}/sign-in/callback",),
            (f"{settings.portal_url}/",),
            f"{settings.portal_url}/sign-in/backchannel-logout",
        ),
        DemoClient(
            reader,
            reader_secret,
            (f"{settings.read_url}/sign-in/callback",),
            (f"{settings.read_url}/",),
            f"{settings.read_url}/sign-in/backchannel-logout",
        ),
    ]


def create_demo_identity_provider(settings: Settings) -> Starlette:
    """Create the identity provider. Raises ValueError outside the demo, or if an address is not on loopback."""
    if not settings.demo:
        raise ValueError("the demo's identity provider signs anybody in: it is started by `make demo` alone")
    return create_identity_provider(settings.oidc_issuer, build_openid_clients(settings), CAST)


def serve_identity_provider(port: int) -> None:
    """Serve on loopback until SIGTERM or SIGINT."""
    logging.configure_logging()
    uvicorn.run(
        create_demo_identity_provider(Settings()),
        host="127.0.0.1",
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
    serve_identity_provider(int(sys.argv[1]))
