"""Methods of HTTP as labels: a client may send any word."""

from typing import Final

KNOWN_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER_METHOD: Final = "_OTHER"
"""OpenTelemetry's name for any other method."""


def to_known_method(method: str) -> str:
    """Return the method if it is a known one, else `OTHER_METHOD`."""
    return method if method in KNOWN_METHODS else OTHER_METHOD
