"""Back-channel logout tokens: a valid one ends sessions once; every other is refused."""

import json
from datetime import timedelta

import pytest

from app.core.clock import now, shifted_clock
from app.http.oidc.logout import LOGOUT_EVENT, SessionsToEnd, verify_logout_token
from app.http.oidc.sealed_cookies import ReplayGuard
from tests.http.oidc.hostile_provider import (
    CLIENT,
    GONE,
    ISSUER,
    KEY,
    OTHER_KEY,
    Hostile,
    apply_changes,
    expect_refusal,
    make_provider,
    run_coroutine,
    sign_token,
    unsigned_token,
)

PROVIDER = make_provider(Hostile())


def make_logout_token(header=None, key=KEY, **changes):
    instant = int(now().timestamp())
    honest = {"iss": ISSUER, "aud": CLIENT, "iat": instant, "exp": instant + 120, "jti": "one"}
    honest |= {"sub": "amina", "sid": "session", "events": {LOGOUT_EVENT: {}}}
    body = json.dumps(apply_changes(honest, changes)).encode()
    return sign_token(apply_changes({"alg": "RS256", "typ": "logout+jwt", "kid": "first"}, header or {}), body, key)


def redeem(token, spent=None):
    return run_coroutine(verify_logout_token(PROVIDER, token)).redeem(spent or ReplayGuard())


@pytest.fixture(autouse=True)
def valid_tokens_are_accepted():
    assert redeem(make_logout_token()) == SessionsToEnd(ISSUER, "amina", "session")


def test_the_session_or_the_subject_may_be_left_out_but_not_both():
    assert redeem(make_logout_token(sid=GONE)) == SessionsToEnd(ISSUER, "amina", None)
    assert redeem(make_logout_token(sub=GONE)) == SessionsToEnd(ISSUER, None, "session")

    with expect_refusal("logout-subject"):
        redeem(make_logout_token(sub=GONE, sid=GONE))


def test_a_logout_token_works_once():
    spent = ReplayGuard()
    redeem(make_logout_token(), spent)

    with expect_refusal("logout-replayed"):
        redeem(make_logout_token(), spent)
    assert redeem(make_logout_token(jti="two"), spent).subject == "amina"


def test_a_used_token_is_remembered_as_long_as_it_is_valid():
    spent = ReplayGuard()
    made_at = now().replace(microsecond=0)
    token = make_logout_token(iat=int(made_at.timestamp()) + 29, exp=int(made_at.timestamp()) + 1000)
    redeem(token, spent)

    with shifted_clock(made_at + timedelta(seconds=175) - now()), expect_refusal("logout-replayed"):
        redeem(token, spent)
    with shifted_clock(made_at + timedelta(seconds=181) - now()), expect_refusal("issued"):
        redeem(token, spent)


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", GONE, ""])
def test_another_type_of_token_is_refused(kind):
    with expect_refusal("type"):
        redeem(make_logout_token({"typ": kind}))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"iss": "https://evil.example.org"}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": [CLIENT, "another"]}, "audience"),
        ({"iat": GONE}, "issued"),
        ({"iat": 1_000_000_000}, "issued"),
        ({"exp": GONE}, "expired"),
        ({"exp": 1_000_000_000}, "expired"),
        ({"nonce": "n"}, "logout-nonce"),
        ({"nonce": None}, "logout-nonce"),
        ({"events": GONE}, "logout-event"),
        ({"events": {}}, "logout-event"),
        ({"events": [LOGOUT_EVENT]}, "logout-event"),
        ({"events": {LOGOUT_EVENT: True}}, "logout-event"),
        ({"events": {"http://example.org/event": {}}}, "logout-event"),
        ({"jti": GONE}, "logout-identifier"),
        ({"jti": ""}, "logout-identifier"),
        ({"jti": "j" * 256}, "logout-identifier"),
        ({"sub": ""}, "subject"),
        ({"sid": ""}, "logout-session"),
        ({"sid": 7}, "logout-session"),
    ],
)
def test_a_token_that_breaks_a_rule_is_refused(changes, cause):
    with expect_refusal(cause):
        redeem(make_logout_token(**changes))


def test_a_token_with_a_foreign_or_no_signature_is_refused():
    with expect_refusal("signature"):
        redeem(make_logout_token(key=OTHER_KEY))
    with expect_refusal("header"):
        redeem(unsigned_token({"alg": "none", "typ": "logout+jwt"}, b"{}"))
