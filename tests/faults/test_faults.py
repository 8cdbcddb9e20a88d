"""Many faults in one installation; the independent checker finds nothing lost, and finds what the controls lose."""

import itertools
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults import common_steps, concurrent_kills, databases, disks, external_services, system_calls
from tests.faults.common_steps import Outcome
from tests.faults.delegation import Delegation
from tests.faults.fault_plan import installation_settings
from tests.faults.installation import Installation, run_installation
from tests.faults.system_calls import Point
from tests.faults.volume import volume

RNG = random.SystemRandom()
MEETING_NUMBERS = itertools.count(24)
traced = pytest.mark.skipif(system_calls.STRACE is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def mount(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    with volume(tmp_path_factory.mktemp("volume")) as made:
        yield made


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, mount: Path | None) -> Iterator[Installation]:
    """One for all tests, which continues from one fault to the next. Its store has a separate file system."""
    with run_installation(
        tmp_path_factory.mktemp("house"), installation_settings(), store=f"file://{mount}/store" if mount else ""
    ) as made:
        common_steps.open_portal(made)
        yield made


@pytest.fixture
def amina(installation: Installation, tmp_path: Path) -> Iterator[Delegation]:
    """A delegation with new notes for each test; a portal that has ended is started."""
    with ExitStack() as undo:
        common_steps.ensure_portal(installation)
        undo.callback(common_steps.ensure_portal, installation)
        yield Delegation.of(installation, installation.world.meeting(number=next(MEETING_NUMBERS)), tmp_path / "told")


def assert_nothing_lost(*outcomes: Outcome) -> None:
    assert [(each.name, each.wrong) for each in outcomes if each.wrong] == []
    assert [each.name for each in outcomes if not each.struck] == []


@pytest.mark.thorough
def test_the_checker_finds_a_missing_file(installation: Installation, amina: Delegation) -> None:
    receipt = amina.hand_in_until_done("A paper")
    assert common_steps.run_checker(installation, amina.notes.parent) == ()
    file = receipt["statement"]["files"][0]["sha256"]
    path = Path(installation.settings.store_url.removeprefix("file://"), file[:2], file[2:4], file)
    path.rename(path.with_name("elsewhere"))

    found = {fault[0] for fault in common_steps.run_checker(installation, amina.notes.parent)}

    path.with_name("elsewhere").rename(path)
    assert found == {"2", "7"}


@traced
@pytest.mark.parametrize(
    "point",
    [
        pytest.param(Point("portal", "fsync", RNG.randrange(1, 5)), id="sync"),
        pytest.param(Point("portal", "sendto", RNG.randrange(5, 20)), id="answer", marks=pytest.mark.thorough),
    ],
)
def test_nothing_is_lost_when_the_portal_is_killed_at_a_system_call(
    installation: Installation, amina: Delegation, point: Point
) -> None:
    assert_nothing_lost(system_calls.killed_at(installation, amina, point, f"A paper, {point}"))


@traced
def test_a_disk_that_refuses_a_sync_ends_the_process_and_loses_nothing(
    installation: Installation, amina: Delegation
) -> None:
    assert_nothing_lost(system_calls.failing_sync(installation, amina, 1))


def test_an_answer_that_was_lost_is_given_again(installation: Installation, amina: Delegation) -> None:
    assert_nothing_lost(concurrent_kills.lost_answer(installation, amina, "A paper whose answer was lost"))


def test_sign_in_is_refused_in_time_while_the_provider_hangs(installation: Installation, amina: Delegation) -> None:
    with external_services.run_provider(installation) as provider:
        assert_nothing_lost(external_services.hanging_provider(installation, amina, provider))


def test_a_full_disk_refuses_papers_and_recovers(
    installation: Installation, amina: Delegation, mount: Path | None
) -> None:
    if mount is None:
        pytest.skip("no file system can be mounted here")
    assert_nothing_lost(disks.full_disk(installation, amina, mount))


def test_nothing_is_lost_when_the_power_is_cut(
    installation: Installation, amina: Delegation, mount: Path | None
) -> None:
    if mount is None:
        pytest.skip("no file system can be mounted here")
    assert_nothing_lost(disks.power_cut(installation, amina, mount, syncs=True))


def test_nothing_is_lost_when_the_database_is_killed(installation: Installation, amina: Delegation) -> None:
    assert_nothing_lost(databases.killed_database(installation, amina, "A paper and a database", RNG.uniform(0.0, 0.3)))


@traced
@pytest.mark.thorough
def test_a_store_that_does_not_sync_is_detected(
    installation: Installation, amina: Delegation, mount: Path | None
) -> None:
    """A control: it has to lose what it acknowledged, else the power was never cut."""
    if mount is None:
        pytest.skip("no file system can be mounted here")
    lost = disks.power_cut(installation, amina, mount, syncs=False)

    assert [fault for fault in lost.wrong if fault.startswith("2: ")], lost


@pytest.mark.thorough
def test_a_database_that_answers_before_the_commit_is_synced_is_detected(
    installation: Installation, amina: Delegation
) -> None:
    """A control: it has to lose what it acknowledged, else the database was never killed."""
    lost = databases.database_without_sync_commit(installation, amina, "A paper that is acknowledged too early")

    assert [fault for fault in lost.wrong if fault.startswith("1: ")], lost
