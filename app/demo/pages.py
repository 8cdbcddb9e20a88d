"""HTML pages of the demo's identity provider and its mailbox, and the middleware that restricts both to loopback."""

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
from app.core.addresses import LOOPBACK_HOSTS
from app.demo.cast import DemoPerson
from app.demo.issuing import NO_STORE
from app.http.localization import Localizer

TEMPLATE_FOLDER = Path(__file__).parents[2] / "templates"


def list_origins(addresses: Iterable[str]) -> list[str]:
    """List the distinct origins (scheme, host and port) of these addresses, sorted."""
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)})


class LoopbackMiddleware:
    """Middleware that rejects requests from other machines, or with another Host header (DNS rebinding)."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            client, host = scope.get("client"), Request(scope).headers.get("host")
            if not client or client[0] not in LOOPBACK_HOSTS or host != self.host:
                await Response(status_code=HTTPStatus.FORBIDDEN)(scope, receive, send)
                return
        await self.app(scope, receive, send)


@cache
def _load_environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = i18n.load_translations(language)
    environment.filters |= Localizer(language).template_functions()
    environment.globals |= Localizer(language).template_functions()
    environment.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)  # type: ignore[attr-defined]  # its i18n extension adds it
    return environment


class DemoPages:
    """Renders pages of the demo, in the language of the browser, under one Content-Security-Policy."""

    def __init__(self, stylesheet: str, policy: str) -> None:
        self.stylesheet, self.policy = stylesheet, policy

    def render_page(self, request: Request, name: str, status: int = 200, **values: object) -> Response:
        """Render the page with that name, in the language of `ui_locales` or Accept-Language."""
        languages: list[str | None] = [request.query_params.get("ui_locales", "").split(" ")[0]]
        language = i18n.negotiate_language(
            [*languages, *i18n.parse_accept_language(request.headers.get("accept-language"))]
        )
        page = (
            _load_environment(language)
            .get_template(f"demo/{name}.html")
            .render(language=language, direction=i18n.text_direction(language), stylesheet=self.stylesheet, **values)
        )
        headers = {"content-security-policy": self.policy, "x-content-type-options": "nosniff"} | NO_STORE
        return HTMLResponse(page, status, headers | {"referrer-policy": "no-referrer"})


class ProviderPages(DemoPages):
    """The pages of the identity provider."""

    def __init__(self, stylesheet: str, targets: Sequence[str], cast: dict[str, DemoPerson]) -> None:
        styles = " ".join(list_origins([stylesheet])) if stylesheet.startswith("http") else "'self'"
        # The response to the form redirects to a client, which browsers count as a target of the form.
        super().__init__(
            stylesheet,
            f"default-src 'none'; style-src {styles}; form-action 'self' {' '.join(targets)}; "
            "base-uri 'none'; frame-ancestors 'none'",
        )
        self.cast = cast
