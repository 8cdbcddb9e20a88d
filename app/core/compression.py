"""Compression of responses that hold no secret: which encoding a client accepts, and bytes that are compressed once."""

import gzip
import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Final

GZIP: Final = "gzip"
MAX_KEPT_BYTES = 16 << 20
"""Compressed bytes kept in a process; the least recently used ones are dropped."""
MAX_KEPT_RESULTS = 2_000


def accepts_gzip(header: str | None) -> bool:
    """Tell whether an Accept-Encoding header admits gzip (RFC 9110, 12.5.3): named without a weight of zero, or `*`."""
    weights = {}
    for choice in (header or "").lower().split(","):
        name, _, parameters = choice.partition(";")
        weights[name.strip()] = _is_positive(parameters)
    return weights.get(GZIP, weights.get("*", False))


class CompressedResults:
    """What was compressed before, by the digest of the content, which is not kept: some pages have a long text."""

    def __init__(self) -> None:
        self.kept_bytes = 0
        self._results: OrderedDict[bytes, bytes | None] = OrderedDict()
        self._lock = Lock()

    def compress_once(self, content: bytes) -> bytes | None:
        """Compress bytes with gzip, and keep the result; None if that saves nothing. Equal bytes give equal results."""
        key = hashlib.sha256(content).digest()
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        compressed = gzip.compress(content, compresslevel=9, mtime=0)
        result = compressed if len(compressed) < len(content) else None
        with self._lock:
            self.kept_bytes += len(result or b"") - len(self._results.pop(key, None) or b"")
            self._results[key] = result
            while self.kept_bytes > MAX_KEPT_BYTES or len(self._results) > MAX_KEPT_RESULTS:
                self.kept_bytes -= len(self._results.popitem(last=False)[1] or b"")
        return result


compress_once: Final = CompressedResults().compress_once


def _is_positive(parameters: str) -> bool:
    """Tell whether the weight among the parameters of a choice is above zero; without one it is 1."""
    name, _, weight = parameters.strip().partition("=")
    if name.strip() != "q":
        return True
    return weight.strip().rstrip("0").rstrip(".") not in {"", "0"}
