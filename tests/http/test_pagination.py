"""Pagination: which rows a page has, and which page numbers a URL may request."""

import asyncio

import pytest
from starlette.requests import Request

from app.core.errors import BadRequest, NotFound
from app.http.pagination import ListPage, PageNumberParameter


def parse_page(query: str) -> int:
    return asyncio.run(PageNumberParameter()(Request({"type": "http", "query_string": query.encode()})))


@pytest.mark.parametrize(
    ("total", "number", "last", "rows"),
    [(0, 1, 1, (1, 0)), (1, 1, 1, (1, 1)), (20, 1, 1, (1, 20)), (21, 2, 2, (21, 21))],
)
def test_a_page_has_its_rows_and_the_last_page_number(
    total: int, number: int, last: int, rows: tuple[int, int]
) -> None:
    page = ListPage(number, 20, total)

    assert (page.last, (page.first_row, page.last_row), page.offset) == (last, rows, rows[0] - 1)


def test_a_page_beyond_the_last_is_not_found() -> None:
    for total, number in ((0, 2), (20, 2), (21, 3), (21, 999_999)):
        with pytest.raises(NotFound):
            ListPage(number, 20, total)


def test_a_url_requests_one_page_by_its_number() -> None:
    assert (parse_page(""), parse_page("page=7"), parse_page("page=999999&other=1")) == (1, 7, 999_999)

    for query in ("page=", "page=0", "page=-1", "page=x", "page=1.0", "page=%D9%A1", "page=1000000", "page=1&page=2"):
        with pytest.raises(BadRequest):
            parse_page(query)
