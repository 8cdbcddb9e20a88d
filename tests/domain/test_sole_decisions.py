"""Release and withdrawal by one secretary alone: who may, for which texts, and what the record says about it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Update, select, update

from app.core import clock
from app.core.db import ReadSession, transaction
from app.core.errors import Conflict, Forbidden
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import release
from app.domain.outputs.actions import withdrawal as withdrawing
from app.domain.outputs.inputs import SoleDecision
from app.domain.outputs.models import Output, OutputFile, ReleaseFailure, ReleasePlan, Withdrawal
from app.domain.outputs.queries import outputs as queries
from app.domain.outputs.queries.pending_outputs import select_sole_decisions
from app.domain.releases.actions import release as releases
from app.domain.releases.actions import withdrawal
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.queries import releases as released
from app.domain.releases.queries import stored_manifests
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, WithdrawnEntry
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.domain.silence.actions import procedure as silence
from app.record_verification.releases import find_released_text_mismatches, find_withdrawal_faults
from tests.conftest import Database
from tests.world import RELEASE_SIGNER, World, record_rows

BECAUSE = "The chair and both vice-chairs are ill, and Council meets tomorrow."
WHY = SoleDecision(reason=BECAUSE, lang="en")


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def get_status(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id).status


def run_release(world: World, release_store: Store, output: Output) -> bool:
    with transaction(world.work) as session:
        return releases.release_output(session, world.store, release_store, output.id)


def prove_released(session: ReadSession) -> tuple[list[CatalogueEntry], list[WithdrawnEntry]]:
    """Return every released and every withdrawn output, as valid manifests prove them."""
    report = verify_catalogue(
        released.list_entries(session),
        released.list_withdrawn_entries(session),
        stored_manifests.iterate_manifests_backwards(session),
        RELEASE_SIGNER.public_keys,
    )
    assert list(report.faults) == []
    return list(report.outputs), list(report.withdrawn)


def change_rows(world: World, change: Update) -> None:
    """Change rows directly, as somebody with access to the database can."""
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(change)


def list_output_events(world: World) -> list[tuple[str, dict[str, object]]]:
    """Return event and facts of the journal lines about outputs."""
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event.like("output:%")).order_by(JournalLine.seq))
        return [(line.event, dict(line.facts)) for line in lines]


def test_a_sole_release_of_an_adopted_text_is_signed_with_person_and_reason(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.released_alone(meeting, release_store, reason=BECAUSE)

    with transaction(world.read) as session:
        ((one,), _) = prove_released(session)
        assert (one.alone_because, one.alone_language, one.alone_capacity) == (BECAUSE, "en", "secretary")
        assert stored_manifests.find_last_manifest(session).statement.count(BECAUSE) == 1
        assert list(queries.list_approvals(session, output)) == []
        assert list(find_released_text_mismatches(session)) == []


def test_a_release_by_two_people_has_no_sole_release_notice(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    world.released(meeting, release_store)

    with transaction(world.read) as session:
        ((one,), _) = prove_released(session)
        assert (one.alone_because, one.alone_language, one.alone_capacity) == (None, None, None)
        assert "alone" not in stored_manifests.find_last_manifest(session).statement


def test_the_journal_records_the_sole_release_without_its_reason(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.released_alone(meeting, release_store, reason=BECAUSE)
    world.withdraw_alone(output, reason=BECAUSE)

    lines = list_output_events(world)
    names = [name for name, _ in lines][-4:]
    assert names == [
        "output:let-out-alone",
        "output:released",
        "output:withdrawal-decided-alone",
        "output:withdrawn",
    ]
    assert dict(lines)["output:let-out-alone"] == {"output": str(output.id), "text": output.text_digest}
    assert BECAUSE not in str(lines)


@pytest.mark.parametrize("who", ["laurent", "layla", "amina", "olga"])
def test_only_a_secretary_of_the_body_releases_or_withdraws_alone(
    world: World, meeting: Meeting, release_store: Store, who: str
) -> None:
    waiting_output, released_output = world.adopted(meeting), world.released(meeting, release_store)

    with pytest.raises(Forbidden):
        world.release_alone(waiting_output, who)
    with pytest.raises(Forbidden):
        world.withdraw_alone(released_output, who)

    assert (get_status(world, waiting_output), get_status(world, released_output)) == ("adopted", "released")
    world.release_alone(waiting_output, "daniel")
    world.withdraw_alone(released_output, "daniel")
    assert (get_status(world, waiting_output), get_status(world, released_output)) == ("leaving", "withdrawn")


def test_the_recorder_of_an_adoption_does_not_release_it_alone(world: World, meeting: Meeting) -> None:
    output = world.adopted(meeting)
    change_rows(world, update(Output).where(Output.id == output.id).values(adopted_by=world.person("ines").id))

    with pytest.raises(Forbidden, match="You recorded the adoption"):
        world.release_alone(output, "ines")

    world.release_alone(output, "daniel")


def test_a_secretary_of_a_sponsoring_state_does_neither(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    _, document = world.registered(world.meeting(opens_in=40, number=23))
    more = {"sources": frozenset({document.id})}
    waiting_output, released_output = world.adopted(meeting, **more), world.released(meeting, release_store, **more)
    database.run_as_superuser(f"UPDATE portal.document SET entity = '{world.actor('ines').entity}'")

    with pytest.raises(Forbidden, match="Your own delegation, or one"):
        world.release_alone(waiting_output, "ines")
    with pytest.raises(Forbidden, match="Your own delegation, or one"):
        world.withdraw_alone(released_output, "ines")

    database.run_as_superuser("UPDATE portal.document SET entity = 'KEN'")
    world.release_alone(waiting_output, "ines")
    world.withdraw_alone(released_output, "ines")


def test_a_text_under_a_silence_procedure_is_not_released_alone(world: World, meeting: Meeting) -> None:
    output = world.output(meeting)
    world.silence(output)

    with pytest.raises(Conflict, match="can release only an adopted text"):
        world.release_alone(output)

    with clock.shifted_clock(timedelta(hours=74)), transaction(world.write) as session:
        silence.settle_procedure(session, output.id)
    world.release_alone(output)


def test_only_exactly_the_adopted_text_is_released_or_withdrawn_alone(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    waiting_output, released_output = world.adopted(meeting), world.released(meeting, release_store)

    for text in ("", "0" * 64):
        with pytest.raises(Conflict, match="not the text that was adopted"), world.acting("ines") as (session, actor):
            release.release_by_sole_decision(
                session, actor, session.get_one(Output, waiting_output.id), WHY, digest=text
            )
        with pytest.raises(Conflict, match="not the text that was adopted"), world.acting("ines") as (session, actor):
            output = session.get_one(Output, released_output.id)
            withdrawing.withdraw_by_sole_decision(session, actor, output, WHY, digest=text)

    assert (get_status(world, waiting_output), get_status(world, released_output)) == ("adopted", "released")


def test_a_sole_release_of_a_text_other_than_the_adopted_one_fails(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    changed, unasked = world.release_alone(world.adopted(meeting)), world.release_alone(world.adopted(meeting))
    another = world.file("en", "By hand in the database")
    change_rows(world, update(OutputFile).where(OutputFile.output_id == changed.id).values(sha256=another.sha256))
    change_rows(world, update(ReleasePlan).where(ReleasePlan.output_id == unasked.id).values(alone_text="0" * 64))

    for output in (changed, unasked):
        with pytest.raises(TextMismatch):
            run_release(world, release_store, output)

    with transaction(world.read) as session:
        assert released.list_entries(session) == []
    change_rows(
        world, update(ReleasePlan).where(ReleasePlan.output_id == unasked.id).values(alone_text=unasked.text_digest)
    )
    assert run_release(world, release_store, unasked)


def test_neither_act_is_done_twice(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.release_alone(world.adopted(meeting))
    with pytest.raises(Conflict, match="whose release has not started"):
        world.release_alone(output, "daniel")
    assert run_release(world, release_store, output)
    with pytest.raises(Conflict, match="whose release has not started"):
        world.release_alone(output, "daniel")

    world.withdraw_alone(output, "daniel")
    with pytest.raises(Conflict, match="already been withdrawn"):
        world.withdraw_alone(output, "ines")


def test_a_text_that_two_people_can_release_is_not_released_alone(world: World, meeting: Meeting) -> None:
    output = world.adopted(meeting)
    for who in ("ines", "layla"):
        world.approve(output, who)

    with pytest.raises(Forbidden, match="release it by the standard procedure"):
        world.release_alone(output, "daniel")

    world.release_alone(output, "ines")  # the approver finds no second person


def test_a_waiting_withdrawal_is_confirmed_or_retracted_first(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.to_be_withdrawn(world.released(meeting, release_store), "laurent")

    with pytest.raises(Conflict, match="Confirm the proposal as the second person"):
        world.withdraw_alone(output)

    world.confirm_withdrawal(output, "ines")
    assert get_status(world, output) == "withdrawn"


def test_after_a_failure_a_text_is_released_alone_again_or_by_two(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    again, by_two = (world.release_alone(world.adopted(meeting), reason="The first.") for _ in range(2))
    with transaction(world.work) as session:
        assert [
            releases.record_release_failure(session, each.id, ReleaseFailure.INTERNAL_ERROR) for each in (again, by_two)
        ] == [True, True]
    world.release_alone(again, reason="The second.")
    # The latest plan counts: a text released by another plan was not released alone.
    change_rows(world, update(Output).where(Output.id == by_two.id).values(status="adopted"))
    world.both_approve(by_two)
    with world.acting("daniel") as (session, actor):
        record_rows(session)
        output = session.get_one(Output, by_two.id)
        release._put_plan(session, actor, output, clock.now(), addressees=["membership"])
        output.status = "leaving"

    assert run_release(world, release_store, again)
    assert run_release(world, release_store, by_two)

    with transaction(world.read) as session:
        reasons = {each.symbol: each.alone_because for each in released.list_entries(session)}
    assert reasons == {again.symbol: "The second.", by_two.symbol: None}


def test_a_sole_withdrawal_is_named_in_the_tombstone(world: World, meeting: Meeting, release_store: Store) -> None:
    by_one, by_two = world.released(meeting, release_store), world.released(meeting, release_store)
    world.withdraw_alone(by_one, reason=BECAUSE)
    world.withdrawn(by_two)

    with transaction(world.read) as session:
        released_output, withdrawn_output = prove_released(session)
        decided = {each.symbol: (each.reason, each.decided_by) for each in withdrawn_output}
        assert list(find_withdrawal_faults(session, open_store("file:///nowhere/at/all"))) == []
    assert released_output == []
    assert decided == {
        by_one.symbol: (BECAUSE, ("secretary",)),
        by_two.symbol: ("A wrong text.", ("secretary", "chair")),
    }


def test_the_tables_do_not_accept_one_person_as_two(world: World, meeting: Meeting, release_store: Store) -> None:
    by_one, by_two = world.released(meeting, release_store), world.released(meeting, release_store)
    world.withdraw_alone(by_one)
    world.withdrawn(by_two)
    for output in (by_one, by_two):
        with transaction(world.work) as session:
            withdrawal.remove_files_of_withdrawn_output(session, release_store, output.id)
    change_rows(
        world, update(Withdrawal).where(Withdrawal.output_id == by_two.id).values(ended_by=Withdrawal.proposed_by)
    )
    other = world.person("laurent").id
    change_rows(world, update(Withdrawal).where(Withdrawal.output_id == by_one.id).values(ended_by=other))

    with transaction(world.read) as session:
        assert set(find_withdrawal_faults(session, release_store)) == {
            f"{each.symbol} was not withdrawn as its tombstone says" for each in (by_one, by_two)
        }


def test_the_other_members_see_the_notice_for_thirty_days(world: World, meeting: Meeting, release_store: Store) -> None:
    released_output, withdrawn_output = (
        world.release_alone(world.adopted(meeting)),
        world.released(meeting, release_store),
    )
    world.withdraw_alone(withdrawn_output)
    world.withdrawn(world.released(meeting, release_store))

    def notices_for(who: str, days: int = 30) -> list[tuple[str | None, bool]]:
        with world.acting(who) as (session, actor):
            rows = session.execute(select_sole_decisions(actor, clock.now() - timedelta(days=days)))
            return [(each.symbol, is_withdrawn) for each, is_withdrawn in rows]

    for who in ("laurent", "layla", "daniel"):
        assert notices_for(who) == [(released_output.symbol, False), (withdrawn_output.symbol, True)]
    assert notices_for("ines") == []  # the person who did it
    assert notices_for("amina") == []
    with clock.shifted_clock(timedelta(days=31)):
        assert notices_for("laurent") == []
