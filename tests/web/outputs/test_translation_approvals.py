"""Approving a translation with a sign-in that was made for it, and what its page says about that sign-in."""

from collections.abc import Callable

import pytest

from app.core.db import transaction
from app.core.storage import open_store
from app.domain.outputs.actions.approval_checks import record_approval_check
from app.domain.outputs.models import ApprovalCheckOutcome, Output, OutputTranslation
from app.domain.outputs.queries.approvals import list_unchecked_approvals
from app.domain.outputs.queries.translation_approvals import find_translation_approvals
from app.domain.outputs.rules.approvals import ApprovalStatement
from app.worker.approval_verifier import ApprovalVerifier
from app.worker.approvals import check_approvals
from app.worker.release import WorkerContext
from tests.approval_tokens import state
from tests.browser import Browser
from tests.web.conftest import Deployment
from tests.world import World

Open = Callable[..., Browser]


@pytest.fixture
def output(world: World) -> Output:
    """An adopted text with a French translation that waits for its approval."""
    adopted = world.adopted(world.meeting(opens_in=-2))
    world.translated(adopted, "fr", approved_by="")
    return adopted


def get_translation(world: World, output: Output) -> OutputTranslation:
    with transaction(world.read) as session:
        return session.get_one(OutputTranslation, (output.id, "fr"))


def test_the_approval_of_a_translation_carries_its_sign_in_and_the_worker_verifies_it(
    deployment: Deployment, world: World, output: Output
) -> None:
    url, digest = f"/outputs/{output.id}/translations/fr/approve", get_translation(world, output).digest
    with deployment.browser() as browser:
        deployment.sign_in(browser, "layla")
        page = browser.get(f"{url}?lang=en").text
        assert f'href="{url}/sign-in"' in page
        assert 'name="text"' not in page

        at_provider = deployment.follow(browser, browser.get(f"{url}/sign-in"))
        answer = deployment.choose(browser, at_provider, "layla")
        assert answer.headers["Location"] == url
        assert 'name="text"' in browser.get(url).text
        done = deployment.post(browser, url, text=digest)

    assert done.headers["Location"].endswith("?done=translation-approved#languages")
    there = get_translation(world, output)
    assert ApprovalStatement.parse(there.statement).is_about(output, world.person("layla"), there)
    store, verifier = open_store(deployment.settings.release_store_url), ApprovalVerifier(deployment.settings)
    check_approvals(WorkerContext(world.work, world.store, store, None, None, approvals=verifier), output.id)
    with transaction(world.read) as session:
        assert find_translation_approvals(session, output)["fr"][1] == ApprovalCheckOutcome.VERIFIED


def test_only_a_sign_in_for_this_translation_approves_it(world: World, output: Output, english: Open) -> None:
    layla, url, there = english("layla"), f"/outputs/{output.id}", get_translation(world, output)
    person, secret = world.person("layla"), layla.client.cookies["cwg_portal"]
    assert (
        "First sign in again for this approval"
        in layla.post(f"{url}/translations/fr/approve", {"text": there.digest}).text
    )

    for statement in (
        state(output, person),
        state(output, world.person("ines"), there),
        state(output, person, there, language="ru"),
        state(output, person, there, translation="0" * 64),
        state(output, person, there, purpose="approval"),
    ):
        world.sign_in_to_approve(secret, output, "layla", statement=statement)
        assert layla.post(f"{url}/translations/fr/approve", {"text": there.digest}).status_code == 409
    assert not get_translation(world, output).is_approved
    world.sign_in_to_approve(secret, output, "layla", language="fr")
    assert layla.post(f"{url}/approve", {"text": output.text_digest}).status_code == 409
    assert layla.post(f"{url}/translations/fr/approve", {"text": there.digest}).status_code == 303
    assert get_translation(world, output).is_approved


def test_the_page_says_whether_the_sign_in_behind_the_approval_of_a_translation_was_verified(
    world: World, output: Output, english: Open
) -> None:
    daniel, url = english("daniel"), f"/outputs/{output.id}"
    world.approve_translation(output, "fr", by="layla")
    assert "The sign-in for this approval has not been verified yet." in daniel.get(url).text
    check(world, output, ApprovalCheckOutcome.REFUSED, "signature")

    page = daniel.get(url).text
    assert f"The sign-in for the approval by {world.person('layla').name} could not be verified" in page
    assert "Awaiting approval by a second person" in page
    assert "could not be verified: the approval is not valid" in daniel.get("/record").text
    world.approve_translation(output, "fr", by="layla")
    check(world, output, ApprovalCheckOutcome.VERIFIED)

    page = daniel.get(url).text
    assert "The sign-in for this approval has been verified." in page
    assert "could not be verified" not in page


def test_a_refusal_is_shown_of_the_translation_that_was_refused_alone(
    world: World, output: Output, english: Open
) -> None:
    daniel, url = english("daniel"), f"/outputs/{output.id}"
    world.approve_translation(output, "fr", by="layla")
    check(world, output, ApprovalCheckOutcome.REFUSED, "signature")
    assert "could not be verified" in daniel.get(url).text

    world.translated(output, "fr", title="Another title", approved_by="")

    assert "could not be verified" not in daniel.get(url).text


def test_who_added_a_translation_is_not_sent_to_sign_in_for_it(world: World, output: Output, english: Open) -> None:
    url = f"/outputs/{output.id}/translations/fr/approve/sign-in"
    assert english("layla").get(url).status_code == 303

    assert english("ines").get(url).status_code == 403


def check(world: World, output: Output, outcome: ApprovalCheckOutcome, cause: str | None = None) -> None:
    with transaction(world.work) as session:
        (given,) = list_unchecked_approvals(session, output.id)
        assert record_approval_check(session, given, outcome, cause)
