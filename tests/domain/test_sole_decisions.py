"""One secretary alone, where no second person can be had: who may, on which text, and what is on record of it."""

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
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.actions import release as releasing
from app.domain.outputs.inputs import SoleDecision
from app.domain.outputs.models import Output, OutputFile, ReleaseFailure, ReleasePlan, Withdrawal
from app.domain.outputs.queries import outputs as queries
from app.domain.releases.actions import release as releases
from app.domain.releases.actions import withdrawal
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.queries import releases as released
from app.domain.releases.queries.chain_verification import verify_catalogue
from app.domain.silence.actions import procedure as silence
from app.record_verification import find_text_mismatches, find_withdrawal_faults
from tests.conftest import Database
from tests.world import SIGNER, World

BECAUSE = "The chair and both vice-chairs are ill, and Council meets tomorrow."
WHY = SoleDecision(reason=BECAUSE, lang="en")


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def status(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id).status


def release(world: World, shelf: Store, output: Output) -> bool:
    with transaction(world.write) as session:
        return releases.release_output(session, world.store, shelf, output.id)


def proven(session: ReadSession) -> tuple[list[released.CatalogueEntry], list[released.WithdrawnEntry]]:
    """All that is out and all that is withdrawn, as good manifests say."""
    found = verify_catalogue(
        released.list_entries(session),
        released.list_withdrawn_entries(session),
        released.iterate_manifests_backwards(session),
        SIGNER.public_keys,
    )
    assert list(found.faults) == []
    return list(found.outputs), list(found.withdrawn)


def put(world: World, change: Update) -> None:
    """Somebody with the database in their hands."""
    with transaction(world.write) as session:
        session.execute(change)


def told(world: World) -> list[tuple[str, dict[str, object]]]:
    """The last lines of the journal about outputs."""
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event.like("output:%")).order_by(JournalLine.seq))
        return [(line.event, dict(line.facts)) for line in lines]


def test_one_secretary_lets_an_adopted_text_out_and_it_is_signed_who_and_why(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    made = world.released_alone(meeting, shelf, reason=BECAUSE)

    with transaction(world.read) as session:
        ((one,), _) = proven(session)
        assert (one.alone_because, one.alone_language, one.alone_capacity) == (BECAUSE, "en", "secretary")
        assert released.find_last_manifest(session).statement.count(BECAUSE) == 1
        assert list(queries.list_approvals(session, made)) == []
        assert list(find_text_mismatches(session)) == []


def test_what_two_people_approved_says_nothing_of_it(world: World, meeting: Meeting, shelf: Store) -> None:
    world.released(meeting, shelf)

    with transaction(world.read) as session:
        ((one,), _) = proven(session)
        assert (one.alone_because, one.alone_language, one.alone_capacity) == (None, None, None)
        assert "alone" not in released.find_last_manifest(session).statement


def test_the_journal_says_that_it_was_alone_and_never_why(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.released_alone(meeting, shelf, reason=BECAUSE)
    world.withdraw_alone(made, reason=BECAUSE)

    lines = told(world)
    names = [name for name, _ in lines][-4:]
    assert names == [
        "output:let-out-alone",
        "output:released",
        "output:withdrawal-decided-alone",
        "output:withdrawn",
    ]
    assert dict(lines)["output:let-out-alone"] == {"output": str(made.id), "text": made.text_digest}
    assert BECAUSE not in str(lines)


@pytest.mark.parametrize("who", ["laurent", "layla", "amina", "olga"])
def test_only_a_secretary_of_the_body_may(world: World, meeting: Meeting, shelf: Store, who: str) -> None:
    waits, out = world.adopted(meeting), world.released(meeting, shelf)

    with pytest.raises(Forbidden):
        world.let_out_alone(waits, who)
    with pytest.raises(Forbidden):
        world.withdraw_alone(out, who)

    assert (status(world, waits), status(world, out)) == ("adopted", "released")
    world.let_out_alone(waits, "daniel")
    world.withdraw_alone(out, "daniel")
    assert (status(world, waits), status(world, out)) == ("leaving", "withdrawn")


def test_nobody_lets_out_alone_what_they_recorded_as_adopted(world: World, meeting: Meeting) -> None:
    made = world.adopted(meeting)
    put(world, update(Output).where(Output.id == made.id).values(adopted_by=world.person("ines").id))

    with pytest.raises(Forbidden, match="You recorded the adoption"):
        world.let_out_alone(made, "ines")

    world.let_out_alone(made, "daniel")


def test_nobody_does_either_with_what_their_own_state_sponsored(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    _, document = world.registered(world.meeting(opens_in=40, number=23))
    more = {"sources": frozenset({document.id})}
    waits, out = world.adopted(meeting, **more), world.released(meeting, shelf, **more)
    database.run_as_superuser(f"UPDATE portal.document SET entity = '{world.actor('ines').entity}'")

    with pytest.raises(Forbidden, match="Your own State sponsored"):
        world.let_out_alone(waits, "ines")
    with pytest.raises(Forbidden, match="Your own State sponsored"):
        world.withdraw_alone(out, "ines")

    database.run_as_superuser("UPDATE portal.document SET entity = 'KEN'")
    world.let_out_alone(waits, "ines")
    world.withdraw_alone(out, "ines")


def test_a_text_on_which_silence_runs_is_a_draft_that_nobody_lets_out(world: World, meeting: Meeting) -> None:
    made = world.output(meeting)
    world.silence(made)

    with pytest.raises(Conflict, match="Only an adopted text"):
        world.let_out_alone(made)

    with clock.shifted_clock(timedelta(hours=74)), transaction(world.write) as session:
        silence.settle_procedure(session, made.id)
    world.let_out_alone(made)


def test_only_exactly_the_adopted_text(world: World, meeting: Meeting, shelf: Store) -> None:
    waits, out = world.adopted(meeting), world.released(meeting, shelf)

    for text in ("", "0" * 64):
        with pytest.raises(Conflict, match="not the text that was adopted"), world.acting("ines") as (session, actor):
            releasing.release_alone(session, actor, session.get_one(Output, waits.id), WHY, digest=text)
        with pytest.raises(Conflict, match="not the text that was adopted"), world.acting("ines") as (session, actor):
            there = session.get_one(Output, out.id)
            withdrawal.withdraw_alone(session, actor, there, WHY, digest=text)

    assert (status(world, waits), status(world, out)) == ("adopted", "released")


def test_no_word_of_anybody_lets_out_what_is_not_the_adopted_text(world: World, meeting: Meeting, shelf: Store) -> None:
    changed, unasked = world.let_out_alone(world.adopted(meeting)), world.let_out_alone(world.adopted(meeting))
    another = world.file("en", "By hand in the database")
    put(world, update(OutputFile).where(OutputFile.output_id == changed.id).values(sha256=another.sha256))
    put(world, update(ReleasePlan).where(ReleasePlan.output_id == unasked.id).values(alone_text="0" * 64))

    for made in (changed, unasked):
        with pytest.raises(TextMismatch):
            release(world, shelf, made)

    with transaction(world.read) as session:
        assert released.list_entries(session) == []
    put(world, update(ReleasePlan).where(ReleasePlan.output_id == unasked.id).values(alone_text=unasked.text_digest))
    assert release(world, shelf, unasked)


def test_neither_is_done_twice(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.let_out_alone(world.adopted(meeting))
    with pytest.raises(Conflict, match="not on its way"):
        world.let_out_alone(made, "daniel")
    assert release(world, shelf, made)
    with pytest.raises(Conflict, match="not on its way"):
        world.let_out_alone(made, "daniel")

    world.withdraw_alone(made, "daniel")
    with pytest.raises(Conflict, match="withdrawn already"):
        world.withdraw_alone(made, "ines")


def test_what_can_leave_in_the_usual_way_is_let_out_by_nobody_alone(world: World, meeting: Meeting) -> None:
    made = world.adopted(meeting)
    for who in ("ines", "layla"):
        with world.acting(who) as (session, actor):
            outputs.approve_release(session, actor, session.get_one(Output, made.id), digest=str(made.text_digest))

    with pytest.raises(Forbidden, match="let it out in the usual way"):
        world.let_out_alone(made, "daniel")

    world.let_out_alone(made, "ines")  # who approved it, and finds nobody else


def test_a_withdrawal_that_waits_is_confirmed_or_taken_back_first(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.to_be_withdrawn(world.released(meeting, shelf), "laurent")

    with pytest.raises(Conflict, match="Confirm that as the second person"):
        world.withdraw_alone(made)

    world.confirm_withdrawal(made, "ines")
    assert status(world, made) == "withdrawn"


def test_after_a_failure_it_is_let_out_alone_again_or_by_two(world: World, meeting: Meeting, shelf: Store) -> None:
    again, by_two = (world.let_out_alone(world.adopted(meeting), reason="The first.") for _ in range(2))
    with transaction(world.write) as session:
        assert [
            releases.record_release_failure(session, each.id, ReleaseFailure.INTERNAL_ERROR) for each in (again, by_two)
        ] == [True, True]
    world.let_out_alone(again, reason="The second.")
    # The last plan counts: what leaves by another one was not let out alone.
    put(world, update(Output).where(Output.id == by_two.id).values(status="adopted"))
    world.both_approve(by_two)
    with world.acting("daniel") as (session, actor):
        there = session.get_one(Output, by_two.id)
        releasing._put_plan(session, actor, there, clock.now(), addressees=["membership"])
        there.status = "leaving"

    assert release(world, shelf, again)
    assert release(world, shelf, by_two)

    with transaction(world.read) as session:
        told = {each.symbol: each.alone_because for each in released.list_entries(session)}
    assert told == {again.symbol: "The second.", by_two.symbol: None}


def test_one_secretary_withdraws_and_the_tombstone_says_that_it_was_one(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    by_one, by_two = world.released(meeting, shelf), world.released(meeting, shelf)
    world.withdraw_alone(by_one, reason=BECAUSE)
    world.withdrawn(by_two)

    with transaction(world.read) as session:
        out, gone = proven(session)
        decided = {each.symbol: (each.reason, each.decided_by) for each in gone}
        assert list(find_withdrawal_faults(session, open_store("file:///nowhere/at/all"))) == []
    assert out == []
    assert decided == {
        by_one.symbol: (BECAUSE, ("secretary",)),
        by_two.symbol: ("A wrong text.", ("secretary", "chair")),
    }


def test_who_has_the_database_cannot_make_one_person_of_two(world: World, meeting: Meeting, shelf: Store) -> None:
    by_one, by_two = world.released(meeting, shelf), world.released(meeting, shelf)
    world.withdraw_alone(by_one)
    world.withdrawn(by_two)
    for output in (by_one, by_two):
        with transaction(world.write) as session:
            withdrawal.remove_files_of_withdrawn_output(session, shelf, output.id)
    put(world, update(Withdrawal).where(Withdrawal.output_id == by_two.id).values(ended_by=Withdrawal.proposed_by))
    other = world.person("laurent").id
    put(world, update(Withdrawal).where(Withdrawal.output_id == by_one.id).values(ended_by=other))

    with transaction(world.read) as session:
        assert set(find_withdrawal_faults(session, shelf)) == {
            f"{each.symbol} was not withdrawn as its tombstone says" for each in (by_one, by_two)
        }


def test_the_others_of_the_body_are_told_for_thirty_days(world: World, meeting: Meeting, shelf: Store) -> None:
    out, gone = world.let_out_alone(world.adopted(meeting)), world.released(meeting, shelf)
    world.withdraw_alone(gone)
    world.withdrawn(world.released(meeting, shelf))

    def told_to(who: str, days: int = 30) -> list[tuple[str | None, bool]]:
        with world.acting(who) as (session, actor):
            rows = queries.list_sole_decisions(session, actor, clock.now() - timedelta(days=days), limit=9)
            return [(each.symbol, is_withdrawn) for each, is_withdrawn in rows]

    for who in ("laurent", "layla", "daniel"):
        assert told_to(who) == [(out.symbol, False), (gone.symbol, True)]
    assert told_to("ines") == []  # who did it
    assert told_to("amina") == []
    with clock.shifted_clock(timedelta(days=31)):
        assert told_to("laurent") == []
