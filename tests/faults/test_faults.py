"""One house dies in many ways; the independent checker finds nothing lost, and finds what careless controls lose."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults import common_steps, concurrent_kills, databases, disks, external_services, system_calls
from tests.faults.common_steps import Outcome
from tests.faults.delegation import Delegation
from tests.faults.fault_plan import settings_of_a_house
from tests.faults.installation import House, a_house
from tests.faults.system_calls import Point
from tests.faults.volume import volume

LUCK = random.SystemRandom()
traced = pytest.mark.skipif(system_calls.STRACE is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def mount(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    with volume(tmp_path_factory.mktemp("volume")) as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, mount: Path | None) -> Iterator[House]:
    """One for all: it goes on from one fault to the next, as a house does. Its store has a file system of its own."""
    with a_house(
        tmp_path_factory.mktemp("house"), settings_of_a_house(), store=f"file://{mount}/store" if mount else ""
    ) as made:
        common_steps.open_portal(made)
        yield made


@pytest.fixture
def amina(house: House, tmp_path: Path) -> Iterator[Delegation]:
    """She tells each time what she was told that time; a portal that is gone is started for her."""
    with ExitStack() as undo:
        common_steps.again(house)
        undo.callback(common_steps.again, house)
        yield Delegation.of(house, house.world.meeting(number=LUCK.randrange(24, 999)), tmp_path / "told")


def clean(*outcomes: Outcome) -> None:
    assert [(each.name, each.wrong) for each in outcomes if each.wrong] == []
    assert [each.name for each in outcomes if not each.struck] == []


def test_the_checker_finds_what_is_not_there(house: House, amina: Delegation) -> None:
    receipt = amina.insist("A paper")
    assert common_steps.verdict(house, amina.notes.parent) == ()
    file = receipt["statement"]["files"][0]["sha256"]
    path = Path(house.settings.store_url.removeprefix("file://"), file[:2], file[2:4], file)
    path.rename(path.with_name("elsewhere"))

    found = {fault[0] for fault in common_steps.verdict(house, amina.notes.parent)}

    path.with_name("elsewhere").rename(path)
    assert found == {"2", "7"}


@traced
@pytest.mark.parametrize(
    "point",
    [Point("portal", "fsync", LUCK.randrange(1, 5)), Point("portal", "sendto", LUCK.randrange(5, 20))],
    ids=["sync", "answer"],
)
def test_nothing_is_lost_when_the_portal_is_killed_at_a_system_call(
    house: House, amina: Delegation, point: Point
) -> None:
    clean(system_calls.killed_at(house, amina, point, f"A paper, {point}"))


@traced
def test_a_disk_that_refuses_a_sync_ends_the_process_and_loses_nothing(house: House, amina: Delegation) -> None:
    clean(system_calls.failing_sync(house, amina, 1))


def test_an_answer_that_was_lost_is_given_again(house: House, amina: Delegation) -> None:
    clean(concurrent_kills.lost_answer(house, amina, "A paper whose answer was lost"))


def test_who_signs_in_while_the_provider_hangs_is_told_in_time(house: House, amina: Delegation) -> None:
    with external_services.a_provider(house) as provider:
        clean(external_services.hanging_provider(house, amina, provider))


def test_a_full_disk_refuses_and_heals_by_itself(house: House, amina: Delegation, mount: Path | None) -> None:
    if mount is None:
        pytest.skip("no file system can be mounted here")
    clean(disks.full_disk(house, amina, mount))


def test_nothing_is_lost_when_the_power_is_cut(house: House, amina: Delegation, mount: Path | None) -> None:
    if mount is None:
        pytest.skip("no file system can be mounted here")
    clean(disks.power_cut(house, amina, mount, syncs=True))


def test_nothing_is_lost_when_the_database_is_killed(house: House, amina: Delegation) -> None:
    clean(databases.killed_database(house, amina, "A paper and a database", LUCK.uniform(0.0, 0.3)))


@traced
def test_a_store_that_does_not_sync_is_found_out(house: House, amina: Delegation, mount: Path | None) -> None:
    """A control: it has to lose what it acknowledged, else the power was never cut."""
    if mount is None:
        pytest.skip("no file system can be mounted here")
    lost = disks.power_cut(house, amina, mount, syncs=False)

    assert [fault for fault in lost.wrong if fault.startswith("2: ")], lost


def test_a_database_that_answers_before_it_kept_is_found_out(house: House, amina: Delegation) -> None:
    """A control: it has to lose what it acknowledged, else the database was never killed."""
    lost = databases.careless_database(house, amina, "A paper that is acknowledged too early")

    assert [fault for fault in lost.wrong if fault.startswith("1: ")], lost
