"""Whatever is changed in a valid token: refused, or it says the same as before."""

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
from app.http.oidc.verifier import LEEWAY_SECONDS, MAX_ID_TOKEN_AGE, ExpectedIdToken, verify_id_token
from tests.http.oidc.hostile_provider import CLIENT, ISSUER, KEY, honest_claims, refused, run, signed

ACCESS_TOKEN = "the access token"
EXPECTED = ExpectedIdToken(ISSUER, CLIENT, {"RS256"}, "the nonce", ACCESS_TOKEN, max_age=60, acr="strong")
HEADER = {"alg": "RS256", "typ": "JWT", "kid": "first"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def published(*keys):
    async def fetch():
        return parse_jwk_set({"keys": [key.as_dict(private=False) for key in keys]})

    return ProviderKeys(CachedFetch(fetch, timedelta(hours=1), timedelta(hours=1)))


def claims_now():
    return honest_claims("the nonce", ACCESS_TOKEN) | {"acr": "strong", "azp": CLIENT, "nbf": int(now().timestamp())}


def verified(token, keys=None, expected=EXPECTED):
    return run(verify_id_token(token, keys or published(KEY), expected))


@settings(max_examples=150, deadline=None)
@given(claim=st.sampled_from(sorted(claims_now())), value=json_values)
def test_a_claim_changed_after_signing_is_refused(claim, value):
    honest = claims_now()
    token = signed(HEADER, json.dumps(honest).encode(), KEY)
    assert verified(token) == honest
    head, _, signature = token.split(".")
    changed = json.dumps(honest | {claim: value})
    forged = f"{head}.{encode_base64url(changed.encode())}.{signature}"

    if forged == token:
        return
    with refused("signature"):
        verified(forged)


@settings(max_examples=400, deadline=None)
@given(claim=st.sampled_from(sorted(claims_now())), value=json_values | st.none())
def test_a_claim_that_the_provider_signs_wrongly_is_refused_or_within_bounds(claim, value):
    honest = claims_now()
    changed = honest | {claim: value}

    try:
        found = verified(signed(HEADER, json.dumps(changed).encode(), KEY))
    except OidcVerificationError:
        return

    assert found == changed
    instant = now().timestamp()
    within = {
        "aud": lambda: value in (CLIENT, [CLIENT]),
        "sub": lambda: isinstance(value, str) and 0 < len(value) <= 255,
        "exp": lambda: value > instant - LEEWAY_SECONDS - 1,
        "iat": lambda: abs(instant - value) <= MAX_ID_TOKEN_AGE + LEEWAY_SECONDS + 1,
        "nbf": lambda: value is None or value <= instant + LEEWAY_SECONDS,
        "auth_time": lambda: instant - 60 - LEEWAY_SECONDS - 1 <= value <= instant + LEEWAY_SECONDS,
    }
    assert value == honest[claim] or within[claim]()


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10_000), sign=st.sampled_from("ABab01-_.=+/ \n"))
def test_one_character_changed_anywhere_in_the_token_is_refused(place, sign):
    token = signed(HEADER, json.dumps(claims_now()).encode(), KEY)
    place %= len(token)
    forged = token[:place] + sign + token[place + 1 :]

    if forged == token:
        return
    with pytest.raises(OidcVerificationError):
        verified(forged)


def test_a_token_has_one_spelling_only():
    token = signed(HEADER, json.dumps(claims_now()).encode(), KEY)
    assert verified(token)["sub"] == "amina"
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last letter of a signature of 256 bytes has bits to spare: another letter would mean the same bytes.
    twin = token[:-1] + letters[letters.index(token[-1]) + 1]

    with refused("form"):
        verified(twin)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200) | st.lists(st.binary(max_size=60).map(encode_base64url), max_size=5).map(".".join))
def test_anything_that_is_no_token_is_refused_and_never_a_fault(text):
    with pytest.raises(OidcVerificationError):
        verified(text)


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
    claims = {name: value for name, value in claims_now().items() if name != "at_hash"}
    token = jws.serialize_compact({"alg": algorithm}, json.dumps(claims).encode(), key, [algorithm])

    assert verified(token, published(key), expected) == claims
    with refused("key"):
        verified(token, published(ECKey.generate_key("P-384")), expected)
    other = ECKey.generate_key("P-256") if algorithm == "PS384" else KEY
    with refused("key"):
        verified(token, published(other), expected)


def test_keys_that_cannot_have_signed_are_passed_over():
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
        with refused("jwks"):
            parse_jwk_set(broken)


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "RS512"}])
def test_a_key_meant_for_something_else_is_not_used(change):
    token = signed(HEADER, json.dumps(claims_now()).encode(), KEY)
    assert verified(token)["sub"] == "amina"

    with refused("key"):
        verified(token, published(RSAKey.import_key(KEY.as_dict(private=True) | change)))


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_short_key_is_not_used():
    short = RSAKey.generate_key(1024, {"kid": "first"})

    with refused("key"):
        verified(signed(HEADER, json.dumps(claims_now()).encode(), short), published(short))


def test_two_keys_of_one_name_are_no_key():
    twin = RSAKey.generate_key(2048, {"kid": "first"})

    with refused("key"):
        verified(signed(HEADER, json.dumps(claims_now()).encode(), KEY), published(KEY, twin))


def test_a_token_without_key_name_is_taken_where_there_is_one_key_only():
    token = signed({"alg": "RS256"}, json.dumps(claims_now()).encode(), KEY)
    assert verified(token)["sub"] == "amina"

    with refused("key"):
        verified(token, published(KEY, RSAKey.generate_key(2048, {"kid": "second"})))
