"""When approvals are checked and what follows: faults of the provider, lost jobs, refused approvals, and `verify`."""

import json

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import text
from starlette.responses import Response

from app.core import clock
from app.core.db import transaction
from app.core.errors import Unavailable
from app.core.storage import Store
from app.core.validation import ReasonInput
from app.domain.outputs.actions.release import cancel_scheduled_release
from app.domain.outputs.models import Output, OutputStatus, ReleaseFailure
from app.domain.outputs.queries.outputs import get_output_rule_subject
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.approvals import ApprovalStatement
from app.settings import Settings
from app.worker.approval_verifier import MAX_CHECK_DELAY, ApprovalVerifier
from app.worker.approvals import check_approvals, check_waiting_approvals
from app.worker.release import OutputNotReleasedError, WorkerContext, release_output
from tests.approval_tokens import ProviderOfKeys, sign, state
from tests.conftest import Database
from tests.worker.approval_steps import (
    BOTH_VERIFIED,
    approve,
    checks,
    list_faults,
    put_on_its_way,
    schedule,
    stored,
)
from tests.world import World, record_rows

DISCOVERY, KEYS = "openid-configuration", "jwks"
FAULTY_ANSWERS = {
    "a page of maintenance": Response("<html>We are back soon.</html>"),
    "a refusal": Response("<html>", status_code=403),
    "nothing there": Response("{}", status_code=404),
    "a redirect": Response(status_code=302, headers={"Location": "/elsewhere"}),
    "no keys": Response('{"keys": []}'),
}


def may_approve(world: World, output: Output, who: str) -> bool:
    with transaction(world.read) as session:
        case = get_output_rule_subject(session, session.get_one(Output, output.id))
    return rules.APPROVE_RELEASE.allows(world.actor(who), case)


def change_as_portal(world: World, output: Output, columns: str) -> None:
    with transaction(world.write) as session:
        session.execute(text(f"UPDATE portal.output SET {columns} WHERE id = '{output.id}'"))
        record_rows(session)


@pytest.mark.parametrize("name", FAULTY_ANSWERS)
@pytest.mark.parametrize("document", [DISCOVERY, KEYS])
def test_a_faulty_provider_refuses_no_approval(
    world: World, output: Output, worker: WorkerContext, provider: ProviderOfKeys, document: str, name: str
) -> None:
    approve(world, output, "ines")
    provider.answers[document] = FAULTY_ANSWERS[name]

    with pytest.raises(Unavailable):
        check_approvals(worker, output.id)

    assert checks(world, output) == {}
    provider.answers.clear()
    check_approvals(worker, output.id)
    assert checks(world, output) == {"ines": ("verified", None)}


def test_a_worker_without_a_provider_refuses_no_approval(
    world: World, output: Output, settings: Settings, provider: ProviderOfKeys
) -> None:
    approve(world, output, "ines")
    verifier = ApprovalVerifier(settings.model_copy(update={"oidc_issuer": ""}), provider.transport)

    with pytest.raises(Unavailable):
        check_approvals(WorkerContext(world.work, world.store, world.store, None, None, approvals=verifier), output.id)

    assert checks(world, output) == {}


def test_approvals_whose_job_was_lost_are_checked_all_the_same(
    world: World, output: Output, worker: WorkerContext, provider: ProviderOfKeys
) -> None:
    other = world.adopted(world.meeting(opens_in=-2, number=20))
    approve(world, output, "ines")
    approve(world, output, "layla")
    approve(world, other, "layla", id_token=None, statement=None)  # by a portal of the version before
    provider.is_down = True

    check_waiting_approvals(worker)
    assert checks(world, output) == {}
    provider.is_down = False
    check_waiting_approvals(worker)

    assert checks(world, output) == BOTH_VERIFIED
    assert checks(world, other) == {"layla": ("refused", "no-token")}


def test_an_approval_whose_key_the_provider_does_not_publish_now_waits_for_it(
    world: World, output: Output, worker: WorkerContext, provider: ProviderOfKeys
) -> None:
    """A stale answer, or a key that was taken out while the worker was down: the token may be genuine, for a day."""
    approve(world, output, "ines")
    approve(world, output, "layla")
    another = RSAKey.generate_key(2048).as_dict(private=False) | {"kid": "another", "use": "sig", "alg": "RS256"}
    provider.answers[KEYS] = Response(json.dumps({"keys": [another]}))

    check_approvals(worker, output.id)
    assert checks(world, output) == {}
    provider.answers.clear()
    check_approvals(worker, output.id)

    assert checks(world, output) == BOTH_VERIFIED


def test_an_approval_that_was_put_to_a_released_text_is_not_checked(
    world: World, output: Output, worker: WorkerContext, release_store: Store
) -> None:
    released = world.as_released(output, release_store)
    approve(world, released, "ines")

    check_waiting_approvals(worker)

    assert "ines" not in checks(world, released)
    assert any("was never verified" in fault for fault in list_faults(world))


def test_a_scheduled_release_fails_as_soon_as_an_approval_is_refused(
    world: World, output: Output, worker: WorkerContext
) -> None:
    approve(world, output, "ines", id_token=None)
    approve(world, output, "layla")
    schedule(world, output)
    assert not may_approve(world, output, "daniel")

    check_approvals(worker, output.id)

    failed = stored(world, output)
    assert (failed.status, failed.failed_because) == (OutputStatus.FAILED, ReleaseFailure.APPROVAL_UNVERIFIED)
    assert may_approve(world, output, "daniel")


def test_a_release_that_is_called_back_after_a_refused_approval_waits_for_approvals(
    world: World, output: Output, worker: WorkerContext
) -> None:
    approve(world, output, "ines", id_token=None)
    approve(world, output, "layla")
    check_approvals(worker, output.id)
    schedule(world, output)  # as a portal of the version before left it

    with world.acting("daniel") as (session, actor):
        cancel_scheduled_release(session, actor, session.get_one(Output, output.id), ReasonInput(reason="Not yet."))

    assert stored(world, output).status == OutputStatus.ADOPTED
    assert may_approve(world, output, "daniel")


@pytest.mark.parametrize("column", ["symbol = 'CWG-Internet 21/OUT/99'", "adopted_on = '2020-01-01'"])
def test_a_text_is_not_released_under_another_symbol_or_day_than_was_approved(
    world: World, output: Output, worker: WorkerContext, column: str
) -> None:
    for who in ("ines", "layla"):
        approve(world, output, who)
    check_approvals(worker, output.id)
    put_on_its_way(world, output)
    change_as_portal(world, output, column)

    with pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert stored(world, output).failed_because == ReleaseFailure.TEXT_MISMATCH
    assert any("something else" in fault for fault in list_faults(world))
    change_as_portal(world, output, f"symbol = '{output.symbol}', adopted_on = '{output.adopted_on}'")
    put_on_its_way(world, output)
    assert release_output(worker, output.id)


def test_what_was_verified_before_statements_had_a_symbol_stays_valid(
    world: World, output: Output, worker: WorkerContext
) -> None:
    for who in ("ines", "layla"):
        statement = state(output, world.person(who), symbol="", adopted_on="")
        assert "symbol" not in statement.to_json()
        assert ApprovalStatement.parse(statement.to_json()) == statement
        approve(world, output, who, statement=statement.to_json(), id_token=sign(statement))
    world.verify_approvals(output)  # as the worker of the version before
    put_on_its_way(world, output)

    assert release_output(worker, output.id)
    assert list_faults(world) == []


def test_verify_names_approvals_that_were_not_verified_or_not_with_this_token(
    world: World, output: Output, release_store: Store, database: Database
) -> None:
    released = world.as_released(output, release_store)
    layla, daniel = world.person("layla"), world.person("daniel")
    statement = state(released, layla)
    assert list_faults(world) == []

    database.run_as_superuser(
        f"DELETE FROM portal.approval_check WHERE person_id = '{daniel.id}';"
        f"UPDATE portal.approval SET id_token = '{sign(statement)}', statement = '{statement.to_json()}'"
        f" WHERE person_id = '{layla.id}'"
    )

    assert sorted(list_faults(world)) == sorted(
        [
            f"that of {released.symbol} by {daniel.id} was never verified",
            f"that of {released.symbol} by {layla.id} has another ID token than the one that was verified",
        ]
    )


def test_an_approval_of_a_text_that_one_person_released_meanwhile_is_not_checked_any_more(
    world: World, output: Output, worker: WorkerContext, provider: ProviderOfKeys
) -> None:
    """The provider is down; a sole decision does not wait for it, and no approval counts for the release."""
    approve(world, output, "layla")
    provider.is_down = True
    world.release_alone(output)
    assert release_output(worker, output.id)
    provider.is_down = False

    with clock.shifted_clock(2 * MAX_CHECK_DELAY):
        check_approvals(worker, output.id)

    assert checks(world, output) == {}
    assert list_faults(world) == []
