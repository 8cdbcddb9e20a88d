"""Reader access: each membership category reads the members' outputs, all others the public ones; and which cookies are
valid."""

from datetime import timedelta

import pytest

from app.core.clock import shifted_clock
from app.domain.identity.models.claims import MembershipCategory
from app.http.oidc.sealed_cookies import TokenSealer
from tests.dissemination.read_path_site import ReaderSite
from tests.world import World

MEMBERS = sorted(set(MembershipCategory) - {MembershipCategory.EXTERNAL})


def statuses(reader_site: ReaderSite, address: str, **who: object) -> dict[str, int]:
    browser = reader_site.browser(**who)
    paths = ("/", "/help", "/outputs", address, f"{address}/files/en", "/outputs/none", "/outputs/none/files/en")
    return {path.removeprefix(address) or "it": browser.get(path).status_code for path in paths}


@pytest.mark.parametrize("membership", MEMBERS)
def test_every_category_of_membership_reads(reader_site: ReaderSite, membership: str) -> None:
    assert statuses(reader_site, reader_site.release(), membership=membership) == {
        "/": 200,
        "/help": 200,
        "/outputs": 200,
        "it": 200,
        "/files/en": 200,
        "/outputs/none": 404,
        "/outputs/none/files/en": 404,
    }


@pytest.mark.parametrize(("who", "status"), [("external", 403), (None, 401)])
def test_strangers_and_visitors_are_refused_alike_whether_or_not_an_output_exists(
    reader_site: ReaderSite, who: str | None, status: int
) -> None:
    address = reader_site.release()
    assert statuses(reader_site, address, membership="member_state")["it"] == 200

    with reader_site.statements() as statements:
        responses = statuses(reader_site, address, membership=who)

    assert responses == dict.fromkeys(responses, status) | {"/": 200, "/help": 200, "/outputs": 200}
    assert statements == []
    assert "Report 1" not in reader_site.browser(who).get("/outputs").text


def test_every_reader_sees_the_own_name_on_the_home_page(reader_site: ReaderSite) -> None:
    reader_site.release()
    pages = {who: reader_site.browser(who).get("/").text for who in MembershipCategory}

    assert all("Sima Qian" in page for page in pages.values())
    assert all(("Report 1" in page) == (who in MEMBERS) for who, page in pages.items())
    assert "Your account is not linked to any member of ITU" in pages[MembershipCategory.EXTERNAL]
    assert "Sima Qian" not in reader_site.browser().get("/").text


def test_the_not_found_page_shows_who_is_signed_in(reader_site: ReaderSite) -> None:
    for_member, for_anonymous = (
        reader_site.browser("academia").get("/nothing-here"),
        reader_site.browser().get("/nothing-here"),
    )

    assert (for_member.status_code, for_anonymous.status_code) == (404, 404)
    assert "Sima Qian" in for_member.text
    assert 'href="/sign-in"' not in for_member.text
    assert 'href="/sign-in"' in for_anonymous.text


def test_the_refusal_of_a_stranger_names_the_audience_and_the_next_step(reader_site: ReaderSite) -> None:
    page = reader_site.browser("external").get("/outputs/none").text

    assert "is reserved for ITU members, and your account does not belong to any member" in page
    assert "ask the member to have your account registered under its name" in page


def test_the_cookie_contains_only_category_name_beginning_and_digests(reader_site: ReaderSite) -> None:
    content, other = (reader_site.state.session_sealer.unseal(reader_site.cookie()) for _ in range(2))

    assert content["membership"] == "sector_member"
    assert content["name"] == "Sima Qian"
    assert len(content["id"]) == 22
    assert content["id"] != other["id"]
    assert len(content["ended_by"]) == 2
    assert "the-subject" not in str(content)
    assert sorted(content) == ["began", "ended_by", "id", "membership", "name"]


def test_a_cookie_expires_and_reading_does_not_renew_it(reader_site: ReaderSite) -> None:
    address = reader_site.release()
    minutes = reader_site.settings.read_session_minutes
    with shifted_clock(-timedelta(minutes=minutes - 1)):
        young = reader_site.cookie()
    with shifted_clock(-timedelta(minutes=minutes)):
        old = reader_site.cookie()

    answer = reader_site.browser(cookie=young).get(address)

    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert reader_site.browser(cookie=old).get(address).status_code == 401


def test_a_cookie_not_sealed_by_the_read_path_does_not_sign_in(reader_site: ReaderSite, world: World) -> None:
    good = reader_site.cookie()
    content = {"id": "x", "name": "Mallory", "membership": "member_state"}
    life = timedelta(hours=1)
    portal_secret = reader_site.settings.session_secret.get_secret_value()
    bad = {
        "changed": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "cut": good[:-4],
        "made up": "member_state",
        "another secret": TokenSealer("x" * 40, "session of a reader").seal(content, life),
        "the portal's secret": TokenSealer(portal_secret, "session of a reader").seal(content, life),
        "another purpose": reader_site.state.sign_in_sealers.attempts.seal(content, life),
        "a session of the portal": world.sign_in("amina"),
    }

    address = reader_site.release()
    assert reader_site.browser(cookie=good).get(address).status_code == 200
    responses = {name: reader_site.browser(cookie=cookie).get(address).status_code for name, cookie in bad.items()}
    assert responses == dict.fromkeys(bad, 401)


def test_the_cookie_of_the_portal_is_ignored_on_the_read_path(reader_site: ReaderSite, world: World) -> None:
    browser, address = reader_site.browser(), reader_site.release()
    browser.cookies.set("cwg_portal", world.sign_in("amina"))

    page = browser.get("/")

    assert browser.get(address).status_code == 401
    assert "Amina" not in page.text
