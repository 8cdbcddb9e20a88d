"""What people see of the demo's identity provider, and the guard at its door."""

from collections.abc import Iterable, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core import i18n
from app.demo.cast import Player
from app.demo.issuing import NO_STORE
from app.settings import LOOPBACK

TEMPLATES = Path(__file__).parents[2] / "templates"


def origins(addresses: Iterable[str]) -> list[str]:
    """Scheme, host and port of each, once."""
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)})


class LoopbackOnly:
    """Refuses whoever does not come from this machine, or by another name (DNS rebinding)."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            client, host = scope.get("client"), Request(scope).headers.get("host")
            if not client or client[0] not in LOOPBACK or host != self.host:
                await Response(status_code=HTTPStatus.FORBIDDEN)(scope, receive, send)
                return
        await self.app(scope, receive, send)


@cache
def _templates(language: str) -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = i18n.translations(language)
    found.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]  # its i18n extension adds it
    return found


class Pages:
    """The few pages that people see here, in their browser's language."""

    def __init__(self, stylesheet: str, targets: Sequence[str], cast: dict[str, Player]) -> None:
        self.cast = cast
        self.stylesheet = stylesheet
        styles = " ".join(origins([stylesheet])) if stylesheet.startswith("http") else "'self'"
        # The answer to the form redirects to a door, which browsers count as a target of the form.
        self.policy = (
            f"default-src 'none'; style-src {styles}; form-action 'self' {' '.join(targets)}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )

    def show(self, request: Request, name: str, status: int = 200, **values: object) -> Response:
        """The page of that name."""
        wishes: list[str | None] = [request.query_params.get("ui_locales", "").split(" ")[0]]
        language = i18n.choose([*wishes, *i18n.accepted(request.headers.get("accept-language"))])
        page = (
            _templates(language)
            .get_template(f"demo/{name}.html")
            .render(language=language, direction=i18n.direction(language), stylesheet=self.stylesheet, **values)
        )
        headers = {"content-security-policy": self.policy, "x-content-type-options": "nosniff"} | NO_STORE
        return HTMLResponse(page, status, headers | {"referrer-policy": "no-referrer"})
