"""Protection against cross-site request forgery, and strict reading of form fields that must occur once."""

import hmac
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request

from app.core import clock
from app.core.errors import BadRequest, FormExpired
from app.core.i18n import lazy_gettext as _

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_FIELD = "token"  # noqa: S105 — name of a form field, not a secret
TOKEN_HEADER = "X-Form-Token"  # noqa: S105 — for requests without a form, such as a chunk of a file


class SubmittedFields(Protocol):
    """A form or a query: a field may occur more than once."""

    def getlist(self, key: str, /) -> Sequence[str | UploadFile]: ...

    def multi_items(self) -> Sequence[tuple[str, str | UploadFile]]: ...


def create_form_token(secret: str, person: object) -> str:
    """Create the CSRF token of a form: an HMAC of the person and the day (UTC)."""
    return _token(secret, person, clock.now().date())


def is_same_origin(headers: Headers, origin: str) -> bool:
    """Tell whether the browser declares a page of ours as the source (Fetch Metadata; RFC 6454; ASVS 3.5.1).

    Sec-Fetch-Site and Origin must agree if present; Referer counts if both are missing; without any of them the answer
    is no.
    """
    sites, origins, referers = (headers.getlist(name) for name in ("Sec-Fetch-Site", "Origin", "Referer"))
    if sites or origins:
        return sites in ([], ["same-origin"]) and origins in ([], [origin])
    return len(referers) == 1 and _origin_of(referers[0]) == origin


def is_genuine_form(headers: Headers, fields: SubmittedFields, *, origin: str, secret: str, person: object) -> bool:
    """Tell whether a request comes from our pages with exactly one token of today or yesterday (UTC) for this
    person."""
    tokens = [*headers.getlist(TOKEN_HEADER), *fields.getlist(TOKEN_FIELD)]
    if not is_same_origin(headers, origin) or len(tokens) != 1 or not isinstance(tokens[0], str):
        return False
    today = clock.now().date()
    submitted = tokens[0].encode(errors="surrogatepass")
    valid = (_token(secret, person, day).encode() for day in (today, today - timedelta(days=1)))
    return any(hmac.compare_digest(submitted, token) for token in valid)


async def verify_csrf(request: Request, *, origin: str, secret: str, person: object) -> None:
    """Check the CSRF token of a request that is not safe; call it in the dependency that knows the person.

    Raises FormExpired if the request does not come from a form made for this person.
    """
    if request.method in SAFE_METHODS:
        return
    form = await request.form()
    if not is_genuine_form(request.headers, form, origin=origin, secret=secret, person=person):
        await form.close()
        raise FormExpired(_("This form was not sent from a page generated for you in the last 24 hours."))


def single_field(fields: SubmittedFields, name: str) -> str:
    """Return the text of a field that must occur exactly once.

    Raises BadRequest if it is missing, repeated or a file (ASVS 15.3.7).
    """
    values = fields.getlist(name)
    if len(values) != 1 or not isinstance(values[0], str):
        raise BadRequest(_("A field of this form is missing or was sent more than once. Open the form again."))
    return values[0]


def require_single_fields(fields: SubmittedFields, *, repeatable: Collection[str] = ()) -> None:
    """Check that no field occurs twice except those in `repeatable`: otherwise the last value would silently win.

    Raises BadRequest.
    """
    keys = [key for key, _ignored in fields.multi_items()]
    if any(keys.count(key) > 1 for key in set(keys) - set(repeatable)):
        raise BadRequest(_("A field of this form was sent more than once. Open the form again."))


def _token(secret: str, person: object, day: date) -> str:
    return hmac.new(secret.encode(), f"form {person} {day.isoformat()}".encode(), sha256).hexdigest()


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
