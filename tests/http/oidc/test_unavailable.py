"""A provider that is down, slow or faulty: reported clearly, and not called more often than needed."""

import asyncio
import socket
from datetime import timedelta

import httpx2
import pytest
from starlette.responses import Response

from app.core.clock import shifted_clock
from app.http.oidc import http_client
from app.http.oidc.errors import ProviderUnavailable
from app.http.oidc.flow import begin_sign_in
from app.http.oidc.provider import CACHE_LIFETIME, METADATA_RETRY_INTERVAL, IdentityProvider
from tests.http.oidc.hostile_provider import (
    BROWSER,
    CALLBACK,
    ISSUER,
    Hostile,
    check_sign_in,
    make_provider,
    run_coroutine,
    sign_in_with,
)


@pytest.mark.parametrize("endpoint", ["openid-configuration", "jwks", "token", "userinfo"])
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_failing_provider_is_reported_as_unavailable(endpoint, status):
    hostile = Hostile()
    check_sign_in(hostile)
    hostile.respond[endpoint] = lambda: Response(status_code=status)

    with pytest.raises(ProviderUnavailable, match="is not responding"):
        sign_in_with(hostile)


def test_an_absent_provider_is_reported_as_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{taken.getsockname()[1]}"
        relying_party = IdentityProvider(issuer, "us", "", ["RS256"], "openid")

        with pytest.raises(ProviderUnavailable):
            run_coroutine(begin_sign_in(relying_party, CALLBACK, None, BROWSER))


def test_a_dripping_provider_is_given_up_after_a_timeout(monkeypatch):
    monkeypatch.setattr(http_client, "TOTAL_TIMEOUT", 0.2)

    class Dripping(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, _request):
            return httpx2.Response(200, stream=Drops())

    class Drops(httpx2.AsyncByteStream):
        async def __aiter__(self):
            while True:
                await asyncio.sleep(0.02)
                yield b" " * 10_000

    relying_party = IdentityProvider(ISSUER, "us", "", ["RS256"], "openid", transport=Dripping)

    with pytest.raises(ProviderUnavailable):
        run_coroutine(begin_sign_in(relying_party, CALLBACK, None, BROWSER))


def test_many_sign_ins_call_a_dead_provider_once():
    hostile = Hostile()
    hostile.respond["openid-configuration"] = lambda: Response(status_code=503)
    relying_party = make_provider(hostile)

    async def begin_many():
        return await asyncio.gather(
            *(begin_sign_in(relying_party, CALLBACK, None, BROWSER) for _ in range(50)), return_exceptions=True
        )

    assert {type(answer) for answer in run_coroutine(begin_many())} == {ProviderUnavailable}
    assert len(hostile.seen) == 1

    hostile.respond.clear()
    with shifted_clock(METADATA_RETRY_INTERVAL):
        check_sign_in(hostile, relying_party)


def test_discovery_and_keys_are_fetched_once_an_hour():
    hostile = Hostile()
    relying_party = make_provider(hostile)
    for _ in range(3):
        check_sign_in(hostile, relying_party)
    assert [address for address in hostile.seen if "token" not in address and "userinfo" not in address] == [
        f"GET {ISSUER}/.well-known/openid-configuration",
        f"GET {ISSUER}/jwks",
    ]

    with shifted_clock(CACHE_LIFETIME):
        check_sign_in(hostile, relying_party)
    assert hostile.seen.count(f"GET {ISSUER}/jwks") == 2


def test_valid_keys_are_used_while_the_provider_fails_to_renew_them():
    hostile = Hostile()
    relying_party = make_provider(hostile)
    check_sign_in(hostile, relying_party)
    hostile.respond["jwks"] = lambda: Response(status_code=503)

    with shifted_clock(timedelta(minutes=59)):
        check_sign_in(hostile, relying_party)
    with shifted_clock(timedelta(minutes=61)), pytest.raises(ProviderUnavailable):
        sign_in_with(hostile, relying_party)


def test_the_secret_is_sent_in_the_form_where_the_provider_requires_it():
    hostile = Hostile(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]})

    check_sign_in(hostile)


def test_plain_http_is_for_loopback_only():
    hostile = Hostile()
    relying_party = IdentityProvider(
        "http://id.example.org/realm", "us", "", ["RS256"], "openid", transport=hostile.transport
    )

    with pytest.raises(Exception, match="endpoint-address"):
        run_coroutine(begin_sign_in(relying_party, CALLBACK, None, BROWSER))
    assert hostile.seen == []


def test_signing_out_leads_to_the_provider_and_back():
    relying_party = make_provider(Hostile())

    assert run_coroutine(relying_party.end_session_url("https://portal.example.org/")) == (
        f"{ISSUER}/sign-out?client_id=the-portal&post_logout_redirect_uri=https%3A%2F%2Fportal.example.org%2F"
    )
    without = make_provider(Hostile(metadata={"end_session_endpoint": None}))
    assert run_coroutine(without.end_session_url("https://portal.example.org/")) is None
