"""Release at a scheduled instant: not before it, recalled until it, and released exactly once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
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
from app.core.validation import ReasonInput
from app.domain.files import actions as file_actions
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import release
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import Output, OutputFile, OutputStatus, ReleaseFailure
from app.domain.outputs.queries import outputs
from app.domain.releases.actions import release as releases
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.actions.manifest_signing import ManifestTampered
from app.domain.releases.queries import releases as released
from app.domain.releases.queries import stored_manifests
from app.domain.silence.actions import draft_texts
from app.worker.release import OutputNotReleasedError, WorkerContext, release_due_outputs, release_output
from tests.conftest import Database
from tests.state_machines import machine_settings
from tests.world import World, record_rows

MS, HOUR = timedelta(milliseconds=1), timedelta(hours=1)
AROUND = (-MS, timedelta(0), MS)
ZURICH = ZoneInfo("Europe/Zurich")
BECAUSE = ReasonInput(reason="A capital has asked for time.")


def plan_at(moment: datetime, *addressees: str) -> NewReleasePlan:
    """Return a plan for that instant."""
    local_time = moment.astimezone(ZURICH)
    return NewReleasePlan(when="then", on=local_time.date(), at=local_time.time(), addressees=addressees)


def schedule_release(world: World, by: str, output: Output, plan: NewReleasePlan) -> None:
    with world.acting(by) as (session, actor):
        release.schedule_release(session, actor, session.get_one(Output, output.id), plan)


def recall_release(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        release.cancel_scheduled_release(session, actor, session.get_one(Output, output.id), BECAUSE)


def run_release(world: World, release_store: Store, output: Output) -> bool:
    with transaction(world.work) as session:
        return releases.release_output(session, world.store, release_store, output.id)


def make_context(world: World, release_store: Store) -> WorkerContext:
    return WorkerContext(
        world.work, world.store, release_store, PartialUploadStore(release_store.root.parent / "staging"), None
    )


def reload_output(world: World, output: Output) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id)


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


def test_a_text_is_released_completely_at_its_instant_and_not_before(
    world: World, meeting: Meeting, release_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = world.scheduled(meeting)
    at = reload_output(world, output).release_at

    for moment in (at - HOUR + MS, at - MS):
        monkeypatch.setattr(clock, "now", lambda frozen=moment: frozen)
        assert run_release(world, release_store, output) is False
        with transaction(world.read) as session:
            assert released.list_entries(session) == []
            assert [release_store.exists(text.sha256) for text in outputs.list_output_files(session, output)] == [False]

    monkeypatch.setattr(clock, "now", lambda: at)
    assert run_release(world, release_store, output) is True
    with transaction(world.read) as session:
        (released_output,) = released.list_entries(session)
    assert released_output.released_at == at
    assert release_store.exists(released_output.texts[0].sha256)


def test_an_instant_is_in_the_zone_of_the_meeting_and_in_the_future(world: World, meeting: Meeting) -> None:
    output, now = world.approved(meeting), clock.now()

    for moment in (now - timedelta(seconds=1), now + release.MAX_RELEASE_DELAY + HOUR):
        with pytest.raises(BadRequest, match="Enter a future date and time"):
            schedule_release(world, "ines", output, plan_at(moment))
    schedule_release(world, "ines", output, plan_at(datetime(now.year + 1, now.month, 1, 9, 30, tzinfo=ZURICH)))

    stored_output = reload_output(world, output)
    assert stored_output.status == OutputStatus.SCHEDULED
    assert stored_output.release_at.astimezone(ZURICH).strftime("%H:%M") == "09:30"


def test_the_membership_is_always_an_addressee_and_others_are_released_with_the_text(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    one, other = world.approved(meeting), world.approved(meeting)
    schedule_release(world, "ines", one, NewReleasePlan(addressees=["tsb", "parent"]))
    schedule_release(world, "ines", other, NewReleasePlan())
    for each in (one, other):
        run_release(world, release_store, each)

    with transaction(world.read) as session:
        addressees_by_symbol = {each.symbol: each.addressees for each in released.list_entries(session)}
    assert addressees_by_symbol == {one.symbol: ("membership", "tsb", "parent"), other.symbol: ("membership",)}


@pytest.mark.parametrize("who", ["ines", "daniel", "laurent"])
def test_a_release_is_recalled_on_record_and_scheduled_again(
    world: World, meeting: Meeting, release_store: Store, who: str
) -> None:
    output = world.scheduled(meeting)

    recall_release(world, who, output)

    assert reload_output(world, output).status == OutputStatus.APPROVED
    with clock.shifted_clock(2 * HOUR):
        assert run_release(world, release_store, output) is False
    schedule_release(world, "ines", output, NewReleasePlan())
    assert run_release(world, release_store, output) is True
    with transaction(world.read) as session:
        first, second = outputs.list_release_plans(session, output)
    assert (first.called_back_because, first.called_back_by) == (BECAUSE.reason, world.person(who).id)
    assert second.called_back_at is None


@pytest.mark.parametrize("who", ["amina", "joseph", "chen"])
def test_only_chair_and_secretariat_recall_a_release(world: World, meeting: Meeting, who: str) -> None:
    output = world.scheduled(meeting)

    with pytest.raises(Forbidden):
        recall_release(world, who, output)


@pytest.mark.parametrize("delay", [timedelta(0), MS])
def test_a_release_cannot_be_recalled_from_its_instant_on(
    world: World, meeting: Meeting, monkeypatch: pytest.MonkeyPatch, delay: timedelta
) -> None:
    output = world.scheduled(meeting)
    at = reload_output(world, output).release_at
    monkeypatch.setattr(clock, "now", lambda: at + delay)

    with pytest.raises(Conflict, match="the release time has passed"):
        recall_release(world, "ines", output)


def test_a_byte_changed_after_scheduling_voids_the_release(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output, another = world.scheduled(meeting), world.file("en", "By hand in the database")
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(OutputFile).where(OutputFile.output_id == output.id).values(sha256=another.sha256))

    with clock.shifted_clock(2 * HOUR), pytest.raises(TextMismatch):
        run_release(world, release_store, output)


class Releasing(RuleBasedStateMachine):
    """One adopted text from its approvals to its release. The model keeps the approvers, the status and the instant."""

    world: World
    meeting: Meeting
    release_store: Store
    moment: datetime
    source: frozenset[object]

    @initialize(own=st.booleans())
    def adopt_text(self, own: bool) -> None:
        """With `own`, the text comes from a document of the State of the second vice-chair."""
        self.output = self.world.adopted(self.meeting, sources=self.source if own else frozenset())
        self.own, self.approvers, self.status, self.at = own, set(), "adopted", self.moment

    @rule(who=st.sampled_from(("laurent", "ines", "daniel", "layla", "amina")))
    def approve(self, who: str) -> None:
        """Laurent recorded the adoption, Layla is vice-chair and perhaps of the sponsor, Amina a delegate."""
        able = who in ("ines", "daniel") or (who == "layla" and not self.own)
        allowed = able and self.status == "adopted" and who not in self.approvers

        self.attempt(lambda: self.world.approve(self.output, who), allowed=allowed)
        if allowed:
            self.world.verify_approvals(self.output)
            self.approvers.add(who)
            self.status = "approved" if len(self.approvers) == 2 else "adopted"

    @rule(
        who=st.sampled_from(("ines", "daniel", "laurent", "amina")),
        ahead=st.sampled_from((-HOUR, 0 * HOUR, HOUR, None)),
    )
    def schedule(self, who: str, ahead: timedelta | None) -> None:
        """Laurent recorded the adoption; and who approved does not let the text out."""
        able = who in ("ines", "daniel") and who not in self.approvers
        allowed = able and self.status == "approved" and (ahead is None or ahead > 0 * HOUR)
        plan = NewReleasePlan() if ahead is None else plan_at(self.moment + ahead)
        self.attempt(lambda: schedule_release(self.world, who, self.output, plan), allowed=allowed)
        if allowed:
            self.status, self.at = ("leaving", self.moment) if ahead is None else ("scheduled", self.moment + ahead)

    @rule(who=st.sampled_from(("ines", "laurent", "amina")))
    def recall(self, who: str) -> None:
        allowed = who != "amina" and self.status == "scheduled" and self.moment < self.at
        self.attempt(lambda: recall_release(self.world, who, self.output), allowed=allowed)
        self.status = "approved" if allowed else self.status

    def is_due(self) -> bool:
        return self.status in ("leaving", "scheduled") and self.moment >= self.at

    @rule()
    def run_worker(self) -> None:
        due = self.is_due()
        assert run_release(self.world, self.release_store, self.output) is due
        self.status = "released" if due else self.status

    @rule()
    def kill_worker_before_commit(self) -> None:
        with pytest.raises(RuntimeError), transaction(self.world.work) as session:
            releases.release_output(session, self.world.store, self.release_store, self.output.id)
            raise RuntimeError

    @precondition(lambda self: self.status in ("scheduled", "leaving"))
    @rule()
    def recall_while_two_workers_run(self) -> None:
        barrier, due = Barrier(3, timeout=60), self.is_due()

        def act(number: int) -> bool:
            barrier.wait()
            if number < 2:
                return run_release(self.world, self.release_store, self.output)
            try:
                recall_release(self.world, "ines", self.output)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(3) as pool:
            *by_workers, called_back = pool.map(act, range(3))
        assert sum(by_workers) == due
        assert called_back is (self.status == "scheduled" and not due)
        self.status = "released" if due else "approved" if called_back else self.status

    @precondition(lambda self: self.status == "scheduled")
    @rule(offset=st.sampled_from(AROUND))
    def wait_for_the_instant(self, offset: timedelta) -> None:
        type(self).moment = max(self.moment, self.at + offset)

    def attempt(self, act: object, *, allowed: bool) -> None:
        if allowed:
            act()
        else:
            with pytest.raises(DomainError):
                act()

    @invariant()
    def database_matches_model(self) -> None:
        assert reload_output(self.world, self.output).status == self.status
        with transaction(self.world.read) as session:
            released_outputs = [each for each in released.list_entries(session) if each.symbol == self.output.symbol]
            numbers = [each.number for each in stored_manifests.list_manifests(session)]
        assert len(released_outputs) == (self.status == "released")
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(each.released_at >= self.at for each in released_outputs)


def test_the_database_matches_the_model_after_any_sequence(
    world: World, release_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ThisMachine(Releasing):
        pass

    world.seat("layla", "delegate")
    _, document = world.registered(world.meeting(number=30, opens_in=60), by="layla")
    ThisMachine.world, ThisMachine.moment, ThisMachine.release_store = (
        world,
        clock.now().replace(microsecond=0),
        release_store,
    )
    ThisMachine.meeting, ThisMachine.source = world.meeting(opens_in=-1), frozenset({document.id})
    monkeypatch.setattr(clock, "now", lambda: ThisMachine.moment)
    run_machine(
        ThisMachine,
        settings=machine_settings(examples=25, steps=14),
    )


def list_stored_flags(world: World, release_store: Store, output: Output) -> list[bool]:
    with transaction(world.read) as session:
        return [
            release_store.exists(file.sha256)
            for file in outputs.list_output_files(session, session.get_one(Output, output.id))
        ]


def test_a_virus_found_after_the_adoption_stops_the_release(
    world: World, meeting: Meeting, release_store: Store
) -> None:
    output = world.leaving(meeting)
    with transaction(world.work) as session:
        (file,) = outputs.list_output_files(session, session.get_one(Output, output.id))
        file_actions.save_scan_verdict(session, file.sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    with pytest.raises(OutputNotReleasedError):
        release_output(make_context(world, release_store), output.id)

    assert (reload_output(world, output).status, reload_output(world, output).failed_because) == (
        "failed",
        ReleaseFailure.VIRUS_FOUND,
    )
    assert list_stored_flags(world, release_store, output) == [False]


def test_a_release_that_cannot_be_signed_or_proven_shows_readers_nothing(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    world.released(meeting, release_store, title="First")
    output = world.output(meeting, title="Unreleased")
    with world.acting("ines") as (session, actor):
        french = world.file("fr", "Non diffuse")
        draft_texts.put_draft_file(session, actor, session.get_one(Output, output.id), french)
    output = world.schedule(output, seconds=10)
    folder = world.store.root / french.sha256[:2] / french.sha256[2:4]
    path, content = folder / french.sha256, (folder / french.sha256).read_bytes()
    with clock.shifted_clock(HOUR):
        path.chmod(0o600)
        path.write_bytes(b"Other bytes")
        with pytest.raises(CorruptFile):
            run_release(world, release_store, output)
        assert list_stored_flags(world, release_store, output) == [False, False]
        path.write_bytes(content)
        database.run_as_superuser("UPDATE release.manifest SET signature = 'AAAA'")
        with pytest.raises(ManifestTampered):
            run_release(world, release_store, output)

    assert list_stored_flags(world, release_store, output) == [False, False]


def test_a_failed_release_does_not_stop_the_others(world: World, meeting: Meeting, release_store: Store) -> None:
    first, second = world.scheduled(meeting, seconds=10, title="One"), world.scheduled(meeting, seconds=20, title="Two")
    with transaction(world.write) as session:
        record_rows(session)
        (file,) = outputs.list_output_files(session, session.get_one(Output, first.id))
        file_actions.save_scan_verdict(session, file.sha256, ScanVerdict(ScanState.INFECTED, "Eicar"))

    with clock.shifted_clock(HOUR):
        assert release_due_outputs(make_context(world, release_store)) == 1

    assert [reload_output(world, each).status for each in (first, second)] == ["failed", "released"]
