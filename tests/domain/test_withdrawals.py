"""Withdrawing a released text: two different people, a reason, and once; whatever crashes and whoever is quicker."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select

from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import withdrawal
from app.domain.outputs.inputs import Because
from app.domain.outputs.models import Output, Withdrawal
from app.domain.outputs.queries import outputs
from app.domain.releases.actions import release as releases
from app.domain.releases.actions import withdrawal as releasing
from app.domain.releases.queries import releases as released
from app.domain.releases.queries.chain_verification import verify_catalogue
from tests.conftest import Database
from tests.world import SIGNER, World

BECAUSE = Because(reason="The text is right.")


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def read(world: World, output: Output) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id)


def decline(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        there = session.get_one(Output, output.id)
        waiting = outputs.find_pending_withdrawal(session, there)
        withdrawal.decline_withdrawal(
            session, actor, there, BECAUSE, expected_withdrawal_id=waiting.id if waiting else uuid4()
        )


def take_back(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        there = session.get_one(Output, output.id)
        waiting = outputs.find_pending_withdrawal(session, there)
        withdrawal.retract_withdrawal_proposal(
            session, actor, there, expected_withdrawal_id=waiting.id if waiting else uuid4()
        )


def stands(world: World, output: Output) -> tuple[list[str], list[str]]:
    """What is out, and what is withdrawn, as a good manifest says; of this output."""
    with transaction(world.read) as session:
        proven = verify_catalogue(
            released.list_entries(session),
            released.list_withdrawn_entries(session),
            released.iterate_manifests_backwards(session),
            SIGNER.public_keys,
        )
    assert list(proven.faults) == []
    out = [each.symbol for each in proven.outputs if each.symbol == output.symbol]
    return out, [each.symbol for each in proven.withdrawn if each.symbol == output.symbol]


def test_one_proposes_another_confirms_and_a_tombstone_stands(world: World, meeting: Meeting, shelf: Store) -> None:
    made, other = world.released(meeting, shelf), world.released(meeting, shelf)
    world.to_be_withdrawn(made, "ines", reason="It says what was not agreed.", replaced_by=other.id)
    assert stands(world, made) == ([made.symbol], [])

    world.confirm_withdrawal(made, "laurent")

    assert stands(world, made) == ([], [made.symbol])
    with transaction(world.read) as session:
        (tomb,) = released.list_withdrawn_entries(session)
        last = released.find_last_manifest(session)
    assert (tomb.reason, tomb.language) == ("It says what was not agreed.", "en")
    assert tomb.decided_by == ("secretary", "chair")
    assert (tomb.replaced_by, tomb.manifest) == (other.symbol, 1)
    assert last.number == 3
    assert read(world, made).status == "withdrawn"
    assert read(world, made).withdrawn_at == tomb.withdrawn_at


def test_its_files_leave_the_store_of_releases_and_stay_in_the_portals(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    made = world.released(meeting, shelf)
    with transaction(world.read) as session:
        (sha256,) = (each.sha256 for each in outputs.list_output_files(session, made))
    assert shelf.exists(sha256)
    world.withdrawn(made)

    for done in (1, 1):  # a job may run twice
        with transaction(world.write) as session:
            assert releasing.remove_files_of_withdrawn_output(session, shelf, made.id) == done

    assert not shelf.exists(sha256)
    assert world.store.exists(sha256)


def test_nobody_confirms_their_own_proposal(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.to_be_withdrawn(world.released(meeting, shelf), "ines")

    with pytest.raises(Forbidden, match="yourself"):
        world.confirm_withdrawal(made, "ines")
    with pytest.raises(Forbidden, match="yourself"):
        decline(world, "ines", made)
    assert stands(world, made) == ([made.symbol], [])


@pytest.mark.parametrize("who", ["amina", "joseph", "chen"])
def test_nobody_else_proposes_or_confirms(world: World, meeting: Meeting, shelf: Store, who: str) -> None:
    made, other = world.released(meeting, shelf), world.released(meeting, shelf)
    world.to_be_withdrawn(other)

    with pytest.raises(Forbidden):
        world.to_be_withdrawn(made, who)
    with pytest.raises(Forbidden):
        world.confirm_withdrawal(other, who)


def test_the_chair_of_a_sponsor_does_not_decide(world: World, meeting: Meeting, shelf: Store) -> None:
    """Layla, the second vice-chair, is of the State whose document it was made from."""
    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    made = world.released(meeting, shelf, sources=frozenset({document.id}))
    with pytest.raises(Forbidden, match="Your own State"):
        world.to_be_withdrawn(made, "layla")
    world.to_be_withdrawn(made, "ines")

    with pytest.raises(Forbidden, match="Your own State"):
        world.confirm_withdrawal(made, "layla")
    with pytest.raises(Forbidden, match="Your own State"):
        decline(world, "layla", made)


def test_only_what_is_released_is_withdrawn_and_once(world: World, meeting: Meeting, shelf: Store) -> None:
    for made in (world.approved(meeting), world.leaving(meeting), world.withdrawn(world.released(meeting, shelf))):
        with pytest.raises(Conflict, match="not released"):
            world.to_be_withdrawn(made)


def test_what_takes_its_place_is_released_and_another_one(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.released(meeting, shelf)
    for wrong in (made.id, world.approved(meeting).id, uuid4()):
        with pytest.raises(BadRequest, match="that is released"):
            world.to_be_withdrawn(made, replaced_by=wrong)
    instead = world.released(meeting, shelf)
    world.to_be_withdrawn(made, replaced_by=instead.id)
    world.withdrawn(instead)

    with pytest.raises(Conflict, match="was withdrawn"):
        world.confirm_withdrawal(made)


def test_a_proposal_that_was_declined_is_made_anew_and_only_what_was_read_is_confirmed(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    made = world.to_be_withdrawn(world.released(meeting, shelf), reason="A first reason.")
    first = world.withdrawal(made)
    decline(world, "laurent", made)
    world.to_be_withdrawn(made, reason="Another reason.")

    with pytest.raises(Conflict, match="was changed"):
        world.confirm_withdrawal(made, "laurent", seen=first)

    take_back(world, "ines", made)
    with transaction(world.read) as session:
        ends = {each.reason: each.ended_how for each in outputs.list_withdrawals(session, made)}
    assert ends == {"A first reason.": "declined", "Another reason.": "taken-back"}


@pytest.mark.parametrize(
    "altered",
    [
        "UPDATE release.manifest SET statement = statement || ' '",
        "UPDATE release.output SET kind = 'decision'",  # a tombstone would say so over our signature
        "UPDATE release.file SET size = size + 1",
    ],
)
def test_nothing_is_withdrawn_in_a_catalogue_that_was_altered(
    world: World, meeting: Meeting, shelf: Store, database: Database, altered: str
) -> None:
    made = world.to_be_withdrawn(world.released(meeting, shelf))
    database.run_as_superuser(altered)

    with pytest.raises(Conflict, match="not as it was signed"):
        world.confirm_withdrawal(made)
    assert read(world, made).status == "released"


def together(*acts: Callable[[], object]) -> list[bool]:
    """Let them happen at once; which were not refused."""
    gate = Barrier(len(acts), timeout=60)

    def act(one: Callable[[], object]) -> bool:
        gate.wait()
        try:
            one()
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def test_of_two_who_confirm_at_once_one_does(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.to_be_withdrawn(world.released(meeting, shelf))
    seen = world.withdrawal(made)

    done = together(*(lambda who=who: world.confirm_withdrawal(made, who, seen=seen) for who in ("laurent", "daniel")))

    assert sorted(done) == [False, True]
    assert stands(world, made) == ([], [made.symbol])
    with transaction(world.read) as session:
        told = session.scalars(select(JournalLine.event).where(JournalLine.event == "output:withdrawn")).all()
    assert len(told) == 1


class Withdrawing(RuleBasedStateMachine):
    """One released text. The model knows where it stands and who proposed."""

    world: World
    meeting: Meeting
    shelf: Store
    source: frozenset[object]

    @initialize(own=st.booleans())
    def a_released_text(self, own: bool) -> None:
        """`own`: made from a document of the State of Layla, the second vice-chair."""
        self.output = self.world.released(self.meeting, self.shelf, sources=self.source if own else frozenset())
        self.own, self.by, self.gone = own, None, False

    def able(self, who: str) -> bool:
        return who in ("laurent", "ines", "daniel") or (who == "layla" and not self.own)

    def tried(self, act: Callable[[], object], *, allowed: bool) -> bool:
        if allowed:
            act()
        else:
            with pytest.raises(DomainError):
                act()
        return allowed

    WHO = st.sampled_from(("laurent", "ines", "daniel", "layla", "amina"))

    @rule(who=WHO)
    def propose(self, who: str) -> None:
        allowed = self.able(who) and self.by is None and not self.gone
        if self.tried(lambda: self.world.to_be_withdrawn(self.output, who), allowed=allowed):
            self.by = who

    @rule(who=WHO)
    def confirm(self, who: str) -> None:
        allowed = self.able(who) and self.by not in (None, who)
        seen = self.world.withdrawal(self.output) if self.by else uuid4()
        if self.tried(lambda: self.world.confirm_withdrawal(self.output, who, seen=seen), allowed=allowed):
            self.by, self.gone = None, True

    @rule(who=WHO)
    def decline(self, who: str) -> None:
        allowed = self.able(who) and self.by not in (None, who)
        if self.tried(lambda: decline(self.world, who, self.output), allowed=allowed):
            self.by = None

    @rule(who=WHO)
    def take_back(self, who: str) -> None:
        allowed = self.by == who
        if self.tried(lambda: take_back(self.world, who, self.output), allowed=allowed):
            self.by = None

    @rule()
    def the_house_dies_before_its_commit(self) -> None:
        if self.by is None:
            return
        who = "daniel" if self.by != "daniel" else "ines"
        with pytest.raises(RuntimeError), self.world.acting(who) as (session, actor):
            there = session.get_one(Output, self.output.id)
            releasing.confirm_withdrawal(
                session, actor, there, expected_withdrawal_id=self.world.withdrawal(self.output)
            )
            raise RuntimeError

    @rule()
    def the_worker_comes_once_more(self) -> None:
        with transaction(self.world.write) as session:
            assert not releases.release_output(session, self.world.store, self.shelf, self.output.id)

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        assert stands(self.world, self.output) == (
            ([], [self.output.symbol]) if self.gone else ([self.output.symbol], [])
        )
        with transaction(self.world.read) as session:
            waiting = session.scalars(
                select(Withdrawal).where(Withdrawal.output_id == self.output.id, Withdrawal.ended_how.is_(None))
            ).all()
            numbers = [each.number for each in released.list_manifests(session)]
        assert [each.proposed_by for each in waiting] == ([self.world.person(self.by).id] if self.by else [])
        assert numbers == list(range(1, len(numbers) + 1))


def test_whatever_happens_the_database_says_what_the_model_says(world: World, shelf: Store) -> None:
    class Here(Withdrawing):
        pass

    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    Here.world, Here.shelf = world, shelf
    Here.meeting, Here.source = world.meeting(opens_in=-1), frozenset({document.id})
    run_machine(
        Here,
        settings=settings(
            max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
