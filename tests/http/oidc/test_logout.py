"""Back-channel logout tokens: a true one ends sessions, once; every other is refused."""

import json
from datetime import timedelta

import pytest

from app.core.clock import now, shifted_clock
from app.http.oidc.logout import LOGOUT_EVENT, EndedSessions, verify_logout_token
from app.http.oidc.sealed_cookies import ReplayGuard
from tests.http.oidc.hostile_provider import (
    CLIENT,
    GONE,
    ISSUER,
    KEY,
    OTHER_KEY,
    Hostile,
    changed,
    provider_of,
    refused,
    run,
    signed,
    unsigned,
)

DOOR = provider_of(Hostile())


def logout_token(header=None, key=KEY, **changes):
    instant = int(now().timestamp())
    honest = {"iss": ISSUER, "aud": CLIENT, "iat": instant, "exp": instant + 120, "jti": "one"}
    honest |= {"sub": "amina", "sid": "session", "events": {LOGOUT_EVENT: {}}}
    body = json.dumps(changed(honest, changes)).encode()
    return signed(changed({"alg": "RS256", "typ": "logout+jwt", "kid": "first"}, header or {}), body, key)


def ended_by(token, spent=None):
    return run(verify_logout_token(DOOR, token)).redeem(spent or ReplayGuard())


@pytest.fixture(autouse=True)
def honest_ones_are_believed():
    assert ended_by(logout_token()) == EndedSessions(ISSUER, "amina", "session")


def test_the_session_or_the_subject_may_be_left_out_but_not_both():
    assert ended_by(logout_token(sid=GONE)) == EndedSessions(ISSUER, "amina", None)
    assert ended_by(logout_token(sub=GONE)) == EndedSessions(ISSUER, None, "session")

    with refused("logout-subject"):
        ended_by(logout_token(sub=GONE, sid=GONE))


def test_a_logout_token_works_once():
    spent = ReplayGuard()
    ended_by(logout_token(), spent)

    with refused("logout-replayed"):
        ended_by(logout_token(), spent)
    assert ended_by(logout_token(jti="two"), spent).subject == "amina"


def test_a_used_token_is_remembered_for_as_long_as_it_could_be_believed():
    spent = ReplayGuard()
    token = logout_token(iat=int(now().timestamp()) + 29, exp=int(now().timestamp()) + 1000)
    ended_by(token, spent)

    with shifted_clock(timedelta(seconds=178)), refused("logout-replayed"):
        ended_by(token, spent)
    with shifted_clock(timedelta(seconds=181)), refused("issued"):
        ended_by(token, spent)


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", GONE, ""])
def test_another_type_of_token_is_refused(kind):
    with refused("type"):
        ended_by(logout_token({"typ": kind}))


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
    with refused(cause):
        ended_by(logout_token(**changes))


def test_a_token_signed_by_a_stranger_or_nobody_is_refused():
    with refused("signature"):
        ended_by(logout_token(key=OTHER_KEY))
    with refused("header"):
        ended_by(unsigned({"alg": "none", "typ": "logout+jwt"}, b"{}"))
