"""A provider that is down, slow or ill: said plainly, and never asked more often than need be."""

import asyncio
import socket
from datetime import timedelta

import httpx2
import pytest
from starlette.responses import Response

from app.core.clock import shifted_clock
from app.core.errors import Unavailable
from app.http.oidc import http_client
from app.http.oidc.flow import begin_sign_in
from app.http.oidc.provider import CACHE_LIFETIME, METADATA_RETRY_INTERVAL, IdentityProvider
from tests.http.oidc.hostile_provider import BROWSER, CALLBACK, ISSUER, Hostile, provider_of, run, signing_in, signs_in


@pytest.mark.parametrize("what", ["openid-configuration", "jwks", "token", "userinfo"])
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_provider_that_fails_is_said_to_be_unavailable(what, status):
    hostile = Hostile()
    signs_in(hostile)
    hostile.respond[what] = lambda: Response(status_code=status)

    with pytest.raises(Unavailable, match="does not answer just now"):
        signing_in(hostile)


def test_a_provider_that_is_not_there_is_said_to_be_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{taken.getsockname()[1]}"
        door = IdentityProvider(issuer, "us", "", ["RS256"], "openid")

        with pytest.raises(Unavailable):
            run(begin_sign_in(door, CALLBACK, None, BROWSER))


def test_a_provider_that_drips_is_given_up_after_a_while(monkeypatch):
    monkeypatch.setattr(http_client, "TOTAL_TIMEOUT", 0.2)

    class Dripping(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, _request):
            return httpx2.Response(200, stream=Drops())

    class Drops(httpx2.AsyncByteStream):
        async def __aiter__(self):
            while True:
                await asyncio.sleep(0.02)
                yield b" " * 10_000

    door = IdentityProvider(ISSUER, "us", "", ["RS256"], "openid", transport=Dripping)

    with pytest.raises(Unavailable):
        run(begin_sign_in(door, CALLBACK, None, BROWSER))


def test_a_crowd_at_the_door_of_a_dead_provider_asks_it_once():
    hostile = Hostile()
    hostile.respond["openid-configuration"] = lambda: Response(status_code=503)
    door = provider_of(hostile)

    async def crowd():
        return await asyncio.gather(
            *(begin_sign_in(door, CALLBACK, None, BROWSER) for _ in range(50)), return_exceptions=True
        )

    assert {type(answer) for answer in run(crowd())} == {Unavailable}
    assert len(hostile.seen) == 1

    hostile.respond.clear()
    with shifted_clock(METADATA_RETRY_INTERVAL):
        signs_in(hostile, door)


def test_discovery_and_keys_are_asked_for_once_in_an_hour():
    hostile = Hostile()
    door = provider_of(hostile)
    for _ in range(3):
        signs_in(hostile, door)
    assert [address for address in hostile.seen if "token" not in address and "userinfo" not in address] == [
        f"GET {ISSUER}/.well-known/openid-configuration",
        f"GET {ISSUER}/jwks",
    ]

    with shifted_clock(CACHE_LIFETIME):
        signs_in(hostile, door)
    assert hostile.seen.count(f"GET {ISSUER}/jwks") == 2


def test_keys_that_are_still_good_outlive_a_provider_that_fails_to_give_new_ones():
    hostile = Hostile()
    door = provider_of(hostile)
    signs_in(hostile, door)
    hostile.respond["jwks"] = lambda: Response(status_code=503)

    with shifted_clock(timedelta(minutes=59)):
        signs_in(hostile, door)
    with shifted_clock(timedelta(minutes=61)), pytest.raises(Unavailable):
        signing_in(hostile, door)


def test_the_secret_goes_into_the_form_where_the_provider_takes_it_only_there():
    hostile = Hostile(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]})

    signs_in(hostile)


def test_plain_http_is_for_loopback_only():
    hostile = Hostile()
    door = IdentityProvider("http://id.example.org/realm", "us", "", ["RS256"], "openid", transport=hostile.transport)

    with pytest.raises(Exception, match="endpoint-address"):
        run(begin_sign_in(door, CALLBACK, None, BROWSER))
    assert hostile.seen == []


def test_signing_out_leads_to_the_provider_and_back():
    door = provider_of(Hostile())

    assert run(door.end_session_url("https://portal.example.org/")) == (
        f"{ISSUER}/sign-out?client_id=the-portal&post_logout_redirect_uri=https%3A%2F%2Fportal.example.org%2F"
    )
    without = provider_of(Hostile(metadata={"end_session_endpoint": None}))
    assert run(without.end_session_url("https://portal.example.org/")) is None
