"""Counting refusals in bounded memory, and the digest of an address for one day."""

import asyncio
from datetime import timedelta

import pytest
from starlette.requests import Request

from app.core import clock
from app.http.observability import refusals
from app.http.observability.refusals import RefusalCounter, RefusalLog


def request_from(address: str, **headers: str) -> Request:
    lines = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": lines, "client": (address, 50_000), "state": {}})


def digest(request: Request, header: str = "") -> str:
    return RefusalLog("s" * 40, header, RefusalCounter(10), lambda _who: None)._digest_address(request)


def test_the_limit_is_reached_once_in_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(refusals, "monotonic", lambda: moment[0])
    counter = RefusalCounter(3)

    assert [counter.count("a") for _each in range(6)] == [False, False, True, False, False, False]
    assert not counter.count("b")
    moment[0] += refusals.WINDOW_SECONDS + 1
    assert [counter.count("a") for _each in range(3)] == [False, False, True]


def test_an_address_may_be_refused_more_often_than_a_person() -> None:
    """A whole meeting may come from one IPv4 address."""
    stored: list[str] = []
    log, request = RefusalLog("s" * 40, "", RefusalCounter(3), stored.append), request_from("192.0.2.7")
    for number in range(30):
        assert stored == []
        asyncio.run(log.note(request, "sign-in", person=f"person {number % 15}"))

    assert stored == [f"address:{digest(request)}"]
    for _each in range(3):
        asyncio.run(log.note(request, "forbidden", person="another"))
    assert stored[1:] == ["person:another"]


def test_the_memory_is_bounded_and_who_goes_on_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MAX_COUNTED", 20)
    counter, reached = RefusalCounter(50), False
    for number in range(1000):
        counter.count(f"address {number}")
        reached |= counter.count("always")

    assert len(counter) == 20
    assert reached


def test_an_address_has_another_digest_each_day_and_is_not_in_it() -> None:
    first, other = digest(request_from("192.0.2.7")), digest(request_from("192.0.2.8"))
    with clock.shifted_clock(timedelta(days=1)):
        tomorrow = digest(request_from("192.0.2.7"))

    assert digest(request_from("192.0.2.7")) == first
    assert len({first, other, tomorrow}) == 3
    assert "192" not in first
    assert len(first) == refusals.DIGEST_LENGTH


def test_an_ipv6_address_counts_as_its_network() -> None:
    assert digest(request_from("2001:db8::1")) == digest(request_from("2001:db8::2:1"))
    assert digest(request_from("2001:db8::1")) != digest(request_from("2001:db8:0:1::1"))


def test_a_header_counts_only_where_the_setting_names_it() -> None:
    request = request_from("192.0.2.1", x_real_ip="192.0.2.7")
    assert digest(request) == digest(request_from("192.0.2.1"))
    assert digest(request, "X-Real-IP") == digest(request_from("192.0.2.7"))
    assert digest(request_from("192.0.2.1", x_real_ip="nonsense"), "X-Real-IP") == ""
