"""Forms: whether one was sent from a page of ours by the person it was made for, and reading one field once."""

import hmac
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request

from app.core import clock
from app.core.errors import Forbidden, Unacceptable
from app.core.i18n import say

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN = "token"  # noqa: S105 — the name of a field, not a secret
TOKEN_HEADER = "X-Form-Token"  # noqa: S105 — for what is sent without a form, such as a piece of a file


class Fields(Protocol):
    """A form or a query: a field may have been sent more than once."""

    def getlist(self, key: str, /) -> Sequence[str | UploadFile]: ...

    def multi_items(self) -> Sequence[tuple[str, str | UploadFile]]: ...


def form_token(secret: str, person: object) -> str:
    """What a form carries to show that our page made it, for this person, today."""
    return _sealed(secret, person, clock.now().date())


def is_from_here(headers: Headers, origin: str) -> bool:
    """Whether the browser says that a page of ours sent this (Fetch Metadata; RFC 6454; ASVS 3.5.1).

    Each of the first two that is there must agree; Referer counts if neither is; with none of the three it is not.
    """
    sites, origins, referers = (headers.getlist(name) for name in ("Sec-Fetch-Site", "Origin", "Referer"))
    if sites or origins:
        return sites in ([], ["same-origin"]) and origins in ([], [origin])
    return len(referers) == 1 and _origin(referers[0]) == origin


def is_genuine(headers: Headers, fields: Fields, *, origin: str, secret: str, person: object) -> bool:
    """Whether a page of ours sent this, with one valid token of today or yesterday (UTC), made for this person."""
    tokens = [*headers.getlist(TOKEN_HEADER), *fields.getlist(TOKEN)]
    if not is_from_here(headers, origin) or len(tokens) != 1 or not isinstance(tokens[0], str):
        return False
    today = clock.now().date()
    offered = tokens[0].encode(errors="surrogatepass")
    valid = (_sealed(secret, person, day).encode() for day in (today, today - timedelta(days=1)))
    return any(hmac.compare_digest(offered, token) for token in valid)


async def genuine(request: Request, *, origin: str, secret: str, person: object) -> None:
    """Let a request pass that only reads, or whose form is genuine. Call it in the dependency that knows the person.

    Raises Forbidden.
    """
    if request.method in SAFE:
        return
    form = await request.form()
    if not is_genuine(request.headers, form, origin=origin, secret=secret, person=person):
        await form.close()
        raise Forbidden(
            say(
                "This form was not sent from a page made for you in the last day. Open its page and send it from there."
            )
        )


def one(fields: Fields, name: str) -> str:
    """The value of a field that must be there exactly once, as text.

    Raises Unacceptable if it is missing, comes twice or is a file (ASVS 15.3.7).
    """
    values = fields.getlist(name)
    if len(values) != 1 or not isinstance(values[0], str):
        raise Unacceptable(say("A field of this form is missing or was sent more than once. Open the form again."))
    return values[0]


def insist_single(fields: Fields, *, many: Collection[str] = ()) -> None:
    """Refuse a form or query in which a field comes twice, except those named in `many`: the last would silently win.

    Raises Unacceptable.
    """
    keys = [key for key, _ in fields.multi_items()]
    if any(keys.count(key) > 1 for key in set(keys) - set(many)):
        raise Unacceptable(say("A field of this form was sent more than once. Open the form again."))


def _sealed(secret: str, person: object, day: date) -> str:
    return hmac.new(secret.encode(), f"form {person} {day.isoformat()}".encode(), sha256).hexdigest()


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
