"""Canonical JSON: one way to write a value as bytes, so that anybody can reproduce its digest and signature.

Sorted keys, no spaces, UTF-8 without escapes. Numbers are integers; an instant is text.
"""

import json
from datetime import UTC, datetime


def to_canonical_json(value: object) -> bytes:
    """Serialize a value made of objects, lists, texts, integers, true, false and null as canonical JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def format_instant(moment: datetime) -> str:
    """Format an instant in UTC to the microsecond: `2027-01-26T10:42:07.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
