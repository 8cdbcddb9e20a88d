"""A person whose sign-in is old signs in again for an act, and loses nothing that was typed."""

import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from html import unescape

import httpx2
import pytest
from anyio import to_thread
from sqlalchemy import select, update

from app.core import clock
from app.core.db import transaction
from app.core.hashing import hash_secret
from app.demo.issuing import DEMO_ACR
from app.domain.identity.actions.sessions import end_sessions_from_provider
from app.domain.identity.models.tables import UserSession
from app.domain.outputs.models import Output, OutputStatus
from app.http.concurrency import READER_SLOTS
from app.settings import Settings
from tests.browser import Browser, loop
from tests.portal_app import open_portal_copy
from tests.web.conftest import Deployment
from tests.world import World

Open = Callable[..., Browser]
OLD = timedelta(minutes=16)
ASKED = "Sign in again to continue. Your entries have been kept."


def hidden_fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def status_of(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id).status


def use_old_session(world: World, browser: Browser, who: str) -> None:
    browser.client.cookies.set("cwg_portal", world.sign_in(who, ago=OLD))


def test_a_page_says_why_and_is_opened_after_the_sign_in_again(world: World, english: Open) -> None:
    path = f"/outputs/{world.output(world.meeting(opens_in=-2)).id}/adopt"
    laurent = english("laurent")
    assert laurent.get(path).status_code == 200
    use_old_session(world, laurent, "laurent")

    answer = laurent.get(f"{path}?lang=en")

    assert answer.status_code == 401
    assert "This action requires that you signed in within the last few minutes." in answer.text
    assert f'href="/sign-in/again?next={path}%3Flang%3Den"' in answer.text
    assert "<form" not in answer.text.partition("<main")[2]


def test_what_was_typed_is_sent_again_after_the_sign_in(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=-2)
    output, laurent = world.output(meeting), english("laurent")
    path = f"/outputs/{output.id}/adopt"
    typed = hidden_fields(laurent.get(path).text) | {
        "adopted_on": meeting.opens_on.isoformat(),
        "without_pdf": "yes",
        "token": laurent.token,
    }
    use_old_session(world, laurent, "laurent")

    asked = laurent.post(path, typed)

    assert asked.status_code == 401
    assert ASKED in asked.text
    assert "Record that the meeting adopted a text" in asked.text
    assert "/sign-in/again?next=/account%3Fdone%3Dsigned-in-again" in asked.text
    assert hidden_fields(asked.text) == typed
    assert status_of(world, output) == OutputStatus.DRAFT
    laurent.client.cookies.set("cwg_portal", world.sign_in("laurent"))
    assert laurent.post(path, hidden_fields(asked.text)).headers["Location"].endswith("?done=adopted")
    assert status_of(world, output) == OutputStatus.ADOPTED


def test_what_was_typed_is_shown_as_it_is_and_runs_nothing(world: World, english: Open) -> None:
    laurent, path = english("laurent"), f"/outputs/{world.output(world.meeting(opens_in=-2)).id}/adopt"
    use_old_session(world, laurent, "laurent")
    typed = {"adopted_on": 'a "quote" & <b>tag</b>', "text": "one\nline"}

    page = laurent.post(path, typed).text

    assert "<b>tag</b>" not in page
    assert hidden_fields(page) == {"token": laurent.token, **typed}


def test_another_person_cannot_send_what_was_typed(world: World, english: Open) -> None:
    output, laurent = world.output(world.meeting(opens_in=-2)), english("laurent")
    path = f"/outputs/{output.id}/adopt"
    use_old_session(world, laurent, "laurent")
    kept = hidden_fields(laurent.post(path, {"text": "x"}).text)
    laurent.client.cookies.set("cwg_portal", world.sign_in("layla"))

    answer = laurent.post(path, kept)

    assert answer.status_code == 403
    assert "was not sent from a page generated for you" in answer.text
    assert status_of(world, output) == OutputStatus.DRAFT


def test_a_form_of_another_site_is_not_shown_again(world: World, english: Open) -> None:
    laurent, path = english("laurent"), f"/outputs/{world.output(world.meeting(opens_in=-2)).id}/adopt"
    use_old_session(world, laurent, "laurent")

    answer = laurent.post(
        path, {"text": "theirs"}, headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert "theirs" not in answer.text


def test_reading_and_drafting_need_no_recent_sign_in(world: World, english: Open) -> None:
    output, ines = world.output(world.meeting(opens_in=-2)), english("ines")
    use_old_session(world, ines, "ines")

    for path in ("/", "/outputs", f"/outputs/{output.id}", f"/outputs/{output.id}/edit", "/account"):
        assert ines.get(path).status_code == 200


@pytest.mark.parametrize(("acr", "status"), [("urn:example:key", 200), ("urn:example:password", 401), (None, 401)])
def test_acts_may_need_an_authentication_class(world: World, settings: Settings, acr: str | None, status: int) -> None:
    path = f"/outputs/{world.output(world.meeting(opens_in=-2)).id}/adopt"
    with (
        open_portal_copy(settings.model_copy(update={"step_up_acr": "urn:example:key"})) as portal,
        Browser(portal, settings, world, "laurent") as laurent,
    ):
        laurent.client.cookies.set("cwg_portal", world.sign_in("laurent", acr=acr))

        assert laurent.get(path).status_code == status


# With a provider


def sign_in_again(deployment: Deployment, browser: httpx2.Client, page: str) -> httpx2.Response:
    """Follow the link to the sign-in that leads back to this page."""
    return deployment.follow(browser, browser.get("/sign-in/again", params={"next": page}))


def age_session(world: World, browser: httpx2.Client) -> UserSession:
    """Let the session of this browser be one whose person authenticated too long ago; returns it."""
    digest = hash_secret(browser.cookies["cwg_portal"])
    with transaction(world.write) as session:
        session.execute(
            update(UserSession)
            .where(UserSession.secret_digest == digest)
            .values(authenticated_at=clock.now() - OLD, acr=None)
        )
        return session.scalars(select(UserSession).where(UserSession.secret_digest == digest)).one()


def find_session(world: World, browser: httpx2.Client) -> UserSession:
    with transaction(world.read) as session:
        digest = hash_secret(browser.cookies["cwg_portal"])
        return session.scalars(select(UserSession).where(UserSession.secret_digest == digest)).one()


def test_a_sign_in_stores_when_the_person_authenticated(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "laurent")

        at = find_session(deployment.world, browser).authenticated_at

        assert at is not None
        assert timedelta(0) <= clock.now() - at < timedelta(minutes=1)


def test_the_same_person_keeps_the_session_under_a_new_secret(deployment: Deployment) -> None:
    path = f"/outputs/{deployment.world.output(deployment.world.meeting(opens_in=-2)).id}/adopt?lang=en"
    with deployment.browser() as browser:
        deployment.sign_in(browser, "laurent")
        before, secret = age_session(deployment.world, browser), browser.cookies["cwg_portal"]

        page = sign_in_again(deployment, browser, path)
        assert page.url.params["max_age"] == "450"
        assert page.url.params["login_hint"] == deployment.world.person("laurent").email
        answer = deployment.choose(browser, page, "laurent")

        after = find_session(deployment.world, browser)
        assert answer.headers["Location"] == path
        assert (after.id, after.began_at) == (before.id, before.began_at)
        assert after.authenticated_at > before.authenticated_at
        assert browser.cookies["cwg_portal"] != secret
        assert browser.get(path).status_code == 200
        stolen = httpx2.get(f"{deployment.settings.portal_url}/account", cookies={"cwg_portal": secret})
        assert stolen.status_code == 401


def test_an_ordinary_sign_in_begins_another_session(deployment: Deployment) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "laurent")
        before = find_session(deployment.world, browser)

        deployment.sign_in(browser, "laurent")

        after = find_session(deployment.world, browser)
        with transaction(deployment.world.read) as session:
            assert session.get_one(UserSession, before.id).ended_at is not None
        assert (after.person_id, after.id != before.id) == (before.person_id, True)


def test_the_hint_for_the_provider_waits_for_its_turn_at_the_database(
    world: World, english: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    laurent = english("laurent")
    monkeypatch.setattr("app.http.concurrency.SLOT_TIMEOUT", 0.1)
    limiter = laurent.client.app.app.state.portal.limiter
    assert "sign-in service is not responding" in laurent.get("/sign-in/again").text  # no provider answers here

    async def ask_with_all_slots_taken() -> httpx2.Response:
        async with AsyncExitStack() as taken:
            for _slot in range(READER_SLOTS):
                await taken.enter_async_context(limiter.acquire_slot(is_writer=False))
            return await to_thread.run_sync(laurent.get, "/sign-in/again")

    assert "The system is processing too many requests" in loop().call(ask_with_all_slots_taken).text


@pytest.mark.parametrize("is_reported", [False, True])
def test_another_person_gets_a_session_of_their_own(deployment: Deployment, *, is_reported: bool) -> None:
    """Some providers sign the person before out, and report that, before the other one is back."""
    output = deployment.world.output(deployment.world.meeting(opens_in=-2))
    path = f"/outputs/{output.id}/adopt"
    with deployment.browser() as browser:
        deployment.sign_in(browser, "laurent")
        before = age_session(deployment.world, browser)
        page = sign_in_again(deployment, browser, path)
        if is_reported:
            issuer = deployment.settings.oidc_issuer
            with transaction(deployment.world.write) as session:
                assert end_sessions_from_provider(session, issuer, sid=before.provider_sid, subject=None) == 1

        answer = deployment.choose(browser, page, "amina")

        assert answer.headers["Location"] == "/account?done=signed-in-as-another"
        page = browser.get(f"{answer.headers['Location']}&lang=en", headers={"Sec-Fetch-Site": "cross-site"}).text
        assert "You have signed in as a different person" in page
        assert deployment.world.person("amina").name in page
        after = find_session(deployment.world, browser)
        with transaction(deployment.world.read) as session:
            ended = session.get_one(UserSession, before.id)
        assert (after.person_id, before.person_id) == (
            deployment.world.person("amina").id,
            deployment.world.person("laurent").id,
        )
        assert after.id != before.id
        assert ended.ended_at is not None
        assert browser.get(path).status_code == 404


def test_another_person_ends_no_session_with_a_cookie_of_before(deployment: Deployment) -> None:
    path = f"/outputs/{deployment.world.output(deployment.world.meeting(opens_in=-2)).id}/adopt"
    with deployment.browser() as browser, deployment.browser() as other:
        deployment.sign_in(browser, "laurent")
        other.cookies.set("cwg_portal", browser.cookies["cwg_portal"])
        age_session(deployment.world, browser)
        deployment.choose(browser, sign_in_again(deployment, browser, path), "laurent")
        assert browser.get(path).status_code == 200

        deployment.sign_in(other, "rafael")

        assert other.get("/account").status_code == 200
        assert browser.get(path).status_code == 200


def test_a_sign_in_that_was_cancelled_says_so_and_leads_back(deployment: Deployment) -> None:
    path = f"/outputs/{deployment.world.output(deployment.world.meeting(opens_in=-2)).id}/adopt"
    with deployment.browser() as browser:
        deployment.sign_in(browser, "laurent")
        browser.cookies.set("cwg_lang", "en")
        before = age_session(deployment.world, browser)

        pages = [
            deployment.follow(browser, deployment.choose(browser, sign_in_again(deployment, browser, begun), "")).text
            for begun in (path, "/account?done=signed-in-again")
        ]

        assert all("You did not sign in, and nothing was changed." in page for page in pages)
        assert f'href="{path}"' in pages[0]
        assert "Close this tab" in pages[1]
        assert "signed-in-again" not in pages[1]
        assert find_session(deployment.world, browser).id == before.id


def test_a_session_that_ended_meanwhile_is_not_renewed(deployment: Deployment) -> None:
    path = f"/outputs/{deployment.world.output(deployment.world.meeting(opens_in=-2)).id}/adopt"
    with deployment.browser() as browser:
        deployment.sign_in(browser, "laurent")
        before = age_session(deployment.world, browser)
        page = sign_in_again(deployment, browser, path)
        with transaction(deployment.world.write) as session:
            session.get_one(UserSession, before.id).ended_at = clock.now()

        deployment.choose(browser, page, "laurent")

        assert find_session(deployment.world, browser).id != before.id
        with transaction(deployment.world.read) as session:
            assert session.get_one(UserSession, before.id).ended_at is not None


@pytest.mark.parametrize("deployment", [{"step_up_acr": DEMO_ACR}], indirect=True)
def test_the_class_that_acts_need_is_asked_of_the_provider(deployment: Deployment) -> None:
    path = f"/outputs/{deployment.world.output(deployment.world.meeting(opens_in=-2)).id}/adopt"
    with deployment.browser() as browser:
        deployment.sign_in(browser, "laurent")
        assert find_session(deployment.world, browser).acr is None

        page = sign_in_again(deployment, browser, path)
        deployment.choose(browser, page, "laurent")

        assert find_session(deployment.world, browser).acr == DEMO_ACR
        assert browser.get(path).status_code == 200


def test_the_tab_in_which_a_person_signed_in_again_says_where_to_go_on(world: World, english: Open) -> None:
    """They come back from the identity provider, so from another site."""
    laurent, away = english("laurent"), {"Sec-Fetch-Site": "cross-site"}

    assert "Return to the previous tab" in laurent.get("/account?done=signed-in-again", headers=away).text
    assert "The text is being withdrawn" in laurent.get("/account?done=withdrawn").text
    assert "The text is being withdrawn" not in laurent.get("/account?done=withdrawn", headers=away).text
