"""Pages: a template in the reader's language, with what every page needs. Refusals as pages are in `refusals`."""

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
KEPT = 2_000  # pieces of pages that were written lately, for each language


class Reader(Protocol):
    """Who reads, as the masthead shows them. `request.state.reader` holds one, or None."""

    @property
    def name(self) -> str: ...
    @property
    def acts_for(self) -> str | Text | None: ...
    @property
    def capacity(self) -> Text | None: ...
    @property
    def locale(self) -> str | None: ...


class Tongue(NamedTuple):
    """One line of the language menu."""

    code: str
    name: str
    direction: str
    href: str
    current: bool


class Pages:
    """Shows templates. Made once for each door.

    `done` says what `?done=word` means after a redirect: a fixed table, so that an address cannot put words on a page.
    From `request.state` come, if somebody has set them: `reader`, `menu` (of (href, label, current)), `form_token`.
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
        """Bound to this host where the browser can promise it (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{COOKIE}" if self._secure else COOKIE

    def language(self, request: Request) -> str:
        """Asked for in the address, else remembered, else the person's, else the browser's."""
        reader: Reader | None = getattr(request.state, "reader", None)
        wishes = [request.query_params.get("lang"), request.cookies.get(self.cookie), reader.locale if reader else None]
        return choose([*wishes, *accepted(request.headers.get("Accept-Language"))])

    def show(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """The template as a page; `values` come on top of what every page has.

        Raises jinja2.UndefinedError if the template asks for a value that nobody gave.
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
            done=self._what_was_done(request),
            **values,
        )
        return self.remembering(request, self.answer(language, text, status))

    def written(self, language: str, template: str, pairs: Pairs, **values: object) -> str:
        """The template as the text of a page for the screen. `pairs` are the query that other languages keep.

        Beside what the template asks for, `values` are `reader`, `menu`, `form_token` and `done`.
        """
        known = {"language": language, "direction": direction(language), "languages": _tongues(pairs, language)}
        return self._environments[language].get_template(template).render(known | values)

    def answer(self, language: str, text: str | bytes, status: int = 200) -> HTMLResponse:
        """A page that was written, as an answer."""
        return HTMLResponse(text, status, {"Content-Language": language, "Vary": "Cookie, Accept-Language"})

    def remembering(self, request: Request, answer: HTMLResponse) -> HTMLResponse:
        """The same answer; the browser keeps the language that the address of this request chose, if it did."""
        language = request.query_params.get("lang")
        if language and choose([language]) == language:
            answer.set_cookie(self.cookie, language, max_age=YEAR, secure=self._secure, httponly=True, samesite="lax")
        return answer

    def write(self, language: str, template: str, **values: object) -> str:
        """The template as text for paper: without a reader, a menu or anything else of the screen."""
        known = {"language": language, "direction": direction(language)}
        return self._environments[language].get_template(template).render(known | values)

    def _what_was_done(self, request: Request) -> Text | None:
        """Nobody else's page may make ours say that something was done."""
        if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            return None
        return self._done.get(request.query_params.get("done", ""))


class _Environment(Environment):
    """Jinja asks for the names of all globals at every import of a template; a plain dictionary has them at hand."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def passage(pieces: Passage) -> Markup:
    """A passage of a text, with what was looked for marked. The pieces are escaped at once, parted by the one character
    that no text in PostgreSQL has."""
    written = str(escape("\0".join(piece.text for piece in pieces))).split("\0")
    marked = (f"<mark>{text}</mark>" if piece.marked else text for text, piece in zip(written, pieces, strict=False))
    return Markup("".join(marked))  # noqa: S704 - it was escaped


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
    environment.globals["kept"] = lru_cache(KEPT)(_piece)
    catalogue = translations(language)
    # The extension adds this method while it runs; its newstyle calls escape the values they put in.
    vars(environment)["install_gettext_translations"](catalogue, newstyle=True)
    return environment


def _piece(macro: Callable[..., str], *values: object) -> str:
    """`kept(macro, …)` in a template: the same macro of the same values is the same text, written once.

    For macros that show nothing but their values, which must all be such as can be a key.
    """
    return macro(*values)


def _tongues(pairs: Pairs, chosen: str) -> list[Tongue]:
    """The language menu: the same page, said relatively, so that a refusal repeats nothing of its address."""
    kept = urlencode([pair for pair in pairs if pair[0] not in {"lang", "done"}])
    to = f"?{kept}&lang=" if kept else "?lang="
    return [Tongue(code, OWN_NAMES[code], direction(code), to + code, code == chosen) for code in LANGUAGES]
