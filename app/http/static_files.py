"""Static files (style sheet, script, emblem): read once at start, versioned by digest, cached for ever by browsers."""

import mimetypes
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

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


def _read(path: Path) -> StaticAsset:
    content = path.read_bytes()
    kind = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    version = b64encode(sha256(content).digest()[:12], altchars=b"-_").decode()
    return StaticAsset(content, kind, version)
