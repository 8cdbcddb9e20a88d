"""Which encoding a client accepts, and what is compressed."""

import gzip

import pytest

from app.core.compression import CompressedResults, accepts_gzip, compress_once


@pytest.mark.parametrize(
    "header", ["gzip", "br, GZIP;q=0.5", "deflate, gzip", "*", "gzip; q=0.001", "identity;q=0, *;q=1", "gzip;q=1.0"]
)
def test_gzip_is_accepted(header: str) -> None:
    assert accepts_gzip(header)


@pytest.mark.parametrize(
    "header", [None, "", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "x-gzip-like", "identity", "gzip;q="]
)
def test_gzip_is_not_accepted(header: str | None) -> None:
    assert not accepts_gzip(header)


def test_what_becomes_no_smaller_is_left() -> None:
    text = b"one and the same words " * 50

    assert gzip.decompress(compress_once(text) or b"") == text
    assert compress_once(b"short") is None
    assert compress_once(bytes(range(256))) is None


def test_what_is_kept_of_compressed_pages_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.compression.MAX_KEPT_BYTES", 300)
    results, pages = CompressedResults(), [b"%d of the same words " % number * 1_000 for number in range(5)]

    assert [gzip.decompress(results.compress_once(page) or b"") for page in pages * 2] == pages * 2
    assert 0 < results.kept_bytes <= 300
    assert results.compress_once(pages[-1]) is results.compress_once(pages[-1])
