"""Redirect paths after a sign-in."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.oidc.redirect_paths import safe_redirect_path


@pytest.mark.parametrize("path", ["/", "/meetings", "/documents/4?lang=ar#top", "/search?q=a:b/c", "/%2F%2Fevil", "/é"])
def test_a_path_of_the_portal_is_kept(path):
    assert safe_redirect_path(path) == path


ELSEWHERE = ["//evil.example.org", "///evil", "/\\evil.example.org", "\\\\evil", "https://evil.example.org", "meetings"]
OTHERWISE = ["javascript:alert(1)", "/sign-in", "/sign-in?next=/", "/sign-in/callback", "/sign-out"]
MALFORMED = [
    "",
    None,
    "/\t/evil",
    "/\n/evil",
    "/a b",
    "/a\x00b",
    "/a\u2028b",
    "/\u202etxt",
    " /meetings",
    "/" + "a" * 1000,
    "/" + "文" * 333 + "a",
]


@pytest.mark.parametrize("path", [*ELSEWHERE, *OTHERWISE, *MALFORMED])
def test_any_other_path_leads_to_the_home_page(path):
    assert safe_redirect_path(path) == "/"


@given(st.text(alphabet="/\\:@.?#%a\t\n é", max_size=12) | st.text(max_size=30))
def test_no_path_ever_leads_to_another_host(text):
    path = safe_redirect_path(text)

    assert path.startswith("/")
    assert urlsplit(urljoin("https://portal.example.org/sign-in", path)).netloc == "portal.example.org"
