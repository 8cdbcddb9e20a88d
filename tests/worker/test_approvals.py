"""The worker verifies the sign-in behind each approval, and releases nothing that two people did not sign in for.

A web process that was taken over is played with its database role: it writes what it likes into its tables.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core import clock
from app.core.db import transaction
from app.core.errors import Unavailable
from app.core.storage import Store
from app.domain.outputs.models import ApprovalCheck, ApprovalCheckOutcome, Output, OutputStatus, ReleaseFailure
from app.domain.outputs.queries.outputs import get_output_rule_subject
from app.domain.outputs.rules import outputs as rules
from app.domain.releases.actions.release import APPROVAL_CHECK_PERIOD, UnverifiedApprovalError
from app.settings import Settings
from app.worker.approval_verifier import ApprovalVerifier
from app.worker.approvals import check_approvals
from app.worker.release import OutputNotReleasedError, WorkerContext, release_output
from tests.approval_tokens import ProviderOfKeys, prove, sign, state
from tests.conftest import Database
from tests.worker.approval_steps import BOTH_VERIFIED, approve, checks, list_faults, put_on_its_way, stored
from tests.world import World, record_rows

Forge = Callable[[Output, World], dict[str, object]]
DEEP_JSON = '{"a":' * 50_000


def test_two_genuine_approvals_are_verified_and_the_text_is_released(
    world: World, output: Output, worker: WorkerContext
) -> None:
    for who in ("ines", "layla"):
        approve(world, output, who)
    put_on_its_way(world, output)
    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, output.id)

    check_approvals(worker, output.id)
    check_approvals(worker, output.id)  # changes nothing

    assert checks(world, output) == BOTH_VERIFIED
    assert release_output(worker, output.id)
    assert stored(world, output).status == OutputStatus.RELEASED
    assert list_faults(world) == []


DAY = 86_400


def old(seconds: int) -> int:
    return int(clock.now().timestamp()) - seconds


FORGERIES: dict[str, tuple[Forge, str]] = {
    "no token": (lambda *_: {"id_token": None, "statement": None}, "no-token"),
    "a token without its statement": (lambda *_: {"statement": None}, "no-token"),
    "another statement": (lambda *_: {"statement": "{}"}, "statement"),
    "a statement that is no JSON of ours": (lambda *_: {"statement": DEEP_JSON}, "statement"),
    "a statement that is no text": (
        lambda output, world: {"statement": genuine(output, world).replace("127.0.0.1", "\\ud800")},
        "statement",
    ),
    "an approval of another text": (lambda *_: {"text_digest": "0" * 64}, "statement"),
    "a token for another symbol": (
        lambda output, world: forge(output, world, symbol="CWG-Internet 1/OUT/1"),
        "statement",
    ),
    "a token for another day of adoption": (
        lambda output, world: forge(output, world, adopted_on="2020-01-01"),
        "statement",
    ),
    "a token in the form of before symbol and day": (
        lambda output, world: forge(output, world, symbol="", adopted_on=""),
        "statement",
    ),
    "a token for another text": (lambda output, world: forge(output, world, text="0" * 64), "statement"),
    "a token for another output": (
        lambda output, world: forge(output, world, output=str(output.meeting_id)),
        "statement",
    ),
    "a token for another body": (lambda output, world: forge(output, world, body=str(output.meeting_id)), "statement"),
    "a token for another portal": (lambda output, world: forge(output, world, portal="https://p.example"), "portal"),
    "a token for another purpose": (lambda output, world: forge(output, world, purpose="adoption"), "statement"),
    "a token of another person": (lambda output, world: forge(output, world, subject="daniel"), "statement"),
    "the sign-in of another person": (
        lambda output, world: resign(output, world, sub=world.person("layla").subject),
        "subject",
    ),
    "an ordinary sign-in": (lambda output, world: resign(output, world, nonce="0" * 64), "nonce"),
    "the signature of somebody else": (
        lambda output, world: resign(output, world, key=RSAKey.generate_key(2048)),
        "signature",
    ),
    "a token for another client": (lambda output, world: resign(output, world, aud="reader"), "audience"),
    "a token of another provider": (lambda output, world: resign(output, world, iss="https://id.example"), "issuer"),
    "a token from before the approval": (
        lambda output, world: resign(output, world, iat=old(3600), exp=old(3000), auth_time=old(3600)),
        "issued",
    ),
    "a token of twelve minutes before the approval": (
        lambda output, world: resign(output, world, iat=old(720), exp=old(420), auth_time=old(720)),
        "issued",
    ),
    "an approval that was put back in time, to a token of long ago": (
        lambda output, world: (
            resign(output, world, iat=old(DAY + 60), exp=old(DAY), auth_time=old(DAY + 60))
            | {"approved_at": clock.now() - timedelta(seconds=DAY)}
        ),
        "late",
    ),
    "a token that was never valid": (lambda output, world: resign(output, world, exp=old(10)), "expired"),
    "a token that is valid for longer than a day": (
        lambda output, world: resign(output, world, exp=old(-2 * DAY)),
        "lifetime",
    ),
    "a token of a sign-out": (lambda output, world: resign(output, world, events={}), "events"),
    "a token that was issued after the approval": (
        lambda output, world: resign(output, world) | {"approved_at": clock.now() - timedelta(hours=1)},
        "issued",
    ),
    "an old sign-in": (lambda output, world: resign(output, world, auth_time=old(3600)), "auth-time"),
    "a sign-in of some minutes before": (lambda output, world: resign(output, world, auth_time=old(180)), "auth-time"),
    "a sign-in of an unknown time": (lambda output, world: resign(output, world, auth_time=None), "auth-time"),
}


def genuine(output: Output, world: World) -> str:
    """The right statement."""
    return state(output, world.person("ines")).to_json()


def forge(output: Output, world: World, /, **changes: str) -> dict[str, object]:
    """A genuine token, for something else."""
    statement = state(output, world.person("ines"), **changes)
    return {"statement": statement.to_json(), "id_token": sign(statement)}


def resign(output: Output, world: World, *, key: RSAKey | None = None, **claims: object) -> dict[str, object]:
    """The right statement, with a token of these claims."""
    statement = state(output, world.person("ines"))
    return {"statement": statement.to_json(), "id_token": sign(statement, key=key, **claims)}


@pytest.mark.parametrize("name", FORGERIES)
def test_an_approval_that_the_web_process_invented_releases_nothing(
    world: World, output: Output, worker: WorkerContext, name: str
) -> None:
    forgery, cause = FORGERIES[name]
    approve(world, output, "layla")
    approve(world, output, "ines", **forgery(output, world))
    put_on_its_way(world, output)

    check_approvals(worker, output.id)

    assert not release_output(worker, output.id)
    assert checks(world, output) == {"layla": ("verified", None), "ines": ("refused", cause)}
    failed = stored(world, output)
    assert (failed.status, failed.failed_because) == (OutputStatus.FAILED, ReleaseFailure.APPROVAL_UNVERIFIED)


def test_an_approval_within_ten_minutes_of_the_return_counts(
    world: World, output: Output, worker: WorkerContext
) -> None:
    approve(world, output, "ines", **resign(output, world, iat=old(660), exp=old(360), auth_time=old(660)))
    approve(world, output, "layla")

    check_approvals(worker, output.id)

    assert checks(world, output) == BOTH_VERIFIED


@pytest.mark.parametrize("setting", ["step_up_acr", "oidc_acr"])
def test_the_class_that_acts_or_all_sign_ins_need_has_to_be_in_the_token(
    world: World, output: Output, settings: Settings, provider: ProviderOfKeys, setting: str
) -> None:
    strict = settings.model_copy(update={setting: "urn:example:key"})
    approve(world, output, "ines", **resign(output, world, acr="urn:example:key"))
    approve(world, output, "layla")
    context = WorkerContext(
        world.work, world.store, world.store, None, None, approvals=ApprovalVerifier(strict, provider.transport)
    )

    check_approvals(context, output.id)

    assert checks(world, output) == {"ines": ("verified", None), "layla": ("refused", "acr")}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO portal.approval_check (output_id, person_id, outcome, checked_at)"
        " SELECT output_id, person_id, 'verified', now() FROM portal.approval",
        "UPDATE portal.approval_check SET outcome = 'verified', cause = NULL",
        "DELETE FROM portal.approval_check",
        "UPDATE portal.approval SET id_token = 'x'",
        "UPDATE portal.person SET subject = 'of-somebody-else'",
    ],
)
def test_the_role_of_the_portal_writes_no_check_and_changes_neither_approvals_nor_who_somebody_is(
    world: World, output: Output, worker: WorkerContext, statement: str
) -> None:
    approve(world, output, "ines", id_token=None)
    check_approvals(worker, output.id)
    approve(world, output, "layla")

    with pytest.raises(ProgrammingError, match="permission denied"), transaction(world.write) as session:
        session.execute(text(statement))


def test_while_the_provider_is_down_the_release_waits_and_then_fails(
    world: World, output: Output, worker: WorkerContext, provider: ProviderOfKeys
) -> None:
    for who in ("ines", "layla"):
        approve(world, output, who)
    put_on_its_way(world, output)
    provider.is_down = True

    with pytest.raises(Unavailable):
        check_approvals(worker, output.id)
    with pytest.raises(UnverifiedApprovalError):
        release_output(worker, output.id)
    assert stored(world, output).status == OutputStatus.RELEASING
    with clock.shifted_clock(APPROVAL_CHECK_PERIOD), pytest.raises(OutputNotReleasedError):
        release_output(worker, output.id)

    assert stored(world, output).failed_because == ReleaseFailure.APPROVAL_UNVERIFIED
    provider.is_down = False
    check_approvals(worker, output.id)
    put_on_its_way(world, output)
    assert release_output(worker, output.id)


def test_after_a_refused_approval_somebody_else_approves(world: World, output: Output, worker: WorkerContext) -> None:
    approve(world, output, "ines", id_token=None)
    approve(world, output, "layla")
    with transaction(world.write) as session:
        session.get_one(Output, output.id).status = OutputStatus.APPROVED
        record_rows(session)

    check_approvals(worker, output.id)

    assert stored(world, output).status == OutputStatus.ADOPTED
    with transaction(world.read) as session:
        case = get_output_rule_subject(session, session.get_one(Output, output.id))
    assert not rules.APPROVE_RELEASE.allows(world.actor("ines"), case)
    assert rules.APPROVE_RELEASE.allows(world.actor("daniel"), case)
    approve(world, output, "daniel")
    check_approvals(worker, output.id)
    put_on_its_way(world, output)
    assert release_output(worker, output.id)


def test_verify_names_an_approval_whose_token_is_about_something_else(
    world: World, output: Output, database: Database, release_store: Store
) -> None:
    released = world.as_released(output, release_store)
    assert list_faults(world) == []
    other = world.adopted(world.meeting(opens_in=-2, number=20))
    person = world.person("layla")

    for forged, fault in (
        (prove(other, person).id_token, "has an ID token for something else"),
        (prove(released, person).id_token, "has an ID token for something else"),
    ):
        database.run_as_superuser(f"UPDATE portal.approval SET id_token = '{forged}' WHERE person_id = '{person.id}'")
        assert any(fault in line for line in list_faults(world))


def test_an_approval_of_before_tokens_stays_valid(
    world: World, output: Output, worker: WorkerContext, tmp_path: Path
) -> None:
    for who in ("ines", "layla"):
        approve(world, output, who, id_token=None, statement=None)
    with transaction(world.work) as session:
        for who in ("ines", "layla"):
            session.add(
                ApprovalCheck(
                    output_id=output.id,
                    person_id=world.person(who).id,
                    outcome=ApprovalCheckOutcome.BEFORE,
                    checked_at=clock.now(),
                )
            )
        record_rows(session)
    put_on_its_way(world, output)

    check_approvals(worker, output.id)

    assert release_output(worker, output.id)
    assert list_faults(world) == []
