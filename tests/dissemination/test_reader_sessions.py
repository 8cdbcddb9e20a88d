"""Who may read: every category of membership what is theirs, all others what is public; and which cookies are
believed."""

from datetime import timedelta

import pytest

from app.core.clock import shifted_clock
from app.domain.identity.models.claims import Membership
from app.http.oidc.sealed_cookies import TokenSealer
from tests.dissemination.read_path_site import Place
from tests.world import World

MEMBERS = sorted(set(Membership) - {Membership.EXTERNAL})


def statuses(place: Place, address: str, **who: object) -> dict[str, int]:
    browser = place.browser(**who)
    paths = ("/", "/help", "/outputs", address, f"{address}/files/en", "/outputs/none", "/outputs/none/files/en")
    return {path.removeprefix(address) or "it": browser.get(path).status_code for path in paths}


@pytest.mark.parametrize("membership", MEMBERS)
def test_every_category_of_membership_reads(place: Place, membership: str) -> None:
    assert statuses(place, place.release(), membership=membership) == {
        "/": 200,
        "/help": 200,
        "/outputs": 200,
        "it": 200,
        "/files/en": 200,
        "/outputs/none": 404,
        "/outputs/none/files/en": 404,
    }


@pytest.mark.parametrize(("who", "status"), [("external", 403), (None, 401)])
def test_strangers_and_nobody_are_refused_alike_whatever_is_there(place: Place, who: str | None, status: int) -> None:
    address = place.release()
    assert statuses(place, address, membership="member_state")["it"] == 200

    with place.statements() as statements:
        found = statuses(place, address, membership=who)

    assert found == dict.fromkeys(found, status) | {"/": 200, "/help": 200, "/outputs": 200}
    assert statements == []
    assert "Report 1" not in place.browser(who).get("/outputs").text


def test_everybody_sees_their_own_name_on_the_first_page(place: Place) -> None:
    place.release()
    pages = {who: place.browser(who).get("/").text for who in Membership}

    assert all("Sima Qian" in page for page in pages.values())
    assert all(("Report 1" in page) == (who in MEMBERS) for who, page in pages.items())
    assert "Your account belongs to no member of ITU" in pages[Membership.EXTERNAL]
    assert "Sima Qian" not in place.browser().get("/").text


def test_a_page_that_is_not_there_knows_who_reads(place: Place) -> None:
    known, unknown = place.browser("academia").get("/nothing-here"), place.browser().get("/nothing-here")

    assert (known.status_code, unknown.status_code) == (404, 404)
    assert "Sima Qian" in known.text
    assert 'href="/sign-in"' not in known.text
    assert 'href="/sign-in"' in unknown.text


def test_the_refusal_of_a_stranger_says_whom_this_is_for_and_what_to_do(place: Place) -> None:
    page = place.browser("external").get("/outputs/none").text

    assert "is for the members of ITU, and your account belongs to none of them" in page
    assert "ask it to have your account put under its name" in page


def test_the_cookie_holds_category_name_and_a_random_number_and_nothing_else(place: Place) -> None:
    content, other = (place.library.session_sealer.unseal(place.cookie()) for _ in range(2))

    assert content["membership"] == "sector_member"
    assert content["name"] == "Sima Qian"
    assert len(content["id"]) == 22
    assert content["id"] != other["id"]
    assert len(content) == 3


def test_a_cookie_ends_with_its_minutes_and_reading_does_not_renew_it(place: Place) -> None:
    address = place.release()
    minutes = place.settings.read_session_minutes
    with shifted_clock(-timedelta(minutes=minutes - 1)):
        young = place.cookie()
    with shifted_clock(-timedelta(minutes=minutes)):
        old = place.cookie()

    answer = place.browser(cookie=young).get(address)

    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert place.browser(cookie=old).get(address).status_code == 401


def test_a_cookie_that_we_did_not_seal_for_this_is_nobodys(place: Place, world: World) -> None:
    good = place.cookie()
    content = {"id": "x", "name": "Mallory", "membership": "member_state"}
    life = timedelta(hours=1)
    portal_secret = place.settings.session_secret.get_secret_value()
    bad = {
        "changed": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "cut": good[:-4],
        "made up": "member_state",
        "another secret": TokenSealer("x" * 40, "session of a reader").seal(content, life),
        "the portal's secret": TokenSealer(portal_secret, "session of a reader").seal(content, life),
        "another purpose": place.library.attempt_sealer.seal(content, life),
        "a session of the portal": world.sign_in("amina"),
    }

    address = place.release()
    assert place.browser(cookie=good).get(address).status_code == 200
    found = {name: place.browser(cookie=cookie).get(address).status_code for name, cookie in bad.items()}
    assert found == dict.fromkeys(bad, 401)


def test_the_cookie_of_the_portal_means_nothing_here(place: Place, world: World) -> None:
    browser, address = place.browser(), place.release()
    browser.cookies.set("cwg_portal", world.sign_in("amina"))

    page = browser.get("/")

    assert browser.get(address).status_code == 401
    assert "Amina" not in page.text
