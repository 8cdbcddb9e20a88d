"""Which page a sign-in that came to nothing gets, and where it begins again."""

from datetime import timedelta

import pytest

from app.core import clock
from app.core.errors import DomainError, Unavailable
from app.core.i18n import lazy_gettext as _
from app.domain.identity.models.claims import ClaimFault, UnusableClaims
from app.http.oidc.errors import (
    OidcVerificationError,
    ProviderFault,
    ProviderUnavailable,
    SignInCancelled,
    SignInExpired,
)
from app.http.oidc.flow import SignInAttempt
from app.http.recent_sign_in import AFTER_SIGN_IN_PATH
from app.http.sign_in.refusals import EXPLANATIONS, RefusedSignIn, SignInRefusal

PAGES: list[tuple[DomainError, str, int]] = [
    (SignInCancelled(), "cancelled", 401),
    (SignInExpired("state"), "expired", 401),
    (UnusableClaims(ClaimFault.MISSING, ["locale"]), "incomplete", 403),
    (OidcVerificationError("signature"), "refused", 401),
    (OidcVerificationError("provider-login_required"), "refused", 401),
    (ProviderFault("provider-server_error"), "unavailable", 503),
    (ProviderUnavailable(), "unavailable", 503),
    (Unavailable(_("Too many.")), "busy", 503),
]


def build_attempt(next_path: str, max_age: int | None = None) -> SignInAttempt:
    return SignInAttempt(
        "state", "browser", "nonce", "verifier", next_path, clock.now() + timedelta(minutes=1), max_age
    )


@pytest.mark.parametrize(("error", "page", "status"), PAGES)
def test_each_kind_of_refusal_has_a_page_and_a_status(error: DomainError, page: str, status: int) -> None:
    refused = RefusedSignIn.from_error(error, None)

    assert (refused.refusal, EXPLANATIONS[refused.refusal].status) == (page, status)


def test_every_refusal_is_explained() -> None:
    assert set(EXPLANATIONS) == set(SignInRefusal) == {page for _error, page, _status in PAGES}


def test_the_reason_names_the_claims() -> None:
    refused = RefusedSignIn.from_error(UnusableClaims(ClaimFault.MISSING, ["locale", "entity"]), None)

    assert "Missing: locale, entity." in str(refused.reason)


@pytest.mark.parametrize(
    ("attempt", "begins"),
    [
        (None, "/sign-in"),
        (build_attempt("/documents?page=2&x=a b"), "/sign-in?next=/documents%3Fpage%3D2%26x%3Da%20b"),
        (build_attempt("/outputs/1/adopt", max_age=450), "/outputs/1/adopt"),  # its page asks for a recent sign-in
        (build_attempt(AFTER_SIGN_IN_PATH, max_age=450), ""),  # its form is open in another tab
    ],
)
def test_a_refused_sign_in_begins_again_where_it_was_begun(attempt: SignInAttempt | None, begins: str) -> None:
    assert RefusedSignIn.from_error(SignInCancelled(), attempt).begin_path == begins


@pytest.mark.parametrize(
    ("error", "attempt", "begins"),
    [
        (UnusableClaims(ClaimFault.MISSING, ["locale"]), None, "/sign-in?account=another"),
        (
            UnusableClaims(ClaimFault.MISSING, ["locale"]),
            build_attempt("/documents"),
            "/sign-in?next=/documents&account=another",
        ),
        (UnusableClaims(ClaimFault.MISSING, ["locale"]), build_attempt("/outputs/1/adopt", max_age=450), ""),
        (SignInCancelled(), build_attempt("/documents"), ""),
        (ProviderUnavailable(), build_attempt("/documents"), ""),
    ],
)
def test_only_where_the_account_is_wrong_another_one_is_offered(
    error: DomainError, attempt: SignInAttempt | None, begins: str
) -> None:
    assert RefusedSignIn.from_error(error, attempt).another_account_path == begins
