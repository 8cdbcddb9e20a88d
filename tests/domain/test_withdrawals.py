"""Withdrawal of a released text: two different people, a reason, and once; under crashes and concurrency."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select

from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.core.validation import ReasonInput
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import withdrawal
from app.domain.outputs.models import Output, Withdrawal
from app.domain.outputs.queries import outputs, withdrawals
from app.domain.releases.actions import release as releases
from app.domain.releases.actions import withdrawal as releasing
from app.domain.releases.actions.manifest_signing import ManifestTampered
from app.domain.releases.actions.withdrawal import UndecidedWithdrawal
from app.domain.releases.queries import releases as released
from app.domain.releases.queries import stored_manifests
from app.domain.releases.queries.chain_verification import verify_catalogue
from tests.conftest import Database
from tests.state_machines import machine_settings
from tests.world import RELEASE_SIGNER, World

BECAUSE = ReasonInput(reason="The text is right.")


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def reload_output(world: World, output: Output) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id)


def decline_withdrawal(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        stored_output = session.get_one(Output, output.id)
        waiting = withdrawals.find_pending_withdrawal(session, stored_output)
        withdrawal.decline_withdrawal(
            session, actor, stored_output, BECAUSE, expected_withdrawal_id=waiting.id if waiting else uuid4()
        )


def retract_proposal(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        stored_output = session.get_one(Output, output.id)
        waiting = withdrawals.find_pending_withdrawal(session, stored_output)
        withdrawal.retract_withdrawal_proposal(
            session, actor, stored_output, expected_withdrawal_id=waiting.id if waiting else uuid4()
        )


def retry_withdrawal(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        withdrawal.retry_withdrawal(session, actor, session.get_one(Output, output.id))


def list_proven(world: World, output: Output) -> tuple[list[str], list[str]]:
    """Return the symbols of this output as released and as withdrawn, by valid manifests."""
    with transaction(world.read) as session:
        proven = verify_catalogue(
            released.list_entries(session),
            released.list_withdrawn_entries(session),
            stored_manifests.iterate_manifests_backwards(session),
            RELEASE_SIGNER.public_keys,
        )
    assert list(proven.faults) == []
    released_symbols = [each.symbol for each in proven.outputs if each.symbol == output.symbol]
    return released_symbols, [each.symbol for each in proven.withdrawn if each.symbol == output.symbol]


def test_one_proposes_another_confirms_and_a_tombstone_is_published(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output, other = world.released(meeting, release_store), world.released(meeting, release_store)
    world.to_be_withdrawn(output, "ines", reason="It says what was not agreed.", replaced_by=other.id)
    assert list_proven(world, output) == ([output.symbol], [])

    world.confirm_withdrawal(output, "laurent")

    assert list_proven(world, output) == ([], [output.symbol])
    with transaction(world.read) as session:
        (tomb,) = released.list_withdrawn_entries(session)
        last = stored_manifests.find_last_manifest(session)
    assert (tomb.reason, tomb.language) == ("It says what was not agreed.", "en")
    assert tomb.decided_by == ("secretary", "chair")
    assert (tomb.replaced_by, tomb.manifest) == (other.symbol, 1)
    assert last.number == 3
    assert reload_output(world, output).status == "withdrawn"
    assert reload_output(world, output).withdrawn_at == tomb.withdrawn_at


def test_withdrawn_files_leave_the_release_store_and_stay_in_the_portal_store(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.released(meeting, release_store)
    with transaction(world.read) as session:
        (sha256,) = (each.sha256 for each in outputs.list_output_files(session, output))
    assert release_store.exists(sha256)
    world.withdrawn(output)

    for count in (1, 1):  # a job may run twice
        with transaction(world.work) as session:
            assert releasing.remove_files_of_withdrawn_output(session, release_store, output.id) == count

    assert not release_store.exists(sha256)
    assert world.store.exists(sha256)


def test_a_proposer_does_not_confirm_their_own_proposal(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.to_be_withdrawn(world.released(meeting, release_store), "ines")

    with pytest.raises(Forbidden, match="You made this proposal"):
        world.confirm_withdrawal(output, "ines")
    with pytest.raises(Forbidden, match="You made this proposal"):
        decline_withdrawal(world, "ines", output)
    assert list_proven(world, output) == ([output.symbol], [])


@pytest.mark.parametrize("who", ["amina", "joseph", "chen"])
def test_only_chair_and_secretariat_propose_and_confirm(
    world: World, meeting: Meeting, release_store: Store, who: str
) -> None:
    output, other = world.released(meeting, release_store), world.released(meeting, release_store)
    world.to_be_withdrawn(other)

    with pytest.raises(Forbidden):
        world.to_be_withdrawn(output, who)
    with pytest.raises(Forbidden):
        world.confirm_withdrawal(other, who)


def test_the_chair_of_a_sponsor_does_not_decide(world: World, meeting: Meeting, release_store: Store) -> None:
    """Layla, the second vice-chair, is of the State whose document the text was made from."""
    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    output = world.released(meeting, release_store, sources=frozenset({document.id}))
    with pytest.raises(Forbidden, match="Your own delegation"):
        world.to_be_withdrawn(output, "layla")
    world.to_be_withdrawn(output, "ines")

    with pytest.raises(Forbidden, match="Your own delegation"):
        world.confirm_withdrawal(output, "layla")
    with pytest.raises(Forbidden, match="Your own delegation"):
        decline_withdrawal(world, "layla", output)


def test_only_a_released_text_is_withdrawn_and_once(world: World, meeting: Meeting, release_store: Store) -> None:
    for output in (
        world.approved(meeting),
        world.leaving(meeting),
        world.withdrawn(world.released(meeting, release_store)),
    ):
        with pytest.raises(Conflict, match="has not been released"):
            world.to_be_withdrawn(output)


def test_a_replacement_is_another_released_text(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.released(meeting, release_store)
    for wrong in (output.id, world.approved(meeting).id, uuid4()):
        with pytest.raises(BadRequest, match="Select a released text"):
            world.to_be_withdrawn(output, replaced_by=wrong)
    instead = world.released(meeting, release_store)
    world.to_be_withdrawn(output, replaced_by=instead.id)
    world.withdrawn(instead)

    with pytest.raises(Conflict, match="to replace it has been withdrawn"):
        world.confirm_withdrawal(output)


def test_a_declined_proposal_is_made_again_and_only_the_version_read_is_confirmed(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.to_be_withdrawn(world.released(meeting, release_store), reason="A first reason.")
    first = world.withdrawal(output)
    decline_withdrawal(world, "laurent", output)
    world.to_be_withdrawn(output, reason="Another reason.")

    with pytest.raises(Conflict, match="was changed"):
        world.confirm_withdrawal(output, "laurent", seen=first)

    retract_proposal(world, "ines", output)
    with transaction(world.read) as session:
        ends = {each.reason: each.ended_how for each in withdrawals.list_withdrawal_proposals(session, output)}
    assert ends == {"A first reason.": "declined", "Another reason.": "taken-back"}


@pytest.mark.parametrize(
    "altered",
    [
        "UPDATE release.manifest SET statement = statement || ' '",
        "UPDATE release.output SET kind = 'decision'",  # a tombstone would confirm it with our signature
        "UPDATE release.file SET size = size + 1",
    ],
)
def test_nothing_is_withdrawn_in_an_altered_catalogue(
    world: World, meeting: Meeting, release_store: Store, database: Database, altered: str
) -> None:
    output = world.to_be_withdrawn(world.released(meeting, release_store))
    world.decide_withdrawal(output)
    database.run_as_superuser(altered)

    with pytest.raises(ManifestTampered):
        world.take_out(output)
    assert reload_output(world, output).status == "withdrawing"


def test_until_the_worker_has_withdrawn_it_the_membership_reads_the_text_and_nothing_else_is_done_to_it(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output, replaced = (world.to_be_withdrawn(world.released(meeting, release_store)) for _ in range(2))

    world.decide_withdrawal(output)

    assert list_proven(world, output) == ([output.symbol], [])
    with pytest.raises(Conflict, match="has not been released"):
        world.to_be_withdrawn(output)
    with pytest.raises(Conflict, match="already been decided on"):
        decline_withdrawal(world, "daniel", output)
    with pytest.raises(BadRequest, match="Select a released text"):
        world.to_be_withdrawn(world.released(meeting, release_store), replaced_by=output.id)
    assert world.take_out(output)
    assert not world.take_out(output)
    assert not world.take_out(replaced)  # its withdrawal was not decided
    assert list_proven(world, output) == ([], [output.symbol])
    assert list_proven(world, replaced) == ([replaced.symbol], [])


def test_a_failed_withdrawal_is_started_again_by_those_who_may(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.withdrawal_failed(world.released(meeting, release_store))
    assert (output.status, output.failed_because) == ("withdrawing", "catalogue")
    with pytest.raises(Forbidden):
        retry_withdrawal(world, "amina", output)

    retry_withdrawal(world, "daniel", output)

    assert reload_output(world, output).failed_because is None
    with pytest.raises(Conflict, match="has not failed"):
        retry_withdrawal(world, "ines", output)
    assert world.take_out(output)
    assert list_proven(world, output) == ([], [output.symbol])


@pytest.mark.parametrize(
    "forged",
    [
        "ended_by = NULL",
        "ended_how = NULL",
        "proposed_by = ended_by",  # one person, without a line that says so
        "ended_by = (SELECT id FROM portal.person WHERE name LIKE 'Daniel%')",  # somebody who did not confirm it
    ],
)
def test_the_worker_withdraws_nothing_that_was_not_decided(
    world: World, meeting: Meeting, release_store: Store, database: Database, forged: str
) -> None:
    output = world.to_be_withdrawn(world.released(meeting, release_store))
    world.decide_withdrawal(output)
    database.run_as_superuser(f"UPDATE portal.withdrawal SET {forged}")

    with pytest.raises(UndecidedWithdrawal):
        world.take_out(output)
    assert list_proven(world, output) == ([output.symbol], [])


def run_concurrently(*acts: Callable[[], object]) -> list[bool]:
    """Run all acts concurrently; return for each whether it was allowed."""
    barrier = Barrier(len(acts), timeout=60)

    def run_act(one: Callable[[], object]) -> bool:
        barrier.wait()
        try:
            one()
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run_act, acts))


def test_of_two_concurrent_confirmations_one_succeeds(world: World, meeting: Meeting, release_store: Store) -> None:
    output = world.to_be_withdrawn(world.released(meeting, release_store))
    seen = world.withdrawal(output)

    results = run_concurrently(
        *(lambda who=who: world.confirm_withdrawal(output, who, seen=seen) for who in ("laurent", "daniel"))
    )

    assert sorted(results) == [False, True]
    assert list_proven(world, output) == ([], [output.symbol])
    with transaction(world.read) as session:
        events = session.scalars(select(JournalLine.event).where(JournalLine.event == "output:withdrawn")).all()
    assert len(events) == 1


class Withdrawing(RuleBasedStateMachine):
    """One released text. The model keeps its state and the proposer."""

    world: World
    meeting: Meeting
    release_store: Store
    source: frozenset[object]

    @initialize(own=st.booleans())
    def release_text(self, own: bool) -> None:
        """With `own`, the text comes from a document of the State of Layla, the second vice-chair."""
        self.output = self.world.released(self.meeting, self.release_store, sources=self.source if own else frozenset())
        self.own, self.by, self.decided, self.gone = own, None, False, False

    def may_decide(self, who: str) -> bool:
        return who in ("laurent", "ines", "daniel") or (who == "layla" and not self.own)

    def attempt(self, act: Callable[[], object], *, allowed: bool) -> bool:
        if allowed:
            act()
        else:
            with pytest.raises(DomainError):
                act()
        return allowed

    WHO = st.sampled_from(("laurent", "ines", "daniel", "layla", "amina"))

    @rule(who=WHO)
    def propose(self, who: str) -> None:
        allowed = self.may_decide(who) and self.by is None and not self.decided
        if self.attempt(lambda: self.world.to_be_withdrawn(self.output, who), allowed=allowed):
            self.by = who

    @rule(who=WHO)
    def confirm(self, who: str) -> None:
        allowed = self.may_decide(who) and self.by not in (None, who)
        seen = self.world.withdrawal(self.output) if self.by else uuid4()
        if self.attempt(lambda: self.world.decide_withdrawal(self.output, who, seen=seen), allowed=allowed):
            self.by, self.decided = None, True

    @rule(who=WHO)
    def decline(self, who: str) -> None:
        allowed = self.may_decide(who) and self.by not in (None, who)
        if self.attempt(lambda: decline_withdrawal(self.world, who, self.output), allowed=allowed):
            self.by = None

    @rule(who=WHO)
    def retract(self, who: str) -> None:
        allowed = self.by == who
        if self.attempt(lambda: retract_proposal(self.world, who, self.output), allowed=allowed):
            self.by = None

    @rule()
    def kill_portal_before_commit(self) -> None:
        if self.by is None:
            return
        who = "daniel" if self.by != "daniel" else "ines"
        with pytest.raises(RuntimeError), self.world.acting(who) as (session, actor):
            output = session.get_one(Output, self.output.id)
            withdrawal.confirm_withdrawal(
                session, actor, output, expected_withdrawal_id=self.world.withdrawal(self.output)
            )
            raise RuntimeError

    @rule()
    def kill_worker_before_commit(self) -> None:
        with pytest.raises(RuntimeError), transaction(self.world.work) as session:
            releasing.withdraw_output(session, self.output.id)
            raise RuntimeError

    @rule()
    def run_worker(self) -> None:
        with transaction(self.world.work) as session:
            assert not releases.release_output(session, self.world.store, self.release_store, self.output.id)
        assert self.world.take_out(self.output) is (self.decided and not self.gone)
        self.gone = self.decided

    @invariant()
    def database_matches_model(self) -> None:
        assert list_proven(self.world, self.output) == (
            ([], [self.output.symbol]) if self.gone else ([self.output.symbol], [])
        )
        with transaction(self.world.read) as session:
            waiting = session.scalars(
                select(Withdrawal).where(Withdrawal.output_id == self.output.id, Withdrawal.ended_how.is_(None))
            ).all()
            numbers = [each.number for each in stored_manifests.list_manifests(session)]
        assert [each.proposed_by for each in waiting] == ([self.world.person(self.by).id] if self.by else [])
        assert numbers == list(range(1, len(numbers) + 1))


def test_the_database_matches_the_model_after_any_sequence(world: World, release_store: Store) -> None:
    class ThisMachine(Withdrawing):
        pass

    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    ThisMachine.world, ThisMachine.release_store = world, release_store
    ThisMachine.meeting, ThisMachine.source = world.meeting(opens_in=-1), frozenset({document.id})
    run_machine(
        ThisMachine,
        settings=machine_settings(examples=20, steps=12),
    )
