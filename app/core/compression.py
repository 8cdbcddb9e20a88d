"""Compression of responses that hold no secret: which encoding a client accepts, and bytes that are compressed once."""

import gzip
from functools import lru_cache
from typing import Final

GZIP: Final = "gzip"
KEPT_RESULTS = 512  # compressed pages of some kilobytes


def accepts_gzip(header: str | None) -> bool:
    """Tell whether an Accept-Encoding header admits gzip (RFC 9110, 12.5.3): named without a weight of zero, or `*`."""
    weights = {}
    for choice in (header or "").lower().split(","):
        name, _, parameters = choice.partition(";")
        weights[name.strip()] = _is_positive(parameters)
    return weights.get(GZIP, weights.get("*", False))


@lru_cache(maxsize=KEPT_RESULTS)
def compress_once(content: bytes) -> bytes | None:
    """Compress bytes with gzip, and keep the result; None if that saves nothing. Equal bytes give equal results."""
    compressed = gzip.compress(content, compresslevel=9, mtime=0)
    return compressed if len(compressed) < len(content) else None


def _is_positive(parameters: str) -> bool:
    """Tell whether the weight among the parameters of a choice is above zero; without one it is 1."""
    name, _, weight = parameters.strip().partition("=")
    if name.strip() != "q":
        return True
    return weight.strip().rstrip("0").rstrip(".") not in {"", "0"}
