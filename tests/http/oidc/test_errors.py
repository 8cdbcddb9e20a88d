"""Every line of the table of what Authlib's defaults accept, or leave open: refused here, each by its own cause."""

import json
from datetime import timedelta

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.core.clock import now, shifted_clock
from app.http.oidc.flow import begin_sign_in, complete_sign_in
from app.http.oidc.provider import KEY_REFETCH_INTERVAL
from tests.http.oidc.hostile_provider import (
    BROWSER,
    CALLBACK,
    CLIENT,
    GONE,
    ISSUER,
    KEY,
    OTHER_KEY,
    Hostile,
    provider_of,
    refused,
    run,
    signed,
    signed_by_hand,
    signing_in,
    signs_in,
    started,
    unsigned,
)


@pytest.fixture
def hostile() -> Hostile:
    """Honest until a test says otherwise, and shown to be so."""
    made = Hostile()
    signs_in(made)
    return made


def test_an_unsigned_token_is_refused_even_if_discovery_lists_none(hostile):
    hostile.metadata = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
    signs_in(hostile)
    hostile.header, hostile.sign = {"alg": "none"}, unsigned

    with refused("header"):
        signing_in(hostile)


def test_a_token_that_says_none_and_carries_a_signature_is_refused(hostile):
    hostile.header = {"alg": "none"}
    hostile.sign = lambda header, body: signed_by_hand(header, body, b"x")

    with refused("algorithm"):
        signing_in(hostile)


def test_a_token_signed_with_our_public_key_as_a_shared_secret_is_refused(hostile):
    hostile.header = {"alg": "HS256"}
    hostile.sign = lambda header, body: signed_by_hand(header, body, KEY.as_pem(private=False))

    with refused("algorithm"):
        signing_in(hostile)


@pytest.mark.parametrize("algorithm", ["RS512", "PS256", "rs256", "", None, 256])
def test_an_algorithm_that_is_not_pinned_is_refused(hostile, algorithm):
    hostile.sign = lambda header, body: (
        signed(header, body, KEY)
        if algorithm in {"RS512", "PS256"}
        else signed_by_hand(header | {"alg": algorithm}, body, b"x")
    )
    hostile.header = {"alg": algorithm}

    with refused("algorithm"):
        signing_in(hostile)


@pytest.mark.parametrize(
    "audience", ["another", ["another"], [CLIENT, "another"], ["another", CLIENT], [], "", GONE, [CLIENT, CLIENT]]
)
def test_a_token_for_another_client_is_refused_whatever_its_authorized_party(hostile, audience):
    hostile.claims = {"aud": [CLIENT], "azp": CLIENT}
    signs_in(hostile)
    hostile.claims = {"aud": audience, "azp": CLIENT}

    with refused("audience"):
        signing_in(hostile)


def test_a_token_authorized_for_another_party_is_refused(hostile):
    hostile.claims = {"azp": "another"}

    with refused("authorized-party"):
        signing_in(hostile)


@pytest.mark.parametrize("issuer", [ISSUER + "/", "https://evil.example.org/realm", ISSUER.upper(), GONE])
def test_a_discovery_document_of_another_issuer_is_refused(hostile, issuer):
    hostile.metadata = {"issuer": issuer}

    with refused("discovery-issuer"):
        signing_in(hostile)


@pytest.mark.parametrize(
    ("endpoint", "address", "cause"),
    [
        ("token_endpoint", "http://evil.example.org/realm/token", "endpoint-address"),
        ("token_endpoint", "http://id.example.org/realm/token", "endpoint-address"),
        ("token_endpoint", "https://evil.example.org/realm/token", "endpoint-origin"),
        ("token_endpoint", "https://id.example.org:8443/realm/token", "endpoint-origin"),
        ("token_endpoint", "https://id.example.org@evil.example.org/realm/token", "endpoint-address"),
        ("token_endpoint", GONE, "endpoint-address"),
        ("jwks_uri", "https://evil.example.org/realm/jwks", "endpoint-origin"),
        ("userinfo_endpoint", "https://evil.example.org/realm/userinfo", "endpoint-origin"),
        ("authorization_endpoint", "https://evil.example.org/realm/authorize", "endpoint-origin"),
        ("authorization_endpoint", "javascript://id.example.org/%0aalert(1)", "endpoint-address"),
        ("end_session_endpoint", "https://evil.example.org/realm/sign-out", "endpoint-origin"),
    ],
)
def test_an_endpoint_elsewhere_is_refused_and_nothing_is_sent_there(hostile, endpoint, address, cause):
    hostile.metadata = {endpoint: address}
    hostile.seen.clear()

    with refused(cause):
        signing_in(hostile)

    assert hostile.seen == [f"GET {ISSUER}/.well-known/openid-configuration"]


def test_an_endpoint_elsewhere_is_used_if_its_origin_is_configured(hostile):
    hostile.metadata = {"userinfo_endpoint": "https://graph.example.org/realm/userinfo"}

    signs_in(hostile, provider_of(hostile, other_origins=["https://graph.example.org"]))

    assert hostile.seen[-1] == "GET https://graph.example.org/realm/userinfo"


@pytest.mark.parametrize("issuer", [GONE, "https://evil.example.org/realm", "", ISSUER + "/"])
def test_a_callback_from_another_issuer_or_silent_about_it_is_refused(hostile, issuer):
    hostile.callback = {"iss": issuer}

    with refused("callback-issuer"):
        signing_in(hostile)


def test_a_callback_may_be_silent_if_the_provider_never_promised_to_name_itself(hostile):
    hostile.metadata = {"authorization_response_iss_parameter_supported": GONE}
    hostile.callback = {"iss": GONE}
    signs_in(hostile)
    hostile.callback = {"iss": "https://evil.example.org"}

    with refused("callback-issuer"):
        signing_in(hostile)


def test_a_token_answer_without_id_token_signs_nobody_in(hostile):
    hostile.answer = {"id_token": GONE}

    with refused("no-id-token"):
        signing_in(hostile)


@pytest.mark.parametrize("subject", ["joseph", "", GONE, 7])
def test_userinfo_about_somebody_else_is_refused(hostile, subject):
    hostile.userinfo = {"sub": subject}

    with refused("userinfo-subject"):
        signing_in(hostile)


def test_every_authorization_request_carries_a_challenge_by_sha256(hostile):
    address, attempt = run(begin_sign_in(provider_of(hostile), CALLBACK, None, BROWSER))

    assert "code_challenge_method=S256" in address
    assert "code_challenge=" in address
    assert attempt.verifier not in address


def test_a_provider_that_offers_only_plain_challenges_is_refused(hostile):
    hostile.metadata = {"code_challenge_methods_supported": ["plain"]}

    with refused("discovery-pkce"):
        signing_in(hostile)


def test_an_error_with_an_unknown_state_is_refused_for_its_state_before_anything_is_read(hostile):
    door = provider_of(hostile)
    _, attempt = started(hostile, door)
    hostile.seen.clear()
    query = [("error", "<b>"), ("error_description", "Call this number"), ("state", "unknown")]

    for found in (None, attempt):
        with refused("state"):
            run(complete_sign_in(door, CALLBACK, query, found, BROWSER))

    assert hostile.seen == []


def test_an_error_of_the_provider_is_never_shown(hostile):
    hostile.callback = {"error": "access_denied", "error_description": "Call this number", "code": GONE}

    with pytest.raises(Exception, match="provider-access_denied") as caught:
        signing_in(hostile)
    assert "Call this number" not in str(caught.value.reason)

    hostile.callback |= {"error": "Call this number"}
    with refused("provider-error"):
        signing_in(hostile)


@pytest.mark.parametrize("kind", ["logout+jwt", "at+jwt", "application/at+JWT", "dpop+jwt", "JOSE", "", 1])
def test_a_token_of_another_type_is_refused(hostile, kind):
    hostile.header = {"typ": GONE}
    signs_in(hostile)
    hostile.header = {"typ": kind}
    if not isinstance(kind, str):
        hostile.sign = lambda header, body: signed_by_hand(header, body, b"x")

    with refused("type"):
        signing_in(hostile)


@pytest.mark.parametrize("subject", ["", " ", "a" * 256, "line\nbreak", "amïna", 7, None, GONE])
def test_a_subject_that_names_nobody_is_refused(hostile, subject):
    hostile.claims = {"sub": subject}

    with refused("subject"):
        signing_in(hostile)


@pytest.mark.parametrize("seconds", [-60, -31, -3600])
def test_an_expired_token_is_refused(hostile, seconds):
    hostile.claims = {"exp": now().timestamp() + seconds}

    with refused("expired"):
        signing_in(hostile)


@pytest.mark.parametrize("seconds", [-365 * 86400, -700, 60])
def test_a_token_made_long_ago_or_in_the_future_is_refused(hostile, seconds):
    hostile.claims = {"iat": now().timestamp() + seconds}

    with refused("issued"):
        signing_in(hostile)


@pytest.mark.parametrize(
    ("claim", "value", "cause"),
    [
        ("nbf", 1e12, "not-yet"),
        ("exp", GONE, "expired"),
        ("iat", GONE, "issued"),
        ("exp", True, "time"),
        ("exp", "9999999999", "time"),
    ],
)
def test_a_time_that_is_missing_or_no_time_is_refused(hostile, claim, value, cause):
    hostile.claims = {claim: value}

    with refused(cause):
        signing_in(hostile)


def test_a_small_difference_of_clocks_is_forgiven(hostile):
    hostile.claims = {"iat": now().timestamp() + 20, "nbf": now().timestamp() + 20, "exp": now().timestamp() - 20}

    signs_in(hostile)


def test_an_unknown_key_makes_us_look_for_keys_once_in_a_cool_down(hostile):
    door = provider_of(hostile)
    signs_in(hostile, door)
    hostile.header = {"kid": "unheard-of"}
    hostile.seen.clear()

    with shifted_clock(KEY_REFETCH_INTERVAL):
        for _ in range(20):
            with refused("key"):
                signing_in(hostile, door)

    assert hostile.seen.count(f"GET {ISSUER}/jwks") == 1


def test_a_new_key_of_the_provider_is_found_after_the_cool_down(hostile):
    door = provider_of(hostile)
    signs_in(hostile, door)
    hostile.keys, hostile.header = [KEY, OTHER_KEY], {"kid": "second"}
    hostile.sign = lambda header, body: signed(header, body, OTHER_KEY)

    with refused("key"):
        signing_in(hostile, door)
    with shifted_clock(KEY_REFETCH_INTERVAL):
        signs_in(hostile, door)


def test_a_key_that_the_provider_took_back_is_forgotten(hostile):
    door = provider_of(hostile)
    signs_in(hostile, door)
    hostile.keys = [OTHER_KEY]

    with shifted_clock(timedelta(hours=1)), refused("key"):
        signing_in(hostile, door)


def test_neither_the_browser_nor_the_address_learns_what_only_we_should_know(hostile):
    address, attempt = run(begin_sign_in(provider_of(hostile), CALLBACK, "/meetings", BROWSER))

    assert attempt.verifier not in address
    assert "/meetings" not in address
    assert BROWSER not in f"{address}{attempt}"
    assert f"state={attempt.state_digest}" not in address


def test_two_tabs_sign_in_beside_each_other(hostile):
    door = provider_of(hostile)
    first, second = started(hostile, door), started(hostile, door)

    for query, attempt in (second, first):
        assert run(complete_sign_in(door, CALLBACK, query, attempt, BROWSER)).claims["sub"] == "amina"


def test_the_callback_of_one_tab_does_not_complete_the_attempt_of_another(hostile):
    door = provider_of(hostile)
    (query, _), (_, other) = started(hostile, door), started(hostile, door)

    with refused("state"):
        run(complete_sign_in(door, CALLBACK, query, other, BROWSER))


@pytest.mark.parametrize("browser", [None, "", "c" * 43])
def test_a_callback_in_another_browser_is_refused(hostile, browser):
    door = provider_of(hostile)
    query, attempt = started(hostile, door)

    with refused("browser"):
        run(complete_sign_in(door, CALLBACK, query, attempt, browser))
    assert run(complete_sign_in(door, CALLBACK, query, attempt, BROWSER)).claims["sub"] == "amina"


def test_an_attempt_that_took_too_long_is_refused(hostile):
    door = provider_of(hostile)
    query, attempt = started(hostile, door)

    with shifted_clock(timedelta(minutes=10)), refused("attempt-expired"):
        run(complete_sign_in(door, CALLBACK, query, attempt, BROWSER))


@pytest.mark.parametrize("name", ["state", "code", "iss", "anything"])
def test_a_callback_that_says_something_twice_is_refused(hostile, name):
    door = provider_of(hostile)
    query, attempt = started(hostile, door)

    with refused("parameter-repeated"):
        run(complete_sign_in(door, CALLBACK, [*query, (name, "x"), (name, "x")], attempt, BROWSER))


def test_a_signature_of_a_stranger_under_the_name_of_a_known_key_is_refused(hostile):
    hostile.sign = lambda header, body: signed(header, body, OTHER_KEY)

    with refused("signature"):
        signing_in(hostile)


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": OTHER_KEY.as_dict(private=False)},
        {"jku": "https://evil.example.org/jwks"},
        {"x5u": "https://evil.example.org/certificate"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
    ],
)
def test_a_header_that_would_choose_the_key_or_the_meaning_is_refused_and_nothing_is_fetched(hostile, header):
    hostile.header = header
    hostile.sign = lambda header, body: signed_by_hand(header, body, b"x")
    hostile.seen.clear()

    with refused("header"):
        signing_in(hostile)

    assert not [address for address in hostile.seen if "evil" in address or "jwks" in address]


@pytest.mark.parametrize("issuer", [ISSUER + "/", "https://evil.example.org", "", GONE, [ISSUER]])
def test_a_token_of_another_issuer_is_refused(hostile, issuer):
    hostile.claims = {"iss": issuer}

    with refused("issuer"):
        signing_in(hostile)


@pytest.mark.parametrize("nonce", ["another", "", None, GONE, ["x"]])
def test_a_token_for_another_attempt_is_refused(hostile, nonce):
    hostile.claims = {"nonce": nonce}

    with refused("nonce"):
        signing_in(hostile)


def test_a_token_that_goes_with_another_access_token_is_refused(hostile):
    hostile.answer = {"access_token": "another"}

    with refused("access-token-hash"):
        signing_in(hostile)

    hostile.claims = {"at_hash": GONE}
    signs_in(hostile)


def test_a_weaker_authentication_than_the_required_is_refused(hostile):
    door = provider_of(hostile, acr="urn:example:two-factors")
    with refused("acr"):
        signing_in(hostile, door)

    hostile.claims = {"acr": "urn:example:two-factors"}
    signs_in(hostile, door)


@pytest.mark.parametrize("ago", [200, -60, None])
def test_an_authentication_too_long_ago_is_refused_where_a_fresh_one_was_asked_for(hostile, ago):
    assert signing_in(hostile, max_age=60).claims["sub"] == "amina"
    hostile.claims = {"auth_time": GONE if ago is None else now().timestamp() - ago}
    signs_in(hostile)

    with refused("auth-time"):
        signing_in(hostile, max_age=60)


def test_a_token_in_which_a_claim_comes_twice_is_refused(hostile):
    hostile.encode = lambda claims: json.dumps(claims).replace("{", '{"sub": "joseph", ', 1).encode()

    with refused("claims"):
        signing_in(hostile)


def test_a_token_answer_in_which_a_member_comes_twice_is_refused(hostile):
    hostile.respond["token"] = lambda: Response(
        '{"id_token": "a", "id_token": "b", "token_type": "Bearer", "access_token": "c"}', media_type="application/json"
    )

    with refused("token-answer"):
        signing_in(hostile)


@pytest.mark.parametrize("what", ["openid-configuration", "jwks", "token", "userinfo"])
def test_a_redirect_is_not_followed(hostile, what):
    hostile.respond[what] = lambda: RedirectResponse("https://evil.example.org/")

    with refused("answer-redirects"):
        signing_in(hostile)

    assert not [address for address in hostile.seen if "evil" in address]


@pytest.mark.parametrize("what", ["openid-configuration", "jwks", "token", "userinfo"])
def test_an_answer_without_end_is_broken_off(hostile, what):
    hostile.respond[what] = lambda: Response(b"{" + b" " * 300_000 + b"}", media_type="application/json")

    with refused("answer-too-large"):
        signing_in(hostile)


def test_a_compressed_answer_is_not_unpacked(hostile):
    hostile.respond["userinfo"] = lambda: Response(b"x", headers={"content-encoding": "gzip"})

    with refused("answer-compressed"):
        signing_in(hostile)


def test_a_code_that_the_provider_refuses_signs_nobody_in(hostile):
    hostile.respond["token"] = lambda: JSONResponse({"error": "invalid_grant"}, 400)

    with refused("token-refused"):
        signing_in(hostile)


def test_the_demo_provider_is_refused_unless_it_is_allowed(hostile):
    hostile.metadata = {"demo_provider": True}
    signs_in(hostile, provider_of(hostile, allow_demo=True))

    with refused("demo-provider"):
        signing_in(hostile)


def test_a_notice_of_logout_is_no_id_token_even_with_our_nonce(hostile):
    hostile.claims = {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}

    with refused("events"):
        signing_in(hostile)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ({"token_type": "DPoP"}, "token-type"),
        ({"token_type": GONE}, "token-type"),
        ({"access_token": GONE}, "no-access-token"),
    ],
)
def test_an_access_token_that_is_missing_or_of_a_kind_we_do_not_know_is_refused(hostile, answer, cause):
    hostile.claims, hostile.answer = {"at_hash": GONE}, answer

    with refused(cause):
        signing_in(hostile)
