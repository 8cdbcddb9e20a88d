"""Approving with a sign-in that was made for it: at the demo's provider, and back to the page of the approval."""

from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.db import transaction
from app.core.storage import Store, open_store
from app.demo.issuing import DEMO_ACR
from app.domain.identity.models.tables import UserSession
from app.domain.outputs.models import Approval, ApprovalCheckOutcome, Output
from app.domain.outputs.rules.approvals import APPROVAL_WINDOW, ApprovalStatement
from app.worker.approval_verifier import ApprovalVerifier
from app.worker.approvals import check_approvals
from app.worker.release import WorkerContext
from tests.approval_tokens import state
from tests.browser import Browser
from tests.web.conftest import Deployment
from tests.world import World

Open = Callable[..., Browser]
FIRST = "First sign in again for this approval"


@pytest.fixture
def output(world: World) -> Output:
    return world.adopted(world.meeting(opens_in=-2))


@pytest.fixture
def store(deployment: Deployment) -> Store:
    return open_store(deployment.settings.release_store_url)


def approvals(world: World) -> list[Approval]:
    with transaction(world.read) as session:
        return list(session.scalars(select(Approval)))


def sign_in_to_approve(deployment: Deployment, browser: httpx2.Client, output: Output, who: str) -> httpx2.Response:
    """From the link on the page of the approval to the return from the provider, as this person."""
    page = deployment.follow(browser, browser.get(f"/outputs/{output.id}/approve/sign-in"))
    return deployment.choose(browser, page, who)


def test_an_approval_carries_the_sign_in_that_was_made_for_it_and_the_worker_verifies_it(
    deployment: Deployment, world: World, output: Output, store: Store
) -> None:
    url = f"/outputs/{output.id}/approve"
    with deployment.browser() as browser:
        deployment.sign_in(browser, "layla")
        page = browser.get(f"{url}?lang=en").text
        assert f'href="{url}/sign-in"' in page
        assert 'name="text"' not in page

        answer = sign_in_to_approve(deployment, browser, output, "layla")
        assert answer.headers["Location"] == url
        assert 'name="text"' in browser.get(url).text
        done = deployment.post(browser, url, text=str(output.text_digest))

    assert done.headers["Location"] == f"/outputs/{output.id}?done=approved"
    (approval,) = approvals(world)
    statement = ApprovalStatement.parse(approval.statement)
    assert statement.is_about(output, world.person("layla"))
    verifier = ApprovalVerifier(deployment.settings)
    check_approvals(WorkerContext(world.work, world.store, store, None, None, approvals=verifier), output.id)
    assert world.outcomes(output) == {"layla": ApprovalCheckOutcome.VERIFIED}


@pytest.mark.parametrize("deployment", [{"step_up_acr": DEMO_ACR}], indirect=True)
def test_the_sign_in_for_an_approval_asks_for_the_person_their_class_and_the_last_minute(
    deployment: Deployment, world: World, output: Output
) -> None:
    with deployment.browser() as browser:
        deployment.sign_in(browser, "layla")
        recent = deployment.follow(browser, browser.get(f"/sign-in/again?next=/outputs/{output.id}/approve/sign-in"))

        page = deployment.follow(browser, deployment.choose(browser, recent, "layla"))

    asked = dict(page.url.params)
    assert (asked["max_age"], asked["acr_values"]) == ("60", DEMO_ACR)
    assert asked["login_hint"] == world.person("layla").email


def test_two_tabs_that_sign_in_at_once_keep_the_session_and_the_approval(
    deployment: Deployment, world: World, output: Output
) -> None:
    with deployment.browser() as browser, deployment.browser() as same_browser:
        deployment.sign_in(browser, "layla")
        one = deployment.follow(browser, browser.get("/sign-in/again?next=/account"))
        other = deployment.follow(browser, browser.get(f"/outputs/{output.id}/approve/sign-in"))
        same_browser.cookies = httpx2.Cookies(browser.cookies)  # what the second request carries, before the first ends

        answers = [
            deployment.choose(browser, one, "layla"),
            deployment.choose(same_browser, other, "layla"),
        ]

        assert [answer.status_code for answer in answers] == [303, 303]
        assert same_browser.cookies["cwg_portal"] == browser.cookies["cwg_portal"]
        assert browser.get("/account").status_code == 200
        done = deployment.post(browser, f"/outputs/{output.id}/approve", text=str(output.text_digest))
    assert done.status_code == 303
    with transaction(world.read) as session:
        assert session.scalar(select(func.count()).where(UserSession.ended_at.is_(None))) == 1


def test_a_sign_in_is_for_one_approval(deployment: Deployment, world: World, output: Output) -> None:
    other = world.adopted(world.meeting(opens_in=-2, number=20))
    with deployment.browser() as browser:
        deployment.sign_in(browser, "layla")
        sign_in_to_approve(deployment, browser, output, "layla")

        refused = deployment.post(browser, f"/outputs/{other.id}/approve", text=str(other.text_digest))
        done = deployment.post(browser, f"/outputs/{output.id}/approve", text=str(output.text_digest))

    assert refused.status_code == 409
    assert done.status_code == 303
    assert [approval.output_id for approval in approvals(world)] == [output.id]


def test_the_sign_in_of_somebody_else_approves_nothing(deployment: Deployment, world: World, output: Output) -> None:
    url = f"/outputs/{output.id}/approve"
    with deployment.browser() as browser:
        deployment.sign_in(browser, "layla")
        sign_in_to_approve(deployment, browser, output, "ines")

        assert f'href="{url}/sign-in"' in browser.get(url).text  # as Inès, who has to sign in for it herself
        refused = deployment.post(browser, url, text=str(output.text_digest))

    assert refused.status_code == 409
    assert approvals(world) == []


def test_an_ordinary_sign_in_approves_nothing(world: World, output: Output, english: Open) -> None:
    layla = english("layla")

    answer = layla.post(f"/outputs/{output.id}/approve", {"text": str(output.text_digest)})

    assert answer.status_code == 409
    assert FIRST in answer.text
    assert approvals(world) == []


def test_a_sign_in_for_an_approval_is_good_for_some_minutes(world: World, output: Output, english: Open) -> None:
    layla, url = english("layla"), f"/outputs/{output.id}/approve"
    for ago, status in ((APPROVAL_WINDOW * 2, 409), (APPROVAL_WINDOW / 2, 303)):
        world.sign_in_to_approve(layla.client.cookies["cwg_portal"], output, "layla", ago=ago)
        assert layla.post(url, {"text": str(output.text_digest)}).status_code == status


def test_a_sign_in_that_was_used_is_not_kept(world: World, output: Output, english: Open) -> None:
    layla = english("layla")
    world.sign_in_to_approve(layla.client.cookies["cwg_portal"], output, "layla")

    assert layla.post(f"/outputs/{output.id}/approve", {"text": str(output.text_digest)}).status_code == 303

    with transaction(world.read) as session:
        assert session.scalars(select(UserSession.approval)).all() == [None]


def test_the_page_says_whether_the_sign_in_behind_an_approval_was_verified(
    world: World, output: Output, english: Open
) -> None:
    world.approve(output, "layla")
    daniel, url = english("daniel"), f"/outputs/{output.id}"
    assert "The sign-in for this approval has not been verified yet." in daniel.get(url).text

    world.verify_approvals(output)

    assert "The sign-in for this approval has been verified." in daniel.get(url).text
    assert "The sign-in for an approval was verified: the approval is valid" in daniel.get("/record").text


def test_a_sign_in_for_another_text_or_person_approves_nothing(world: World, output: Output, english: Open) -> None:
    layla, url = english("layla"), f"/outputs/{output.id}/approve"
    for statement in (
        state(output, world.person("layla"), text="0" * 64),
        state(output, world.person("ines")),
        state(output, world.person("layla"), purpose="adoption"),
        state(output, world.person("layla"), symbol="CWG-Internet 1/OUT/1"),
    ):
        world.sign_in_to_approve(layla.client.cookies["cwg_portal"], output, "layla", statement=statement)
        assert layla.post(url, {"text": str(output.text_digest)}).status_code == 409
    assert approvals(world) == []


def test_the_address_of_a_sign_in_for_an_approval_works_for_a_minute(output: Output, english: Open) -> None:
    layla = english("layla")
    address = layla.get(f"/outputs/{output.id}/approve/sign-in").headers["Location"]

    answers = [layla.get(address)]
    with clock.shifted_clock(timedelta(minutes=1)):
        answers.append(layla.get(address))

    assert [answer.status_code for answer in answers] == [503, 400]  # no provider answers here
    assert "valid for only a few minutes" in answers[1].text


def test_the_address_of_a_sign_in_for_an_approval_cannot_be_made_up(english: Open) -> None:
    answer = english("layla").get("/sign-in/approval?approval=AAAA")

    assert answer.status_code == 400
    assert "valid for only a few minutes" in answer.text
