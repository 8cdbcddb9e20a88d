"""One way to write a thing as bytes, so that its digest and its signature can be made again by anybody.

JSON with sorted keys and no spaces, in UTF-8; text as it is, not as escapes. Numbers are whole; an instant is text.
"""

import json
from datetime import UTC, datetime


def canonical(value: object) -> bytes:
    """The bytes of what is made of objects, lists, texts, whole numbers, true, false and null."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def instant(moment: datetime) -> str:
    """`2027-01-26T10:42:07.000000Z`: in UTC, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
