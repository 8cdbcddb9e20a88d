"""Strict readers of JSON and base64url: one text has one meaning, or it is refused."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from app.asgi.oidc.refusal import Untrusted

JSONObject = dict[str, object]
DIGITS_AT_MOST = 20
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def _no_duplicates(pairs: list[tuple[str, object]]) -> JSONObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same key twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _short_integer(digits: str) -> int:
    if len(digits) > DIGITS_AT_MOST:
        raise ValueError("a number beyond all reason")
    return int(digits)


def read_object(text: str | bytes, cause: str) -> JSONObject:
    """A JSON object in which no key comes twice (ASVS 15.3.7); anything else is Untrusted with that cause."""
    try:
        words = text.decode() if isinstance(text, bytes) else text
        found = json.loads(
            words, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_short_integer
        )
    except (ValueError, RecursionError) as error:
        raise Untrusted(cause) from error
    if not isinstance(found, dict):
        raise Untrusted(cause)
    return found


def from_base64url(text: str, cause: str) -> bytes:
    """Base64url without padding (RFC 7515, 2) in its one proper spelling: stray bits at the end are refused."""
    if not _BASE64URL.fullmatch(text):
        raise Untrusted(cause)
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except NotBase64 as error:
        raise Untrusted(cause) from error
    if to_base64url(found) != text:
        raise Untrusted(cause)
    return found


def to_base64url(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
