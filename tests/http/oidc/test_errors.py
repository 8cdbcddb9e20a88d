"""Every line of the table of what Authlib's defaults accept or leave open: refused here, each for its own cause."""

import json
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.core.clock import now, shifted_clock
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.flow import begin_sign_in, complete_sign_in
from app.http.oidc.provider import KEY_REFETCH_INTERVAL
from app.http.oidc.verifier import MAX_TOKEN_LIFETIME
from tests.http.oidc.hostile_provider import (
    BROWSER,
    CALLBACK,
    CLIENT,
    GONE,
    ISSUER,
    KEY,
    OTHER_KEY,
    SECRET,
    Hostile,
    check_sign_in,
    expect_refusal,
    hmac_token,
    make_provider,
    run_coroutine,
    sign_in_with,
    sign_token,
    start_sign_in,
    unsigned_token,
)


@pytest.fixture
def hostile() -> Hostile:
    """A valid provider until a test changes it, checked to be so."""
    provider = Hostile()
    check_sign_in(provider)
    return provider


def test_an_unsigned_token_is_refused_even_if_discovery_lists_none(hostile):
    hostile.metadata = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
    check_sign_in(hostile)
    hostile.header, hostile.sign = {"alg": "none"}, unsigned_token

    with expect_refusal("header"):
        sign_in_with(hostile)


def test_a_token_with_algorithm_none_and_a_signature_is_refused(hostile):
    hostile.header = {"alg": "none"}
    hostile.sign = lambda header, body: hmac_token(header, body, b"x")

    with expect_refusal("algorithm"):
        sign_in_with(hostile)


def test_a_token_signed_with_our_public_key_as_a_shared_secret_is_refused(hostile):
    hostile.header = {"alg": "HS256"}
    hostile.sign = lambda header, body: hmac_token(header, body, KEY.as_pem(private=False))

    with expect_refusal("algorithm"):
        sign_in_with(hostile)


@pytest.mark.parametrize("algorithm", ["RS512", "PS256", "rs256", "", None, 256])
def test_an_algorithm_that_is_not_pinned_is_refused(hostile, algorithm):
    hostile.sign = lambda header, body: (
        sign_token(header, body, KEY)
        if algorithm in {"RS512", "PS256"}
        else hmac_token(header | {"alg": algorithm}, body, b"x")
    )
    hostile.header = {"alg": algorithm}

    with expect_refusal("algorithm"):
        sign_in_with(hostile)


@pytest.mark.parametrize(
    "audience", ["another", ["another"], [CLIENT, "another"], ["another", CLIENT], [], "", GONE, [CLIENT, CLIENT]]
)
def test_a_token_for_another_client_is_refused_whatever_its_authorized_party(hostile, audience):
    hostile.claims = {"aud": [CLIENT], "azp": CLIENT}
    check_sign_in(hostile)
    hostile.claims = {"aud": audience, "azp": CLIENT}

    with expect_refusal("audience"):
        sign_in_with(hostile)


def test_a_token_with_another_authorized_party_is_refused(hostile):
    hostile.claims = {"azp": "another"}

    with expect_refusal("authorized-party"):
        sign_in_with(hostile)


@pytest.mark.parametrize("issuer", [ISSUER + "/", "https://evil.example.org/realm", ISSUER.upper(), GONE])
def test_a_discovery_document_of_another_issuer_is_refused(hostile, issuer):
    hostile.metadata = {"issuer": issuer}

    with expect_refusal("discovery-issuer"):
        sign_in_with(hostile)


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
def test_an_endpoint_of_another_origin_is_refused_and_not_called(hostile, endpoint, address, cause):
    hostile.metadata = {endpoint: address}
    hostile.seen.clear()

    with expect_refusal(cause):
        sign_in_with(hostile)

    assert hostile.seen == [f"GET {ISSUER}/.well-known/openid-configuration"]


def test_an_endpoint_of_another_origin_is_used_if_configured(hostile):
    hostile.metadata = {"userinfo_endpoint": "https://graph.example.org/realm/userinfo"}

    check_sign_in(hostile, make_provider(hostile, other_origins=["https://graph.example.org"]))

    assert hostile.seen[-1] == "GET https://graph.example.org/realm/userinfo"


@pytest.mark.parametrize("issuer", [GONE, "https://evil.example.org/realm", "", ISSUER + "/"])
def test_a_callback_with_another_or_no_issuer_is_refused(hostile, issuer):
    hostile.callback = {"iss": issuer}

    with expect_refusal("callback-issuer"):
        sign_in_with(hostile)


def test_a_callback_without_issuer_is_accepted_if_the_provider_never_announced_one(hostile):
    hostile.metadata = {"authorization_response_iss_parameter_supported": GONE}
    hostile.callback = {"iss": GONE}
    check_sign_in(hostile)
    hostile.callback = {"iss": "https://evil.example.org"}

    with expect_refusal("callback-issuer"):
        sign_in_with(hostile)


def test_a_token_response_without_id_token_is_refused(hostile):
    hostile.answer = {"id_token": GONE}

    with expect_refusal("no-id-token"):
        sign_in_with(hostile)


@pytest.mark.parametrize("subject", ["joseph", "", GONE, 7])
def test_userinfo_of_another_subject_is_refused(hostile, subject):
    hostile.userinfo = {"sub": subject}

    with expect_refusal("userinfo-subject"):
        sign_in_with(hostile)


def test_every_authorization_request_carries_a_challenge_by_sha256(hostile):
    address, attempt = run_coroutine(begin_sign_in(make_provider(hostile), CALLBACK, None, BROWSER))

    assert "code_challenge_method=S256" in address
    assert "code_challenge=" in address
    assert attempt.verifier not in address


def test_a_provider_that_offers_only_plain_challenges_is_refused(hostile):
    hostile.metadata = {"code_challenge_methods_supported": ["plain"]}

    with expect_refusal("discovery-pkce"):
        sign_in_with(hostile)


def test_an_error_with_an_unknown_state_is_refused_for_its_state_before_anything_is_read(hostile):
    relying_party = make_provider(hostile)
    _, attempt = start_sign_in(hostile, relying_party)
    hostile.seen.clear()
    query = [("error", "<b>"), ("error_description", "Call this number"), ("state", "unknown")]

    for stored_attempt in (None, attempt):
        with expect_refusal("state"):
            run_coroutine(complete_sign_in(relying_party, CALLBACK, query, stored_attempt, BROWSER))

    assert hostile.seen == []


def test_an_error_of_the_provider_is_never_shown(hostile):
    hostile.callback = {"error": "access_denied", "error_description": "Call this number", "code": GONE}

    with pytest.raises(Exception, match="provider-access_denied") as caught:
        sign_in_with(hostile)
    assert "Call this number" not in str(caught.value.reason)

    hostile.callback |= {"error": "Call this number"}
    with expect_refusal("provider-error"):
        sign_in_with(hostile)


@pytest.mark.parametrize("kind", ["logout+jwt", "at+jwt", "application/at+JWT", "dpop+jwt", "JOSE", "", 1])
def test_a_token_of_another_type_is_refused(hostile, kind):
    hostile.header = {"typ": GONE}
    check_sign_in(hostile)
    hostile.header = {"typ": kind}
    if not isinstance(kind, str):
        hostile.sign = lambda header, body: hmac_token(header, body, b"x")

    with expect_refusal("type"):
        sign_in_with(hostile)


@pytest.mark.parametrize("subject", ["", " ", "a" * 256, "line\nbreak", "amïna", 7, None, GONE])
def test_an_invalid_subject_is_refused(hostile, subject):
    hostile.claims = {"sub": subject}

    with expect_refusal("subject"):
        sign_in_with(hostile)


@pytest.mark.parametrize("seconds", [-60, -31, -3600])
def test_an_expired_token_is_refused(hostile, seconds):
    hostile.claims = {"exp": now().timestamp() + seconds}

    with expect_refusal("expired"):
        sign_in_with(hostile)


@pytest.mark.parametrize("expires", [MAX_TOKEN_LIFETIME + 60, 365 * 86400, 1e308, 10**19])
def test_a_token_that_lasts_longer_than_a_day_is_refused(hostile, expires):
    hostile.claims = {"exp": int(now().timestamp()) + MAX_TOKEN_LIFETIME - 60}
    check_sign_in(hostile)
    hostile.claims = {"exp": now().timestamp() + expires}

    with expect_refusal("lifetime"):
        sign_in_with(hostile)


@pytest.mark.parametrize("seconds", [-365 * 86400, -700, 60])
def test_a_token_made_long_ago_or_in_the_future_is_refused(hostile, seconds):
    hostile.claims = {"iat": now().timestamp() + seconds}

    with expect_refusal("issued"):
        sign_in_with(hostile)


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
def test_a_missing_or_invalid_time_is_refused(hostile, claim, value, cause):
    hostile.claims = {claim: value}

    with expect_refusal(cause):
        sign_in_with(hostile)


def test_a_small_clock_skew_is_accepted(hostile):
    hostile.claims = {"iat": now().timestamp() + 20, "nbf": now().timestamp() + 20, "exp": now().timestamp() - 20}

    check_sign_in(hostile)


def test_an_unknown_key_refreshes_the_keys_once_in_a_cool_down(hostile):
    relying_party = make_provider(hostile)
    check_sign_in(hostile, relying_party)
    hostile.header = {"kid": "unheard-of"}
    hostile.seen.clear()

    with shifted_clock(KEY_REFETCH_INTERVAL):
        for _ in range(20):
            with expect_refusal("key"):
                sign_in_with(hostile, relying_party)

    assert hostile.seen.count(f"GET {ISSUER}/jwks") == 1


def test_a_new_key_of_the_provider_is_found_after_the_cool_down(hostile):
    relying_party = make_provider(hostile)
    check_sign_in(hostile, relying_party)
    hostile.keys, hostile.header = [KEY, OTHER_KEY], {"kid": "second"}
    hostile.sign = lambda header, body: sign_token(header, body, OTHER_KEY)

    with expect_refusal("key"):
        sign_in_with(hostile, relying_party)
    with shifted_clock(KEY_REFETCH_INTERVAL):
        check_sign_in(hostile, relying_party)


def test_a_key_exchanged_under_its_old_id_is_found_after_the_cool_down(hostile):
    relying_party = make_provider(hostile)
    check_sign_in(hostile, relying_party)
    exchanged = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
    hostile.keys, hostile.sign = [exchanged], lambda header, body: sign_token(header, body, exchanged)

    with expect_refusal("signature"):
        sign_in_with(hostile, relying_party)
    with shifted_clock(KEY_REFETCH_INTERVAL):
        check_sign_in(hostile, relying_party)


def test_a_key_exchanged_under_its_old_id_makes_no_other_signature_good(hostile):
    relying_party = make_provider(hostile)
    check_sign_in(hostile, relying_party)
    hostile.keys = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
    hostile.sign = lambda header, body: sign_token(header, body, OTHER_KEY)

    with shifted_clock(KEY_REFETCH_INTERVAL), expect_refusal("signature"):
        sign_in_with(hostile, relying_party)


def test_wrong_signatures_refresh_the_keys_once_in_a_cool_down(hostile):
    relying_party = make_provider(hostile)
    check_sign_in(hostile, relying_party)
    hostile.sign = lambda header, body: sign_token(header, body, OTHER_KEY)
    hostile.seen.clear()

    with shifted_clock(KEY_REFETCH_INTERVAL):
        for _ in range(20):
            with expect_refusal("signature"):
                sign_in_with(hostile, relying_party)

    assert hostile.seen.count(f"GET {ISSUER}/jwks") == 1


def test_a_key_removed_by_the_provider_is_forgotten(hostile):
    relying_party = make_provider(hostile)
    check_sign_in(hostile, relying_party)
    hostile.keys = [OTHER_KEY]

    with shifted_clock(timedelta(hours=1)), expect_refusal("key"):
        sign_in_with(hostile, relying_party)


def test_secrets_are_neither_in_the_browser_nor_in_the_url(hostile):
    address, attempt = run_coroutine(begin_sign_in(make_provider(hostile), CALLBACK, "/meetings", BROWSER))

    assert attempt.verifier not in address
    assert "/meetings" not in address
    assert BROWSER not in f"{address}{attempt}"
    assert f"state={attempt.state_digest}" not in address


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_secret_of_any_characters_reaches_the_provider_as_it_is(hostile, method):
    """Base64 has `+` and `/`; a provider that keeps to RFC 6749, 2.3.1, decodes what the header has."""
    hostile.metadata = {"token_endpoint_auth_methods_supported": [method]}

    assert set("+/%: ") < set(SECRET)
    check_sign_in(hostile)


def test_two_tabs_sign_in_independently(hostile):
    relying_party = make_provider(hostile)
    first, second = start_sign_in(hostile, relying_party), start_sign_in(hostile, relying_party)

    for query, attempt in (second, first):
        assert (
            run_coroutine(complete_sign_in(relying_party, CALLBACK, query, attempt, BROWSER)).claims["sub"] == "amina"
        )


def test_the_callback_of_one_tab_does_not_complete_the_attempt_of_another(hostile):
    relying_party = make_provider(hostile)
    (query, _), (_, other) = start_sign_in(hostile, relying_party), start_sign_in(hostile, relying_party)

    with expect_refusal("state"):
        run_coroutine(complete_sign_in(relying_party, CALLBACK, query, other, BROWSER))


@pytest.mark.parametrize("browser", [None, "", "c" * 43])
def test_a_callback_in_another_browser_is_refused(hostile, browser):
    relying_party = make_provider(hostile)
    query, attempt = start_sign_in(hostile, relying_party)

    with expect_refusal("browser"):
        run_coroutine(complete_sign_in(relying_party, CALLBACK, query, attempt, browser))
    assert run_coroutine(complete_sign_in(relying_party, CALLBACK, query, attempt, BROWSER)).claims["sub"] == "amina"


def test_an_attempt_that_took_too_long_is_refused(hostile):
    relying_party = make_provider(hostile)
    query, attempt = start_sign_in(hostile, relying_party)

    with shifted_clock(timedelta(minutes=10)), expect_refusal("attempt-expired"):
        run_coroutine(complete_sign_in(relying_party, CALLBACK, query, attempt, BROWSER))


@pytest.mark.parametrize("name", ["state", "code", "iss", "anything"])
def test_a_callback_with_a_repeated_parameter_is_refused(hostile, name):
    relying_party = make_provider(hostile)
    query, attempt = start_sign_in(hostile, relying_party)

    with expect_refusal("parameter-repeated"):
        run_coroutine(complete_sign_in(relying_party, CALLBACK, [*query, (name, "x"), (name, "x")], attempt, BROWSER))


def test_a_foreign_signature_under_a_known_key_id_is_refused(hostile):
    hostile.sign = lambda header, body: sign_token(header, body, OTHER_KEY)

    with expect_refusal("signature"):
        sign_in_with(hostile)


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
    hostile.sign = lambda header, body: hmac_token(header, body, b"x")
    hostile.seen.clear()

    with expect_refusal("header"):
        sign_in_with(hostile)

    assert not [address for address in hostile.seen if "evil" in address or "jwks" in address]


@pytest.mark.parametrize("issuer", [ISSUER + "/", "https://evil.example.org", "", GONE, [ISSUER]])
def test_a_token_of_another_issuer_is_refused(hostile, issuer):
    hostile.claims = {"iss": issuer}

    with expect_refusal("issuer"):
        sign_in_with(hostile)


@pytest.mark.parametrize("nonce", ["another", "", None, GONE, ["x"]])
def test_a_token_of_another_attempt_is_refused(hostile, nonce):
    hostile.claims = {"nonce": nonce}

    with expect_refusal("nonce"):
        sign_in_with(hostile)


def test_a_token_bound_to_another_access_token_is_refused(hostile):
    hostile.answer = {"access_token": "another"}

    with expect_refusal("access-token-hash"):
        sign_in_with(hostile)

    hostile.claims = {"at_hash": GONE}
    check_sign_in(hostile)


def test_an_authentication_weaker_than_required_is_refused(hostile):
    relying_party = make_provider(hostile, acr="urn:example:two-factors")
    with expect_refusal("acr"):
        sign_in_with(hostile, relying_party)

    hostile.claims = {"acr": "urn:example:two-factors"}
    check_sign_in(hostile, relying_party)


@pytest.mark.parametrize("ago", [200, -60, None])
def test_an_old_authentication_is_refused_where_a_fresh_one_was_requested(hostile, ago):
    assert sign_in_with(hostile, max_age=60).claims["sub"] == "amina"
    hostile.claims = {"auth_time": GONE if ago is None else now().timestamp() - ago}
    check_sign_in(hostile)

    with expect_refusal("auth-time"):
        sign_in_with(hostile, max_age=60)


@pytest.mark.parametrize("value", [GONE, None, "1790000000", True, [1], -1e300, 1e300, -1, 10**19])
def test_a_time_of_authentication_that_cannot_be_is_refused_where_a_fresh_one_was_requested_else_it_is_none(
    hostile, value
):
    assert sign_in_with(hostile, max_age=60).authenticated_at is not None
    hostile.claims = {"auth_time": value}

    with pytest.raises(OidcVerificationError):
        sign_in_with(hostile, max_age=60)
    assert sign_in_with(hostile).authenticated_at is None


@pytest.mark.parametrize("claim", ["exp", "auth_time", "amount_of_something"])
@pytest.mark.parametrize("number", ["1e400", "-1e400", "Infinity", "NaN"])
def test_a_token_with_a_number_without_end_is_refused(hostile, claim, number):
    hostile.encode = lambda claims: json.dumps(claims | {"amount_of_something": 1e300}).encode()
    check_sign_in(hostile)
    hostile.encode = lambda claims: (
        json.dumps(claims | {claim: 7.5}).replace(f'"{claim}": 7.5', f'"{claim}": {number}').encode()
    )

    with expect_refusal("claims"):
        sign_in_with(hostile)


@pytest.mark.parametrize(("ahead", "is_taken"), [(0, True), (20, True), (40, False), (3600, False)])
def test_no_person_authenticates_in_the_future(hostile, ahead, is_taken):
    hostile.claims = {"auth_time": now().timestamp() + ahead}

    at = sign_in_with(hostile).authenticated_at

    assert (at is not None) == is_taken
    assert at is None or at <= now()


def test_the_class_that_an_act_needs_is_asked_for_and_checked_in_the_token(hostile):
    relying_party = make_provider(hostile, acr="urn:example:password")
    hostile.claims = {"acr": "urn:example:password"}
    assert sign_in_with(hostile, relying_party).acr == "urn:example:password"

    for acr in ("urn:example:password", GONE, ["urn:example:key"], "urn:example:key "):
        hostile.claims = {"acr": acr}
        with expect_refusal("acr"):
            sign_in_with(hostile, relying_party, max_age=60, acr="urn:example:key")

    hostile.claims = {"acr": "urn:example:key"}
    completed = sign_in_with(hostile, relying_party, max_age=60, acr="urn:example:key")
    assert (completed.acr, completed.max_age) == ("urn:example:key", 60)


def test_the_request_names_how_old_the_sign_in_may_be_and_its_class(hostile):
    relying_party = make_provider(hostile, acr="urn:example:password")

    async def start(**more):
        return (await begin_sign_in(relying_party, CALLBACK, "/", BROWSER, **more))[0]

    plain = parse_qs(urlsplit(run_coroutine(start())).query)
    recent = parse_qs(urlsplit(run_coroutine(start(max_age=450, acr="urn:example:key"))).query)

    assert (plain.get("max_age"), plain["acr_values"]) == (None, ["urn:example:password"])
    assert (recent["max_age"], recent["acr_values"]) == (["450"], ["urn:example:key"])


def test_a_sign_in_for_a_statement_is_bound_to_its_digest(hostile):
    statement = '{"purpose":"approval","random":"0123"}'
    nonce = sha256(statement.encode()).hexdigest()

    async def sign_in():
        relying_party = make_provider(hostile)
        bound = {"statement": statement, "nonce": nonce}
        address, attempt = await begin_sign_in(relying_party, CALLBACK, "/", BROWSER, **bound)
        query = hostile.authorize(address)
        return address, await complete_sign_in(relying_party, CALLBACK, query, attempt, BROWSER)

    address, completed = run_coroutine(sign_in())

    assert parse_qs(urlsplit(address).query)["nonce"] == [nonce]
    assert completed.claims["nonce"] == nonce
    assert completed.statement == statement
    hostile.claims = {"nonce": "0" * 64}
    with expect_refusal("nonce"):
        run_coroutine(sign_in())


def test_a_token_with_a_repeated_claim_is_refused(hostile):
    hostile.encode = lambda claims: json.dumps(claims).replace("{", '{"sub": "joseph", ', 1).encode()

    with expect_refusal("claims"):
        sign_in_with(hostile)


def test_a_token_response_with_a_repeated_member_is_refused(hostile):
    hostile.respond["token"] = lambda: Response(
        '{"id_token": "a", "id_token": "b", "token_type": "Bearer", "access_token": "c"}', media_type="application/json"
    )

    with expect_refusal("token-answer"):
        sign_in_with(hostile)


@pytest.mark.parametrize("endpoint", ["openid-configuration", "jwks", "token", "userinfo"])
def test_a_redirect_is_not_followed(hostile, endpoint):
    hostile.respond[endpoint] = lambda: RedirectResponse("https://evil.example.org/")

    with expect_refusal("answer-redirects"):
        sign_in_with(hostile)

    assert not [address for address in hostile.seen if "evil" in address]


@pytest.mark.parametrize("endpoint", ["openid-configuration", "jwks", "token", "userinfo"])
def test_an_endless_response_is_aborted(hostile, endpoint):
    hostile.respond[endpoint] = lambda: Response(b"{" + b" " * 300_000 + b"}", media_type="application/json")

    with expect_refusal("answer-too-large"):
        sign_in_with(hostile)


def test_a_compressed_response_is_not_decompressed(hostile):
    hostile.respond["userinfo"] = lambda: Response(b"x", headers={"content-encoding": "gzip"})

    with expect_refusal("answer-compressed"):
        sign_in_with(hostile)


def test_a_code_refused_by_the_provider_is_no_sign_in(hostile):
    hostile.respond["token"] = lambda: JSONResponse({"error": "invalid_grant"}, 400)

    with expect_refusal("token-refused"):
        sign_in_with(hostile)


def test_the_demo_provider_is_refused_unless_it_is_allowed(hostile):
    hostile.metadata = {"demo_provider": True}
    check_sign_in(hostile, make_provider(hostile, allow_demo=True))

    with expect_refusal("demo-provider"):
        sign_in_with(hostile)


def test_a_logout_token_is_no_id_token_even_with_our_nonce(hostile):
    hostile.claims = {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}

    with expect_refusal("events"):
        sign_in_with(hostile)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ({"token_type": "DPoP"}, "token-type"),
        ({"token_type": GONE}, "token-type"),
        ({"access_token": GONE}, "no-access-token"),
    ],
)
def test_a_missing_access_token_or_one_of_an_unknown_type_is_refused(hostile, answer, cause):
    hostile.claims, hostile.answer = {"at_hash": GONE}, answer

    with expect_refusal(cause):
        sign_in_with(hostile)
