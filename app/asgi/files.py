"""Files on their way out: never as something that a page of ours could run.

What people handed in leaves as an attachment. What we made of it, a PDF or a picture, may be looked at in the page.
"""

import re
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.core.gate import PDF
from app.core.store import Store

SANDBOX = "default-src 'none'; sandbox"
# Only our own pages may frame it; this counts instead of X-Frame-Options where both are there (CSP 3, 6.4.2.1).
# Without `sandbox`: of a PDF's policy Chromium 156 heeds `frame-ancestors` alone (docs/decisions.md, 26).
VIEWER = "default-src 'none'; object-src 'self'; frame-ancestors 'self'"
PRIVATE = "private, no-cache"


def download(
    request: Request, store: Store, *, sha256: str, media: str, name: str, caching: str, address: str | None = None
) -> Response:
    """The file of that digest. Its digest is its entity tag: what is unchanged is not sent twice (RFC 9110, 13).

    Raises Unknown if the store does not hold it; what is sent is checked against the digest while it leaves. A web
    server in front that can send the file is told which one (`X-Accel-Redirect`), and takes over the other headers;
    `address` says so of a file that was proven just now.
    """
    return _sent(request, store, sha256, media, disposition("attachment", name), SANDBOX, caching, address)


def view(request: Request, store: Store, *, sha256: str, media: str, name: str) -> Response:
    """The same for a rendition that is looked at in the page: a PDF in the browser's viewer, or a picture."""
    policy = VIEWER if media == PDF else SANDBOX
    return _sent(request, store, sha256, media, disposition("inline", name), policy, PRIVATE)


def attachment(content: bytes, media: str, name: str) -> Response:
    """A file that was made just now, whole."""
    headers = {"Content-Disposition": disposition("attachment", name), "Content-Security-Policy": SANDBOX}
    return Response(content, media_type=media, headers=headers)


def _sent(
    request: Request,
    store: Store,
    sha256: str,
    media: str,
    placing: str,
    policy: str,
    caching: str,
    address: str | None = None,
) -> Response:
    headers = {
        "Content-Disposition": placing,
        "Content-Security-Policy": policy,
        "Cache-Control": caching,
        "ETag": f'"{sha256}"',
    }
    if f'"{sha256}"' in (tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")):
        return Response(status_code=304, headers=headers)
    is_head = getattr(request.state, "is_head", False)
    if not is_head and (address := address or store.address(sha256)):
        return Response(media_type=media, headers=headers | {"X-Accel-Redirect": address})
    headers["Content-Length"] = str(store.size(sha256))
    if is_head:
        return Response(media_type=media, headers=headers)
    return StreamingResponse(store.pieces(sha256), media_type=media, headers=headers)


def disposition(kind: str, name: str) -> str:
    """`attachment` or `inline` with the name in ASCII and, where that differs, in UTF-8 (RFC 6266, RFC 8187)."""
    plain = re.sub(r"[^A-Za-z0-9._ ()-]", "_", name)
    extended = f"; filename*=UTF-8''{quote(name, safe='')}" if plain != name else ""
    return f'{kind}; filename="{plain}"{extended}'
