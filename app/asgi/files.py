"""Files on their way out: always as an attachment, never as something that a page of ours could run."""

import re
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.core.store import Store

SANDBOX = "default-src 'none'; sandbox"


def download(request: Request, store: Store, *, sha256: str, media: str, name: str, caching: str) -> Response:
    """The file of that digest. Its digest is its entity tag: what is unchanged is not sent twice (RFC 9110, 13).

    Raises Unknown if the store does not hold it; what is sent is checked against the digest while it leaves.
    """
    headers = {
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": caching,
        "ETag": f'"{sha256}"',
    }
    if f'"{sha256}"' in (tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(store.size(sha256))
    if getattr(request.state, "is_head", False):
        return Response(media_type=media, headers=headers)
    return StreamingResponse(store.pieces(sha256), media_type=media, headers=headers)


def disposition(name: str) -> str:
    """`attachment` with the name in ASCII and, where that differs, in UTF-8 (RFC 6266, RFC 8187)."""
    plain = re.sub(r"[^A-Za-z0-9._ ()-]", "_", name)
    extended = f"; filename*=UTF-8''{quote(name, safe='')}" if plain != name else ""
    return f'attachment; filename="{plain}"{extended}'
