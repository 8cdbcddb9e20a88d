"""Render Jinja templates as pages in the reader's language. Error pages are in `error_pages`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.core.clock import SEAT_ZONE
from app.core.i18n import (
    LANGUAGES,
    NATIVE_NAMES,
    LazyText,
    negotiate_language,
    parse_accept_language,
    text_direction,
)
from app.http.jinja.environment import build_environment
from app.http.moments import write_for_zone
from app.http.reader_zones import ZONE_COOKIE, ReaderZone
from app.http.static_files import StaticAssets, StyleSheets

PageSide = Literal["portal", "reading"]
BASE_TEMPLATES = MappingProxyType({"portal": "base.html", "reading": "dissemination/base.html"})
LANGUAGE_COOKIE = "cwg_lang"
SIGNED_IN_AGAIN, SIGNED_IN_AS_ANOTHER = "signed-in-again", "signed-in-as-another"
SHOWN_AFTER_SIGN_IN = frozenset({SIGNED_IN_AGAIN, SIGNED_IN_AS_ANOTHER})
"""Keys of the messages for people who come back from the identity provider."""
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600
QueryPairs = Sequence[tuple[str, str]]


class PersonInMasthead(Protocol):
    """The signed-in person as the masthead shows them. `request.state.reader` holds one, or None."""

    @property
    def name(self) -> str: ...
    @property
    def acts_for(self) -> str | LazyText | None: ...
    @property
    def capacity(self) -> LazyText | None: ...
    @property
    def locale(self) -> str | None: ...


class LanguageLink(NamedTuple):
    """One entry of the language menu."""

    code: str
    name: str
    direction: str
    href: str
    current: bool


class PageTemplates:
    """Render the templates of one application; created once per process.

    `flash_messages` maps the value of `?done=` after a redirect to its message: a fixed table, so that a URL cannot put
    text on a page. `checked_acts` maps the address of an act to what its check page says of it. `reader`, `menu` (of
    (href, label, current)) and `form_token` are read from `request.state` if set.
    """

    def __init__(
        self,
        folder: Path,
        *,
        side: PageSide,
        public_url: str,
        assets: StaticAssets,
        secretariat_mail: str = "",
        flash_messages: Mapping[str, LazyText] = MappingProxyType({}),
        checked_acts: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        self.side: PageSide = side
        self.origin = public_url
        self._secure = urlsplit(public_url).scheme == "https"
        self._done = flash_messages
        self._always = {
            "asset": assets.asset_url,
            "base": BASE_TEMPLATES[side],
            "checked_acts": checked_acts,
            "secretariat_mail": secretariat_mail,
            "seat_zone": SEAT_ZONE,
            "zone_cookie": f"__Host-{ZONE_COOKIE}" if self._secure else ZONE_COOKIE,
        }
        self._sheets = StyleSheets(folder, BASE_TEMPLATES[side])
        self._environments = {language: build_environment(folder, language, self._always) for language in LANGUAGES}

    @property
    def language_cookie(self) -> str:
        """Name of the language cookie, with the `__Host-` prefix over TLS (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{LANGUAGE_COOKIE}" if self._secure else LANGUAGE_COOKIE

    def negotiate_language(self, request: Request) -> str:
        """Choose the language of a page: from the query, else the cookie, else the person's settings, else the
        browser's."""
        reader: PersonInMasthead | None = getattr(request.state, "reader", None)
        wishes = [
            request.query_params.get("lang"),
            request.cookies.get(self.language_cookie),
            reader.locale if reader else None,
        ]
        return negotiate_language([*wishes, *parse_accept_language(request.headers.get("Accept-Language"))])

    def render_response(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Render a template as an HTTP response; `values` are added to the values that every page has.

        Raises jinja2.UndefinedError if the template uses a value that was not passed.
        """
        language = self.negotiate_language(request)
        pairs = request.query_params.multi_items() if status < 400 else ()
        reader_zone: ReaderZone | None = getattr(request.state, "reader_zone", None)
        with write_for_zone(reader_zone.zone if reader_zone else None):
            text = self.render_page(
                language,
                template,
                pairs,
                reader=getattr(request.state, "reader", None),
                menu=tuple(getattr(request.state, "menu", ())),
                form_token=getattr(request.state, "form_token", ""),
                done=self._flash_message(request),
                reader_zone=reader_zone,
                **values,
            )
        return self.remember_language(request, self.html_response(language, text, status))

    def render_page(self, language: str, template: str, query_pairs: QueryPairs, **values: object) -> str:
        """Render a template as the HTML of a page. `query_pairs` is the query kept by the links to other languages.

        `values` must contain `reader`, `menu`, `form_token` and `done` besides the template's own values.
        """
        common = {
            "language": language,
            "direction": text_direction(language),
            "languages": _language_links(query_pairs, language),
            "has_query": bool(query_pairs),
            "sheets": self._sheets.list_sheets(template),
        }
        return self._environments[language].get_template(template).render(common | values)

    def html_response(self, language: str, text: str | bytes, status: int = 200) -> HTMLResponse:
        """Wrap rendered HTML in a response with its language headers."""
        return HTMLResponse(text, status, {"Content-Language": language, "Vary": "Cookie, Accept-Language"})

    def remember_language(self, request: Request, response: HTMLResponse) -> HTMLResponse:
        """Set the language cookie if the query of this request chose a language; return the response."""
        language = request.query_params.get("lang")
        if language and negotiate_language([language]) == language:
            response.set_cookie(
                self.language_cookie,
                language,
                max_age=LANGUAGE_COOKIE_SECONDS,
                secure=self._secure,
                httponly=True,
                samesite="lax",
            )
        return response

    def render_printable_html(self, language: str, template: str, **values: object) -> str:
        """Render a template as HTML for print or export, without reader, menu or form token."""
        common = {
            "language": language,
            "direction": text_direction(language),
            "sheets": self._sheets.list_sheets(template),
        }
        return self._environments[language].get_template(template).render(common | values)

    def _flash_message(self, request: Request) -> LazyText | None:
        """Message for `?done=`; None if the request comes from another site, which must not trigger a message: but for
        those that are shown to who comes back from the identity provider."""
        key = request.query_params.get("done", "")
        if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"} and key not in SHOWN_AFTER_SIGN_IN:
            return None
        return self._done.get(key)


def _language_links(pairs: QueryPairs, chosen: str) -> tuple[LanguageLink, ...]:
    """Build the language menu. Links are relative, so that an error page repeats nothing of its URL."""
    query = urlencode([pair for pair in pairs if pair[0] not in {"lang", "done"}])
    prefix = f"?{query}&lang=" if query else "?lang="
    return tuple(
        LanguageLink(code, NATIVE_NAMES[code], text_direction(code), prefix + code, code == chosen)
        for code in LANGUAGES
    )
