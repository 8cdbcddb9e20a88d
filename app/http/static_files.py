"""Static files (style sheets, scripts, emblem): read once at start, versioned by digest, cached for ever by browsers;
and which style sheets a page links."""

import mimetypes
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.core.compression import GZIP, accepts_gzip, compress_once
from app.core.errors import NotFound

STATIC_FOLDER = Path(__file__).parent.parent / "static"
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml; charset=utf-8",  # Starlette names the encoding of text/… alone
    ".py": "text/x-python",
}

SHARED_SHEETS: Final = ("lists.css", "forms.css", "text.css", "figures.css", "status.css", "reading.css")
"""Style sheets of kinds of page, in the order in which a page links them. Each rule begins with a class of its own."""
_CLASSES = re.compile(r'class="((?:[^"{]|{{.*?}}|{%.*?%}|{)*)"')
_REFERENCES = re.compile(r'{%-? *(?:extends|include|import|from) +(?:"([^"]+)"|base)')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")
_SPACE_BETWEEN = re.compile(r" ?([{};,]) ?")
_RULES = re.compile(r"([^{}]+){[^{}]*}")
_INNERMOST_BRACKETS = re.compile(r"\([^()]*\)")
_FIRST_CLASS = re.compile(r"[a-z0-9]*\.([\w-]+)")


@dataclass(frozen=True, slots=True)
class StaticAsset:
    """A static file: its bytes, media type, and the version in its URL (96 bits of its SHA-256, base64url)."""

    content: bytes
    media_type: str
    version: str


class StaticAssets:
    """The files of one folder. Names are looked up, never joined to a path, so no other file can be reached."""

    def __init__(self, folder: Path = STATIC_FOLDER) -> None:
        self._assets = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.is_file()}

    def asset_url(self, name: str) -> str:
        """URL of a file, with its version: a new version has a new URL."""
        return f"/static/{name}?v={self._assets[name].version}"

    def asset_response(self, request: Request, name: str) -> Response:
        """Return the file as a response, immutable if requested by its version (RFC 8246), else revalidated each time.

        Raises NotFound if there is no such file.
        """
        if (asset := self._assets.get(name)) is None:
            raise NotFound
        compressed = compress_once(asset.content) if accepts_gzip(request.headers.get("Accept-Encoding")) else None
        is_versioned = request.query_params.get("v") == asset.version
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if is_versioned else "no-cache",
            # The compressed file is another representation, with a tag of its own (RFC 9110, 8.8.3.3).
            "ETag": f'"{asset.version}-{GZIP}"' if compressed else f'"{asset.version}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if compressed:
            headers["Content-Encoding"] = GZIP
        return Response(compressed or asset.content, media_type=asset.media_type, headers=headers)


class StyleSheets:
    """Which shared style sheets a page links: those with a class that its template writes, or one that this refers to.

    So that a page waits for no rule that it does not need, and no template has to name its sheets.
    """

    def __init__(self, templates: Path, base: str, static: Path = STATIC_FOLDER) -> None:
        self._templates, self._base = templates, base
        self._classes = {name: find_styled_classes((static / name).read_text("utf-8")) for name in SHARED_SHEETS}
        self.list_sheets = cache(self._list_sheets)

    def _list_sheets(self, template: str) -> tuple[str, ...]:
        """List the style sheets of a template, in their order."""
        written: set[str] = set()
        names, seen = [template], {template}
        while names:
            source = (self._templates / names.pop()).read_text("utf-8")
            written |= {word for value in _CLASSES.findall(source) for word in re.findall(r"[\w-]+", value)}
            further = {name or self._base for name in find_referenced_templates(source)} - seen
            names += further
            seen |= further
        return tuple(name for name, classes in self._classes.items() if classes & written)


def find_referenced_templates(source: str) -> list[str]:
    """Find the templates that a template extends, includes or imports; "" is the base of its side."""
    return _REFERENCES.findall(source)


def find_styled_classes(sheet: str) -> frozenset[str]:
    """Find the classes with which the rules of a style sheet begin; "" is for a rule that begins with none."""
    found = set()
    for selectors in _RULES.findall(_COMMENT.sub("", sheet)):
        bare = selectors
        while _INNERMOST_BRACKETS.search(bare):
            bare = _INNERMOST_BRACKETS.sub("", bare)
        for selector in bare.split(","):
            match = _FIRST_CLASS.match(selector.strip())
            found.add(match[1] if match else "")
    return frozenset(found)


def shorten_style_sheet(sheet: str) -> str:
    """Remove comments and the space that has no meaning; a fifth of what remains after compression."""
    return _SPACE_BETWEEN.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", sheet))).strip()


def _read(path: Path) -> StaticAsset:
    content = shorten_style_sheet(path.read_text("utf-8")).encode() if path.suffix == ".css" else path.read_bytes()
    kind = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    version = b64encode(sha256(content).digest()[:12], altchars=b"-_").decode()
    return StaticAsset(content, kind, version)
