"""Letting out at a set instant: not a moment before, called back until then, and whatever happens released once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import update

from app.core import clock
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden
from app.core.files.partial_uploads import PartialUploadStore
from app.core.storage import CorruptFile, Store, open_store
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as actions
from app.domain.outputs.actions import release as releasing
from app.domain.outputs.inputs import Because, NewReleasePlan
from app.domain.outputs.models import Output, OutputFile, OutputStatus, ReleaseFailure
from app.domain.outputs.queries import outputs
from app.domain.releases.actions import release as releases
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.actions.manifest_signing import ManifestTampered
from app.domain.releases.queries import releases as released
from app.domain.scans import actions as scans
from app.domain.silence.actions import draft_texts
from app.worker.release import OutputNotReleasedError, WorkerContext, release_due_outputs, release_output
from tests.conftest import Database
from tests.world import World

MS, HOUR = timedelta(milliseconds=1), timedelta(hours=1)
AROUND = (-MS, timedelta(0), MS)
ZURICH = ZoneInfo("Europe/Zurich")
BECAUSE = Because(reason="A capital has asked for time.")


def then(moment: datetime, *addressees: str) -> NewReleasePlan:
    """A plan for that instant."""
    there = moment.astimezone(ZURICH)
    return NewReleasePlan(when="then", on=there.date(), at=there.time(), addressees=addressees)


def let_out(world: World, by: str, output: Output, plan: NewReleasePlan) -> None:
    with world.acting(by) as (session, actor):
        releasing.schedule_release(session, actor, session.get_one(Output, output.id), plan)


def call_back(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        releasing.call_back_release(session, actor, session.get_one(Output, output.id), BECAUSE)


def release(world: World, shelf: Store, output: Output) -> bool:
    with transaction(world.write) as session:
        return releases.release_output(session, world.store, shelf, output.id)


def a_desk(world: World, shelf: Store) -> WorkerContext:
    return WorkerContext(world.write, world.store, shelf, PartialUploadStore(shelf.root.parent / "staging"), None)


def read(world: World, output: Output) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id)


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def test_nothing_of_it_leaves_before_its_instant_and_all_of_it_then(
    world: World, meeting: Meeting, shelf: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.scheduled(meeting)
    at = read(world, made).release_at

    for moment in (at - HOUR + MS, at - MS):
        monkeypatch.setattr(clock, "now", lambda here=moment: here)
        assert release(world, shelf, made) is False
        with transaction(world.read) as session:
            assert released.list_entries(session) == []
            assert [shelf.exists(text.sha256) for text in outputs.list_output_files(session, made)] == [False]

    monkeypatch.setattr(clock, "now", lambda: at)
    assert release(world, shelf, made) is True
    with transaction(world.read) as session:
        (found,) = released.list_entries(session)
    assert found.released_at == at
    assert shelf.exists(found.texts[0].sha256)


def test_an_instant_is_where_the_meeting_is_and_still_to_come(world: World, meeting: Meeting) -> None:
    made, now = world.approved(meeting), clock.now()

    for moment in (now - timedelta(seconds=1), now + releasing.MAX_RELEASE_DELAY + HOUR):
        with pytest.raises(BadRequest, match="still to come"):
            let_out(world, "ines", made, then(moment))
    let_out(world, "ines", made, then(datetime(now.year + 1, now.month, 1, 9, 30, tzinfo=ZURICH)))

    found = read(world, made)
    assert found.status == OutputStatus.SCHEDULED
    assert found.release_at.astimezone(ZURICH).strftime("%H:%M") == "09:30"


def test_the_membership_is_always_an_addressee_and_the_others_go_with_the_text(
    world: World, meeting: Meeting, shelf: Store
) -> None:
    one, other = world.approved(meeting), world.approved(meeting)
    let_out(world, "ines", one, NewReleasePlan(addressees=["tsb", "parent"]))
    let_out(world, "ines", other, NewReleasePlan())
    for each in (one, other):
        release(world, shelf, each)

    with transaction(world.read) as session:
        found = {each.symbol: each.addressees for each in released.list_entries(session)}
    assert found == {one.symbol: ("membership", "tsb", "parent"), other.symbol: ("membership",)}


@pytest.mark.parametrize("who", ["ines", "daniel", "laurent"])
def test_it_is_called_back_on_record_and_let_out_anew(world: World, meeting: Meeting, shelf: Store, who: str) -> None:
    made = world.scheduled(meeting)

    call_back(world, who, made)

    assert read(world, made).status == OutputStatus.APPROVED
    with clock.shifted_clock(2 * HOUR):
        assert release(world, shelf, made) is False
    let_out(world, "ines", made, NewReleasePlan())
    assert release(world, shelf, made) is True
    with transaction(world.read) as session:
        first, second = outputs.list_release_plans(session, made)
    assert (first.called_back_because, first.called_back_by) == (BECAUSE.reason, world.person(who).id)
    assert second.called_back_at is None


@pytest.mark.parametrize("who", ["amina", "joseph", "chen"])
def test_nobody_else_calls_it_back(world: World, meeting: Meeting, who: str) -> None:
    made = world.scheduled(meeting)

    with pytest.raises(Forbidden):
        call_back(world, who, made)


@pytest.mark.parametrize("late", [timedelta(0), MS])
def test_at_its_instant_it_cannot_be_called_back_any_more(
    world: World, meeting: Meeting, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    made = world.scheduled(meeting)
    at = read(world, made).release_at
    monkeypatch.setattr(clock, "now", lambda: at + late)

    with pytest.raises(Conflict, match="the instant has come"):
        call_back(world, "ines", made)


def test_a_byte_that_changed_since_then_voids_it(world: World, meeting: Meeting, shelf: Store) -> None:
    made, another = world.scheduled(meeting), world.file("en", "By hand in the database")
    with transaction(world.write) as session:
        session.execute(update(OutputFile).where(OutputFile.output_id == made.id).values(sha256=another.sha256))

    with clock.shifted_clock(2 * HOUR), pytest.raises(TextMismatch):
        release(world, shelf, made)


class Releasing(RuleBasedStateMachine):
    """One adopted text from its approvals to its release. The model knows who approved, the state and the instant."""

    world: World
    meeting: Meeting
    shelf: Store
    moment: datetime
    source: frozenset[object]

    @initialize(own=st.booleans())
    def an_adopted_text(self, own: bool) -> None:
        """`own`: it was made from a document of the State of the second vice-chair."""
        self.output = self.world.adopted(self.meeting, sources=self.source if own else frozenset())
        self.own, self.approvers, self.status, self.at = own, set(), "adopted", self.moment

    @rule(who=st.sampled_from(("laurent", "ines", "daniel", "layla", "amina")))
    def approve(self, who: str) -> None:
        """Laurent recorded the adoption, Layla is vice-chair and perhaps of the sponsor, Amina a delegate."""
        able = who in ("ines", "daniel") or (who == "layla" and not self.own)
        allowed = able and self.status == "adopted" and who not in self.approvers

        def act() -> None:
            with self.world.acting(who) as (session, actor):
                there = session.get_one(Output, self.output.id)
                actions.approve_release(session, actor, there, digest=there.text_digest)

        self.tried(act, allowed=allowed)
        if allowed:
            self.approvers.add(who)
            self.status = "approved" if len(self.approvers) == 2 else "adopted"

    @rule(who=st.sampled_from(("ines", "laurent", "amina")), ahead=st.sampled_from((-HOUR, 0 * HOUR, HOUR, None)))
    def let_out(self, who: str, ahead: timedelta | None) -> None:
        allowed = who == "ines" and self.status == "approved" and (ahead is None or ahead > 0 * HOUR)
        plan = NewReleasePlan() if ahead is None else then(self.moment + ahead)
        self.tried(lambda: let_out(self.world, who, self.output, plan), allowed=allowed)
        if allowed:
            self.status, self.at = ("leaving", self.moment) if ahead is None else ("scheduled", self.moment + ahead)

    @rule(who=st.sampled_from(("ines", "laurent", "amina")))
    def call_back(self, who: str) -> None:
        allowed = who != "amina" and self.status == "scheduled" and self.moment < self.at
        self.tried(lambda: call_back(self.world, who, self.output), allowed=allowed)
        self.status = "approved" if allowed else self.status

    def is_due(self) -> bool:
        return self.status in ("leaving", "scheduled") and self.moment >= self.at

    @rule()
    def the_worker_comes(self) -> None:
        due = self.is_due()
        assert release(self.world, self.shelf, self.output) is due
        self.status = "released" if due else self.status

    @rule()
    def the_worker_dies_before_its_commit(self) -> None:
        with pytest.raises(RuntimeError), transaction(self.world.write) as session:
            releases.release_output(session, self.world.store, self.shelf, self.output.id)
            raise RuntimeError

    @precondition(lambda self: self.status in ("scheduled", "leaving"))
    @rule()
    def somebody_calls_back_while_two_workers_come(self) -> None:
        gate, due = Barrier(3, timeout=60), self.is_due()

        def act(number: int) -> bool:
            gate.wait()
            if number < 2:
                return release(self.world, self.shelf, self.output)
            try:
                call_back(self.world, "ines", self.output)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(3) as pool:
            *by_workers, called_back = pool.map(act, range(3))
        assert sum(by_workers) == due
        assert called_back is (self.status == "scheduled" and not due)
        self.status = "released" if due else "approved" if called_back else self.status

    @precondition(lambda self: self.status == "scheduled")
    @rule(where=st.sampled_from(AROUND))
    def wait_for_the_instant(self, where: timedelta) -> None:
        type(self).moment = max(self.moment, self.at + where)

    def tried(self, act: object, *, allowed: bool) -> None:
        if allowed:
            act()
        else:
            with pytest.raises(DomainError):
                act()

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        assert read(self.world, self.output).status == self.status
        with transaction(self.world.read) as session:
            out = [each for each in released.list_entries(session) if each.symbol == self.output.symbol]
            numbers = [each.number for each in released.list_manifests(session)]
        assert len(out) == (self.status == "released")
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(each.released_at >= self.at for each in out)


def test_whatever_happens_the_database_says_what_the_model_says(
    world: World, shelf: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Here(Releasing):
        pass

    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    Here.world, Here.moment, Here.shelf = world, clock.now().replace(microsecond=0), shelf
    Here.meeting, Here.source = world.meeting(opens_in=-1), frozenset({document.id})
    monkeypatch.setattr(clock, "now", lambda: Here.moment)
    run_machine(
        Here,
        settings=settings(
            max_examples=25, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def in_the_readers_store(world: World, shelf: Store, output: Output) -> list[bool]:
    with transaction(world.read) as session:
        return [
            shelf.exists(file.sha256) for file in outputs.list_output_files(session, session.get_one(Output, output.id))
        ]


def test_a_virus_that_was_found_after_the_adoption_stops_it(world: World, meeting: Meeting, shelf: Store) -> None:
    made = world.leaving(meeting)
    with transaction(world.write) as session:
        (file,) = outputs.list_output_files(session, session.get_one(Output, made.id))
        scans.save_verdict(session, file.sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    with pytest.raises(OutputNotReleasedError):
        release_output(a_desk(world, shelf), made.id)

    assert (read(world, made).status, read(world, made).failed_because) == ("failed", ReleaseFailure.VIRUS_FOUND)
    assert in_the_readers_store(world, shelf, made) == [False]


def test_what_cannot_be_signed_or_proven_lays_nothing_before_the_readers(
    world: World, meeting: Meeting, shelf: Store, database: Database
) -> None:
    world.released(meeting, shelf, title="First")
    made = world.output(meeting, title="Unreleased")
    with world.acting("ines") as (session, actor):
        french = world.file("fr", "Non diffuse")
        draft_texts.put_draft_file(session, actor, session.get_one(Output, made.id), french)
    made = world.schedule(made, seconds=1)
    folder = world.store.root / french.sha256[:2] / french.sha256[2:4]
    path, content = folder / french.sha256, (folder / french.sha256).read_bytes()
    with clock.shifted_clock(HOUR):
        path.chmod(0o600)
        path.write_bytes(b"Other bytes")
        with pytest.raises(CorruptFile):
            release(world, shelf, made)
        assert in_the_readers_store(world, shelf, made) == [False, False]
        path.write_bytes(content)
        database.run_as_superuser("UPDATE release.manifest SET signature = 'AAAA'")
        with pytest.raises(ManifestTampered):
            release(world, shelf, made)

    assert in_the_readers_store(world, shelf, made) == [False, False]


def test_one_that_fails_does_not_stop_the_others(world: World, meeting: Meeting, shelf: Store) -> None:
    first, second = world.scheduled(meeting, seconds=10, title="One"), world.scheduled(meeting, seconds=20, title="Two")
    with transaction(world.write) as session:
        (file,) = outputs.list_output_files(session, session.get_one(Output, first.id))
        scans.save_verdict(session, file.sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    with clock.shifted_clock(HOUR):
        assert release_due_outputs(a_desk(world, shelf)) == 1

    assert [read(world, each).status for each in (first, second)] == ["failed", "released"]
