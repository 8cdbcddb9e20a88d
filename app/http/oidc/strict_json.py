"""Strict parsing of JSON and base64url: a text has one meaning, or it is rejected."""

import json
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from app.http.oidc.errors import OidcVerificationError

JSONObject = dict[str, object]
MAX_INTEGER_DIGITS = 20
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def _unique_keys(pairs: list[tuple[str, object]]) -> JSONObject:
    """Build an object from its members. Raises ValueError for a repeated key."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("the same key twice")
    return members


def _reject_constant(name: str) -> object:
    """Raises ValueError for NaN and Infinity."""
    raise ValueError(f"{name} is not JSON")


def _short_integer(digits: str) -> int:
    """Parse an integer of at most 20 digits. Raises ValueError."""
    if len(digits) > MAX_INTEGER_DIGITS:
        raise ValueError("a number beyond all reason")
    return int(digits)


def _finite_float(digits: str) -> float:
    """Parse a number with a fraction or an exponent. Raises ValueError if it is beyond what a float holds."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number beyond all reason")
    return value


def parse_json_object(text: str | bytes, cause: str) -> JSONObject:
    """Parse a JSON object without repeated keys (ASVS 15.3.7); every number in it is finite.

    Raises OidcVerificationError with this cause for anything else.
    """
    try:
        json_text = text.decode() if isinstance(text, bytes) else text
        value = json.loads(
            json_text,
            object_pairs_hook=_unique_keys,
            parse_constant=_reject_constant,
            parse_int=_short_integer,
            parse_float=_finite_float,
        )
    except (ValueError, RecursionError) as error:
        raise OidcVerificationError(cause) from error
    if not isinstance(value, dict):
        raise OidcVerificationError(cause)
    return value


def decode_base64url(text: str, cause: str) -> bytes:
    """Decode base64url without padding (RFC 7515, 2), in canonical form only: stray bits at the end are rejected.

    Raises OidcVerificationError with this cause.
    """
    if not _BASE64URL.fullmatch(text):
        raise OidcVerificationError(cause)
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except NotBase64 as error:
        raise OidcVerificationError(cause) from error
    if encode_base64url(data) != text:
        raise OidcVerificationError(cause)
    return data


def encode_base64url(data: bytes) -> str:
    """Encode as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
