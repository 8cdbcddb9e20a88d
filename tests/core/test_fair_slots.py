"""The order in which States are served at the inspection of files."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from app.core.inspection.fair_slots import MAX_WAITING, FairSlots, NoSlotError
from tests.waiting import wait_until

PATIENCE = 30.0


class Inspections:
    """Inspections that take a slot each and last until they are ended."""

    def __init__(self, slots: FairSlots, pool: ThreadPoolExecutor) -> None:
        self.slots, self.pool, self.begun, self._ends = slots, pool, list[str](), dict[str, Event]()

    def begin(self, name: str) -> None:
        """Begin one; its name begins with the State."""
        self._ends[name] = Event()
        self.pool.submit(self._inspect, name)
        wait_until(lambda: len(self.begun) + len(self.slots._waiting) == len(self._ends))  # it has its place

    def _inspect(self, name: str) -> None:
        with self.slots.hold(name[:3], PATIENCE):
            self.begun.append(name)
            self._ends[name].wait(PATIENCE)

    def hold_once(self, party: str) -> None:
        """Take a slot and give it back."""
        with self.slots.hold(party, PATIENCE):
            pass

    def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()


def test_a_state_with_many_files_leaves_a_slot_to_the_others() -> None:
    with ThreadPoolExecutor(9) as pool:
        files = Inspections(FairSlots(2), pool)
        for number in range(6):
            files.begin(f"KEN{number}")
        assert files.begun == ["KEN0"]

        files.begin("BRA")
        assert files.begun == ["KEN0", "BRA"], "it does not wait for a file of the other State"

        files.begin("JPN")
        files.end("KEN0")
        wait_until(lambda: len(files.begun) == 3)
        assert files.begun[2] == "JPN", "who has none goes before who came first"
        files.end("BRA", "JPN", *(f"KEN{number}" for number in range(6)))
    assert sorted(files.begun) == ["BRA", "JPN", *(f"KEN{number}" for number in range(6))]


def test_files_of_one_state_are_taken_in_the_order_in_which_they_came() -> None:
    with ThreadPoolExecutor(5) as pool:
        files = Inspections(FairSlots(2), pool)
        for number in range(4):
            files.begin(f"KEN{number}")
        for number in range(4):
            wait_until(lambda number=number: len(files.begun) == number + 1)
            files.end(f"KEN{number}")
    assert files.begun == [f"KEN{number}" for number in range(4)]


def test_who_gets_no_slot_in_time_leaves_the_queue() -> None:
    slots = FairSlots(1)
    with slots.hold("KEN", PATIENCE), pytest.raises(NoSlotError), slots.hold("BRA", 0.01):
        pass
    with slots.hold("JPN", 0.01):
        pass


def test_of_one_state_only_some_wait_and_the_others_are_refused_at_once() -> None:
    """Each that waits holds a thread, which the others need too."""
    with ThreadPoolExecutor(9) as pool:
        files = Inspections(FairSlots(1), pool)
        for number in range(MAX_WAITING + 1):
            files.begin(f"KEN{number}")
        with pytest.raises(NoSlotError):
            pool.submit(files.hold_once, "KEN").result(PATIENCE / 2)
        files.begin("BRA")
        files.end("BRA", *(f"KEN{number}" for number in range(MAX_WAITING + 1)))
    assert len(files.begun) == MAX_WAITING + 2
