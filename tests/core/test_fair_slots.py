"""The order in which States are served by the service that opens files."""

from itertools import count

import pytest

from app.core.file_service.fair_slots import (
    ALONE,
    ALONE_PATIENCE_SECONDS,
    LARGE_FILE,
    MAX_WAITING,
    PATIENCE_SECONDS,
    RENDITIONS,
    FairSlots,
    NoSlotError,
    SlotTicket,
    get_draft_party,
)


class Queue:
    """Files that wait and run, by name; a name begins with the State."""

    def __init__(self, slots: int) -> None:
        self.slots, self.now, self._moments = FairSlots(slots), 0.0, count()
        self.running: dict[str, SlotTicket] = {}
        self._names: dict[SlotTicket, str] = {}

    def add(self, *names: str, size: int = 1, is_alone: bool = False) -> None:
        for name in names:
            ticket = SlotTicket(name[:3], size, self.now, is_alone)
            self._names[ticket] = name
            self.slots.add(ticket)

    def start(self) -> list[str]:
        """Start what gets a slot; return the names in order."""
        begun = []
        while ticket := self.slots.take_next(self.now):
            begun.append(self._names[ticket])
            self.running[begun[-1]] = ticket
        return begun

    def end(self, name: str) -> list[str]:
        """End one; return what starts then."""
        self.slots.release(self.running.pop(name))
        return self.start()


def test_a_state_with_many_files_leaves_a_slot_to_the_others() -> None:
    files = Queue(2)
    files.add(*(f"KEN{number}" for number in range(6)))
    assert files.start() == ["KEN0"]

    files.add("BRA")
    assert files.start() == ["BRA"], "it does not wait for a file of the other State"

    files.add("JPN")
    assert files.end("KEN0") == ["JPN"], "who has none goes before who came first"
    assert files.end("BRA") == ["KEN1"]


def test_files_of_one_state_are_taken_in_the_order_in_which_they_came() -> None:
    files = Queue(2)
    files.add(*(f"KEN{number}" for number in range(4)))

    assert [files.start(), *(files.end(f"KEN{number}") for number in range(3))] == [
        [f"KEN{number}"] for number in range(4)
    ]


def test_a_small_file_goes_before_a_large_one_but_not_for_ever() -> None:
    files = Queue(1)
    files.add("KEN")
    files.start()
    files.add("BRA", size=LARGE_FILE + 1)
    files.add("JPN", size=LARGE_FILE)
    files.add("FRA")
    assert files.end("KEN") == ["JPN"]

    files.now = PATIENCE_SECONDS
    assert files.end("JPN") == ["BRA"]


def test_a_file_that_cannot_run_now_lets_others_pass() -> None:
    files = Queue(1)
    files.add("KEN", "BRA")

    taken = files.slots.take_next(0.0, lambda ticket: ticket.party != "KEN")

    assert taken
    assert taken.party == "BRA"


def test_who_leaves_the_queue_gets_no_slot() -> None:
    files = Queue(1)
    files.add("KEN", "BRA")
    files.slots.remove(files.slots.waiting[0])

    assert files.start() == ["BRA"]


def test_of_one_state_only_some_wait_and_the_others_are_refused_at_once() -> None:
    """Each that waits holds a thread, which the others need too."""
    files = Queue(1)
    files.add(*(f"KEN{number}" for number in range(MAX_WAITING)))
    with pytest.raises(NoSlotError):
        files.add("KEN")
    files.add("BRA")
    for _ in range(MAX_WAITING + 1):
        files.slots.add(SlotTicket(ALONE, 1, 0.0))


def test_the_renditions_of_drafts_of_all_states_leave_a_slot_and_go_after_what_is_registered() -> None:
    slots = FairSlots(2)
    kenya, brazil = (SlotTicket(get_draft_party(state), 1, 0.0) for state in ("KEN", "BRA"))
    again, registered = SlotTicket(kenya.party, 1, 0.0), SlotTicket(RENDITIONS, 1, 0.0)
    arrival = SlotTicket("KEN", 1, 0.0)
    for ticket in (kenya, again, brazil):
        slots.add(ticket)

    assert slots.take_next(0) is kenya
    assert slots.take_next(0) is None, "all renditions together hold one of two slots"
    slots.add(arrival)
    assert slots.take_next(0) is arrival, "a State that renders a draft has its files inspected"

    slots.release(kenya)
    slots.release(arrival)
    slots.add(registered)
    assert slots.take_next(0) is registered
    slots.release(registered)
    assert slots.take_next(0) is brazil, "the other State's draft goes before the second of the first"


def test_what_is_to_run_alone_runs_with_nothing_else() -> None:
    files = Queue(3)
    files.add("KEN0", "BRA0")
    assert files.start() == ["KEN0", "BRA0"]
    files.add("JPN", is_alone=True)
    files.add("CHE")
    assert files.start() == ["CHE"], "others begin before it for a while"
    files.now += ALONE_PATIENCE_SECONDS
    files.add("ITU")

    assert [files.end(name) for name in ("KEN0", "BRA0", "CHE")] == [[], [], ["JPN"]]
    assert files.start() == []
    assert files.end("JPN") == ["ITU"]
