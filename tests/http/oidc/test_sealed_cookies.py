"""Sealed cookies: what they preserve, what they refuse, and two tabs of one browser."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from app.core.clock import now, shifted_clock
from app.core.hashing import hash_secret
from app.http.oidc.flow import SignInAttempt, get_or_create_browser_id
from app.http.oidc.sealed_cookies import AttemptCookies, ReplayGuard, TokenSealer

SECRET = "a secret of thirty-two characters or more"
SEALER = TokenSealer(SECRET, "test")
NEW = ("acr", "statement")


class Browser:
    """Keep cookies as a browser does, from the headers of our responses."""

    def __init__(self, spent, *, secure=True):
        self.spent, self.secure, self.cookies = spent, secure, {}

    def attempts(self):
        return AttemptCookies(SEALER, self.spent, self.cookies, secure=self.secure)

    def receive(self, attempts):
        response = Response()
        attempts.apply_to(response)
        for header in response.headers.getlist("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                assert (morsel["path"], morsel["httponly"], morsel["samesite"]) == ("/", True, "lax")
                assert bool(morsel["secure"]) == self.secure == name.startswith("__Host-")
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def keep(self, state, lifetime=timedelta(minutes=10)):
        attempts = self.attempts()
        attempts.store_attempt(
            SignInAttempt(
                hash_secret(state), hash_secret("b"), "nonce", "verifier", "/next", now() + lifetime, 60, "acr", "s"
            )
        )
        self.receive(attempts)

    def take(self, state):
        attempts = self.attempts()
        attempt = attempts.take_attempt(state)
        self.receive(attempts)
        return attempt


@pytest.mark.parametrize("secure", [True, False])
def test_an_attempt_is_returned_completely_and_once(secure):
    browser = Browser(ReplayGuard(), secure=secure)
    browser.keep("state")
    copied = dict(browser.cookies)

    taken = browser.take("state")
    assert (taken.nonce, taken.verifier, taken.next_path) == ("nonce", "verifier", "/next")
    assert (taken.max_age, taken.acr, taken.statement) == (60, "acr", "s")
    assert browser.cookies == {}

    browser.cookies = copied
    assert browser.take("state") is None


def test_an_attempt_that_the_version_before_sealed_is_completed():
    browser = Browser(ReplayGuard())
    browser.keep("state")
    (name, sealed), lifetime = browser.cookies.popitem(), timedelta(minutes=1)
    content = SEALER.unseal(sealed)
    browser.cookies[name] = SEALER.seal({key: value for key, value in content.items() if key not in NEW}, lifetime)

    taken = browser.take("state")
    assert (taken.acr, taken.statement) == ("", "")


def test_two_tabs_keep_separate_attempts():
    browser = Browser(ReplayGuard())
    browser.keep("first")
    browser.keep("second")

    assert browser.take("first").state_digest == hash_secret("first")
    assert browser.take("second").state_digest == hash_secret("second")


def test_at_most_five_attempts_are_kept_and_the_oldest_is_dropped():
    browser = Browser(ReplayGuard())
    for number in range(7):
        browser.keep(f"state {number}", timedelta(minutes=1 + number))

    assert len(browser.cookies) == 5
    assert [browser.take(f"state {number}") is not None for number in range(7)] == [False] * 2 + [True] * 5


def test_a_cookie_under_the_name_of_another_attempt_is_refused():
    browser = Browser(ReplayGuard())
    browser.keep("first")
    browser.keep("second")
    names = list(browser.cookies)
    browser.cookies[names[0]] = browser.cookies[names[1]]

    assert browser.take("first") is None
    assert browser.take("second") is not None


def test_an_attempt_expires():
    browser = Browser(ReplayGuard())
    browser.keep("first")
    browser.keep("second")

    assert browser.take("unknown") is None
    assert browser.take("first") is not None
    with shifted_clock(timedelta(minutes=10)):
        assert browser.take("second") is None


def test_an_attempt_is_not_readable_in_the_browser():
    browser = Browser(ReplayGuard())
    browser.keep("state")

    assert not [word for word in ("nonce", "verifier", "/next") if word in str(browser.cookies)]


def test_a_sealed_value_opens_until_its_expiry():
    sealed = SEALER.seal({"name": "Amina", "roles": ["delegate"]}, timedelta(minutes=1))

    assert SEALER.unseal(sealed) == {"name": "Amina", "roles": ["delegate"]}
    with shifted_clock(timedelta(minutes=1)):
        assert SEALER.unseal(sealed) is None


def test_another_purpose_or_secret_does_not_open_a_sealed_value():
    sealed = SEALER.seal({"a": 1}, timedelta(minutes=1))

    assert TokenSealer(SECRET, "test").unseal(sealed) == {"a": 1}
    assert TokenSealer(SECRET, "another").unseal(sealed) is None
    assert TokenSealer(SECRET + "!", "test").unseal(sealed) is None


def test_sealing_twice_gives_two_texts():
    assert SEALER.seal({"a": 1}, timedelta(minutes=1)) != SEALER.seal({"a": 1}, timedelta(minutes=1))


@given(place=st.integers(0, 10_000), sign=st.sampled_from("ABCab01-_.= \u00e9"))
def test_a_changed_sealed_value_does_not_open(place, sign):
    sealed = SEALER.seal({"a": 1}, timedelta(minutes=1))
    assert SEALER.unseal(sealed) == {"a": 1}
    place %= len(sealed)
    forged = sealed[:place] + sign + sealed[place + 1 :]

    assert forged == sealed or SEALER.unseal(forged) is None


@given(st.text(max_size=100))
def test_any_other_text_does_not_open(text):
    assert SEALER.unseal(text) is None


def test_a_weak_secret_and_too_large_content_are_refused():
    with pytest.raises(ValueError, match="32 characters"):
        TokenSealer("short", "test")
    with pytest.raises(ValueError, match="too large"):
        SEALER.seal({"a": "x" * 4000}, timedelta(minutes=1))
    assert SEALER.unseal("A" * 5000) is None


def test_a_spent_token_is_forgotten_after_its_expiry():
    spent = ReplayGuard()
    until = now() + timedelta(minutes=1)

    assert [spent.use("a", until), spent.use("a", until), spent.use("b", until)] == [True, False, True]
    with shifted_clock(timedelta(minutes=2)):
        assert spent.use("a", now() + timedelta(minutes=1))


def test_a_valid_browser_cookie_is_kept_and_any_other_is_replaced():
    cookie = get_or_create_browser_id(None)

    assert len(cookie) == 43
    assert get_or_create_browser_id(cookie) == cookie
    for odd in (None, "", "short", cookie + "x", cookie[:-1] + "=", "é" * 43):
        assert get_or_create_browser_id(odd) not in (odd, cookie)
