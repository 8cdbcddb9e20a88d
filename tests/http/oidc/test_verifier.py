"""Any change of a valid token is refused, or leaves its meaning unchanged."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from app.core.clock import now
from app.http.oidc.cache import CachedFetch
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.keys import ProviderKeys, parse_jwk_set
from app.http.oidc.strict_json import encode_base64url
from app.http.oidc.verifier import (
    LEEWAY_SECONDS,
    MAX_ID_TOKEN_AGE,
    MAX_TOKEN_LIFETIME,
    ExpectedIdToken,
    verify_id_token,
)
from tests.http.oidc.hostile_provider import (
    CLIENT,
    ISSUER,
    KEY,
    expect_refusal,
    run_coroutine,
    sign_token,
    valid_claims,
)
from tests.sampling import count_examples

ACCESS_TOKEN = "the access token"
EXPECTED = ExpectedIdToken(ISSUER, CLIENT, {"RS256"}, "the nonce", ACCESS_TOKEN, max_age=60, acr="strong")
HEADER = {"alg": "RS256", "typ": "JWT", "kid": "first"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def publish_keys(*keys):
    async def fetch():
        return parse_jwk_set({"keys": [key.as_dict(private=False) for key in keys]})

    return ProviderKeys(CachedFetch(fetch, timedelta(hours=1), timedelta(hours=1)))


def make_claims():
    return valid_claims("the nonce", ACCESS_TOKEN) | {"acr": "strong", "azp": CLIENT, "nbf": int(now().timestamp())}


def verify(token, keys=None, expected=EXPECTED):
    return run_coroutine(verify_id_token(token, keys or publish_keys(KEY), expected))


@settings(max_examples=count_examples(150), deadline=None)
@given(claim=st.sampled_from(sorted(make_claims())), value=json_values)
def test_a_claim_changed_after_signing_is_refused(claim, value):
    honest = make_claims()
    token = sign_token(HEADER, json.dumps(honest).encode(), KEY)
    assert verify(token) == honest
    head, _, signature = token.split(".")
    changed = json.dumps(honest | {claim: value})
    forged = f"{head}.{encode_base64url(changed.encode())}.{signature}"

    if forged == token:
        return
    with expect_refusal("signature"):
        verify(forged)


@settings(max_examples=count_examples(400), deadline=None)
@given(claim=st.sampled_from(sorted(make_claims())), value=json_values | st.none())
def test_a_wrongly_signed_claim_is_refused_or_within_bounds(claim, value):
    honest = make_claims()
    changed = honest | {claim: value}

    try:
        claims = verify(sign_token(HEADER, json.dumps(changed).encode(), KEY))
    except OidcVerificationError:
        return

    assert claims == changed
    instant = now().timestamp()
    within = {
        "aud": lambda: value in (CLIENT, [CLIENT]),
        "sub": lambda: isinstance(value, str) and 0 < len(value) <= 255,
        "exp": lambda: instant - LEEWAY_SECONDS - 1 < value <= instant + MAX_TOKEN_LIFETIME,
        "iat": lambda: abs(instant - value) <= MAX_ID_TOKEN_AGE + LEEWAY_SECONDS + 1,
        "nbf": lambda: value is None or value <= instant + LEEWAY_SECONDS,
        "auth_time": lambda: instant - 60 - LEEWAY_SECONDS - 1 <= value <= instant + LEEWAY_SECONDS,
    }
    assert value == honest[claim] or within[claim]()


@settings(max_examples=count_examples(150), deadline=None)
@given(place=st.integers(0, 10_000), sign=st.sampled_from("ABab01-_.=+/ \n"))
def test_one_character_changed_anywhere_in_the_token_is_refused(place, sign):
    token = sign_token(HEADER, json.dumps(make_claims()).encode(), KEY)
    place %= len(token)
    forged = token[:place] + sign + token[place + 1 :]

    if forged == token:
        return
    with pytest.raises(OidcVerificationError):
        verify(forged)


def test_a_token_has_one_spelling_only():
    token = sign_token(HEADER, json.dumps(make_claims()).encode(), KEY)
    assert verify(token)["sub"] == "amina"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last character of a 256-byte signature has spare bits: another character would mean the same bytes.
    variant = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]

    with expect_refusal("form"):
        verify(variant)


@settings(max_examples=count_examples(200), deadline=None)
@given(text=st.text(max_size=200) | st.lists(st.binary(max_size=60).map(encode_base64url), max_size=5).map(".".join))
def test_any_other_text_is_refused_without_a_fault(text):
    with pytest.raises(OidcVerificationError):
        verify(text)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ES256", ECKey.generate_key("P-256")),
        ("ES512", ECKey.generate_key("P-521")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
        ("PS384", KEY),
    ],
)
def test_the_other_pinned_algorithms_work_and_only_with_their_own_keys(algorithm, key):
    expected = replace(EXPECTED, algorithms={algorithm}, access_token=None)
    claims = {name: value for name, value in make_claims().items() if name != "at_hash"}
    token = jws.serialize_compact({"alg": algorithm}, json.dumps(claims).encode(), key, [algorithm])

    assert verify(token, publish_keys(key), expected) == claims
    with expect_refusal("key"):
        verify(token, publish_keys(ECKey.generate_key("P-384")), expected)
    other = ECKey.generate_key("P-256") if algorithm == "PS384" else KEY
    with expect_refusal("key"):
        verify(token, publish_keys(other), expected)


def test_keys_that_cannot_have_signed_are_skipped():
    entries = [
        KEY.as_dict(private=False),
        OctKey.generate_key(256).as_dict(),
        {"kty": "AKP", "pub": "x"},
        {"kty": "RSA", "n": "?", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        "nonsense",
    ]

    assert [key.kid for key in parse_jwk_set({"keys": entries})] == ["first"]
    for broken in ({}, {"keys": {}}, {"keys": [{}] * 101}):
        with expect_refusal("jwks"):
            parse_jwk_set(broken)


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "RS512"}])
def test_a_key_for_another_use_is_not_used(change):
    token = sign_token(HEADER, json.dumps(make_claims()).encode(), KEY)
    assert verify(token)["sub"] == "amina"

    with expect_refusal("key"):
        verify(token, publish_keys(RSAKey.import_key(KEY.as_dict(private=True) | change)))


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_short_key_is_not_used():
    short = RSAKey.generate_key(1024, {"kid": "first"})

    with expect_refusal("key"):
        verify(sign_token(HEADER, json.dumps(make_claims()).encode(), short), publish_keys(short))


def test_two_keys_with_one_id_are_not_used():
    duplicate = RSAKey.generate_key(2048, {"kid": "first"})

    with expect_refusal("key"):
        verify(sign_token(HEADER, json.dumps(make_claims()).encode(), KEY), publish_keys(KEY, duplicate))


def test_a_token_without_key_id_is_accepted_where_there_is_one_key():
    token = sign_token({"alg": "RS256"}, json.dumps(make_claims()).encode(), KEY)
    assert verify(token)["sub"] == "amina"

    with expect_refusal("key"):
        verify(token, publish_keys(KEY, RSAKey.generate_key(2048, {"kid": "second"})))
