"""How old a sign-in may be for acts that need a recent one, and what is asked of the provider."""

from datetime import timedelta

import pytest

from app.core import clock
from app.http.oidc.verifier import LEEWAY_SECONDS
from app.http.recent_sign_in import LastAuthentication, RecentSignInPolicy
from app.settings import MIN_STEP_UP_MINUTES

QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("ago", "is_accepted"),
    [(timedelta(0), True), (timedelta(minutes=14, seconds=59), True), (QUARTER, False), (timedelta(hours=2), False)],
)
def test_a_sign_in_is_recent_until_its_age_is_reached(ago: timedelta, is_accepted: bool) -> None:
    last = LastAuthentication(clock.now() - ago, None)

    assert RecentSignInPolicy(QUARTER).accepts(last) is is_accepted


def test_a_sign_in_of_which_the_provider_did_not_say_when_is_not_recent() -> None:
    assert not RecentSignInPolicy(QUARTER).accepts(LastAuthentication(None, None))


@pytest.mark.parametrize(("acr", "is_accepted"), [("key", True), ("password", False), (None, False)])
def test_a_sign_in_of_another_class_does_not_suffice(acr: str | None, is_accepted: bool) -> None:
    last = LastAuthentication(clock.now(), acr)

    assert RecentSignInPolicy(QUARTER).accepts(last)
    assert RecentSignInPolicy(QUARTER, "key").accepts(last) is is_accepted


def test_no_sign_in_is_too_old_where_that_is_switched_off() -> None:
    assert RecentSignInPolicy(timedelta(0)).accepts(LastAuthentication(None, None))


def test_what_the_provider_may_answer_is_recent_when_it_arrives() -> None:
    """Otherwise the page would send the person back to the provider, without end."""
    for minutes in (MIN_STEP_UP_MINUTES, 15, 60):
        policy = RecentSignInPolicy(timedelta(minutes=minutes))
        oldest = clock.now() - timedelta(seconds=policy.requested_max_age + LEEWAY_SECONDS)

        assert policy.accepts(LastAuthentication(oldest, None))
        assert policy.requested_max_age >= 60
