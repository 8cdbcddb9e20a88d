"""Render Jinja templates as pages in the reader's language. Error pages are in `error_pages`."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.asgi.formats import Formats
from app.asgi.static import Assets
from app.core.i18n import LANGUAGES, OWN_NAMES, Text, accepted, choose, direction, translations
from app.core.search.passages import Passage

Side = Literal["portal", "reading"]
BASES = MappingProxyType({"portal": "base.html", "reading": "dissemination/base.html"})
COOKIE = "cwg_lang"
YEAR = 365 * 24 * 3600
Pairs = Sequence[tuple[str, str]]
KEPT = 2_000  # entries of the cache of rendered macros, for each language


class Reader(Protocol):
    """The signed-in person as the masthead shows them. `request.state.reader` holds one, or None."""

    @property
    def name(self) -> str: ...
    @property
    def acts_for(self) -> str | Text | None: ...
    @property
    def capacity(self) -> Text | None: ...
    @property
    def locale(self) -> str | None: ...


class Tongue(NamedTuple):
    """One entry of the language menu."""

    code: str
    name: str
    direction: str
    href: str
    current: bool


class Pages:
    """Render the templates of one application; created once per process.

    `flash_messages` maps the value of `?done=` after a redirect to its message: a fixed table, so that a URL cannot put
    text on a page. `reader`, `menu` (of (href, label, current)) and `form_token` are read from `request.state` if set.
    """

    def __init__(
        self,
        folder: Path,
        *,
        side: Side,
        public_url: str,
        assets: Assets,
        secretariat_mail: str = "",
        done: Mapping[str, Text] = MappingProxyType({}),
    ) -> None:
        self.side: Side = side
        self.origin = public_url
        self._secure = urlsplit(public_url).scheme == "https"
        self._done = done
        self._always = {"asset": assets.url, "base": BASES[side], "secretariat_mail": secretariat_mail}
        self._environments = {language: _environment(folder, language, self._always) for language in LANGUAGES}

    @property
    def cookie(self) -> str:
        """Name of the language cookie, with the `__Host-` prefix over TLS (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{COOKIE}" if self._secure else COOKIE

    def language(self, request: Request) -> str:
        """Choose the language of a page: from the query, else the cookie, else the person's settings, else the
        browser's."""
        reader: Reader | None = getattr(request.state, "reader", None)
        wishes = [request.query_params.get("lang"), request.cookies.get(self.cookie), reader.locale if reader else None]
        return choose([*wishes, *accepted(request.headers.get("Accept-Language"))])

    def show(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Render a template as an HTTP response; `values` are added to the values that every page has.

        Raises jinja2.UndefinedError if the template uses a value that was not passed.
        """
        language = self.language(request)
        pairs = request.query_params.multi_items() if status < 400 else ()
        text = self.written(
            language,
            template,
            pairs,
            reader=getattr(request.state, "reader", None),
            menu=getattr(request.state, "menu", ()),
            form_token=getattr(request.state, "form_token", ""),
            done=self._flash_message(request),
            **values,
        )
        return self.remembering(request, self.answer(language, text, status))

    def written(self, language: str, template: str, pairs: Pairs, **values: object) -> str:
        """Render a template as the HTML of a page. `query_pairs` is the query kept by the links to other languages.

        `values` must contain `reader`, `menu`, `form_token` and `done` besides the template's own values.
        """
        common = {"language": language, "direction": direction(language), "languages": _language_links(pairs, language)}
        return self._environments[language].get_template(template).render(common | values)

    def answer(self, language: str, text: str | bytes, status: int = 200) -> HTMLResponse:
        """Wrap rendered HTML in a response with its language headers."""
        return HTMLResponse(text, status, {"Content-Language": language, "Vary": "Cookie, Accept-Language"})

    def remembering(self, request: Request, answer: HTMLResponse) -> HTMLResponse:
        """Set the language cookie if the query of this request chose a language; return the response."""
        language = request.query_params.get("lang")
        if language and choose([language]) == language:
            answer.set_cookie(self.cookie, language, max_age=YEAR, secure=self._secure, httponly=True, samesite="lax")
        return answer

    def write(self, language: str, template: str, **values: object) -> str:
        """Render a template as HTML for print or export, without reader, menu or form token."""
        common = {"language": language, "direction": direction(language)}
        return self._environments[language].get_template(template).render(common | values)

    def _flash_message(self, request: Request) -> Text | None:
        """Message for `?done=`; None if the request comes from another site, which must not trigger a message."""
        if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            return None
        return self._done.get(request.query_params.get("done", ""))


class _Environment(Environment):
    """Environment that shares one globals dictionary: Jinja reads all globals at every import of a template."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def passage(pieces: Passage) -> Markup:
    """Render a passage of a text as HTML, with the search hits in `<mark>`.

    The pieces are escaped in one call, joined by NUL, the one character that no text in PostgreSQL contains.
    """
    escaped = str(escape("\0".join(piece.text for piece in pieces))).split("\0")
    marked = (f"<mark>{text}</mark>" if piece.marked else text for text, piece in zip(escaped, pieces, strict=False))
    return Markup("".join(marked))  # noqa: S704 - escaped above


def _environment(folder: Path, language: str, always: Mapping[str, object]) -> Environment:
    environment = _Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals.update(always)
    environment.filters["passage"] = passage
    for name, call in Formats(language).names().items():
        environment.globals[name] = environment.filters[name] = call
    environment.globals["kept"] = lru_cache(KEPT)(_render_macro)
    catalogue = translations(language)
    # The extension adds this method while it runs; its newstyle calls escape the values they put in.
    vars(environment)["install_gettext_translations"](catalogue, newstyle=True)
    return environment


def _render_macro(macro: Callable[..., str], *values: object) -> str:
    """Render a macro; in templates `kept(macro, …)` caches the result by macro and values.

    Only for macros whose output depends on their values alone; all values must be hashable.
    """
    return macro(*values)


def _language_links(pairs: Pairs, chosen: str) -> list[Tongue]:
    """Build the language menu. Links are relative, so that an error page repeats nothing of its URL."""
    query = urlencode([pair for pair in pairs if pair[0] not in {"lang", "done"}])
    prefix = f"?{query}&lang=" if query else "?lang="
    return [Tongue(code, OWN_NAMES[code], direction(code), prefix + code, code == chosen) for code in LANGUAGES]
