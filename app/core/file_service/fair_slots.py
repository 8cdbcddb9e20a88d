"""Slots that parties share fairly: who holds fewest goes first, and no one holds all of them.

Among those who hold equally many, drafts go after the others, a small file before a large one, then whose party was
served longest ago, then who came first. A large file that has waited for a while counts as a small one.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

ALONE: Final = ""
"""The party of what no State or organisation hands in, such as the files of a command."""
PAGES, RENDITIONS = ":pages", ":renditions"
"""The parties of what pages show, and of what the worker makes of files that were accepted (`get_draft_party` for those
of drafts)."""
MAX_WAITING: Final = 6
"""How many of one State may wait: each holds a thread of the portal, which has forty."""
MAX_WAITING_OF: Final = {ALONE: 1_000, PAGES: 16, RENDITIONS: 64}
MAX_PARTIES: Final = 1_000
"""How many parties are remembered as served."""
LARGE_FILE: Final = 4 * 1024 * 1024
ALONE_PATIENCE_SECONDS: Final = 5.0
"""How long a task that is to run alone lets others begin before it."""
PATIENCE_SECONDS: Final = 15.0
"""How long a large file lets small ones go before it."""


def get_draft_party(entity: str) -> str:
    """Return the party of the renditions of the drafts of a State or organisation."""
    return f"{RENDITIONS}:{entity}"


def get_group(party: str) -> str:
    """Return which parties count as one that holds at most all but one slot: all renditions, or the party alone."""
    return RENDITIONS if party.startswith(RENDITIONS) else party


class NoSlotError(Exception):
    """Too many of the party wait already."""


@dataclass(frozen=True, slots=True, eq=False)
class SlotTicket:
    """A task that asks for a slot: whose it is, the size of its file in bytes, when it came (monotonic clock), and
    whether nothing else may run meanwhile."""

    party: str
    size: int
    arrived_at: float
    is_alone: bool = False


@dataclass(slots=True)
class FairSlots:
    """A number of slots, of which one party, or all renditions, hold at most all but one."""

    count: int
    most_waiting: int = 200
    waiting: list[SlotTicket] = field(default_factory=list)
    """In order of arrival."""
    _held: Counter[str] = field(default_factory=Counter)
    _last_served: dict[str, int] = field(default_factory=dict)
    _served: int = 0
    _is_one_alone: bool = False

    def add(self, ticket: SlotTicket) -> None:
        """Have a task wait for a slot. Raises NoSlotError if as many of its party, or of all, wait as may."""
        most = MAX_WAITING_OF.get(ticket.party, MAX_WAITING)
        if sum(each.party == ticket.party for each in self.waiting) >= most:
            raise NoSlotError
        if len(self.waiting) >= self.most_waiting:
            raise NoSlotError
        self.waiting.append(ticket)

    def remove(self, ticket: SlotTicket) -> None:
        """Take a task out of the queue."""
        self.waiting.remove(ticket)

    def take_next(self, now: float, can_run: Callable[[SlotTicket], bool] = lambda _: True) -> SlotTicket | None:
        """Give a slot to the next task, of those that can run now; None if there is none."""
        if self._held.total() >= self.count or self._is_one_alone:
            return None
        most = max(1, self.count - 1)
        allowed = [each for each in self._list_allowed(now) if self._count_held(each.party) < most and can_run(each)]
        ticket = min(allowed, key=lambda each: self._order(each, now), default=None)
        if ticket is not None:
            self.waiting.remove(ticket)
            self._held[ticket.party] += 1
            self._is_one_alone = ticket.is_alone
            self._served += 1
            self._last_served.pop(ticket.party, None)
            self._last_served[ticket.party] = self._served
            if len(self._last_served) > MAX_PARTIES:
                del self._last_served[next(iter(self._last_served))]
        return ticket

    def release(self, ticket: SlotTicket) -> None:
        """Take the slot of a task back."""
        self._held[ticket.party] -= 1
        self._is_one_alone = self._is_one_alone and not ticket.is_alone
        self._held += Counter()  # keeps those that hold one

    def _list_allowed(self, now: float) -> list[SlotTicket]:
        """List what may run besides what runs: once a task has waited long enough to run alone, nothing else."""
        if any(each.is_alone and now - each.arrived_at >= ALONE_PATIENCE_SECONDS for each in self.waiting):
            return [each for each in self.waiting if each.is_alone and not self._held.total()]
        return [each for each in self.waiting if not (each.is_alone and self._held.total())]

    def _count_held(self, party: str) -> int:
        """Return how many slots a party holds, with all others of its group."""
        return sum(count for each, count in self._held.items() if get_group(each) == get_group(party))

    def _order(self, ticket: SlotTicket, now: float) -> tuple[int, bool, bool, int]:
        is_large = ticket.size > LARGE_FILE and now - ticket.arrived_at < PATIENCE_SECONDS
        is_draft = ticket.party.startswith(f"{RENDITIONS}:")
        return self._held[ticket.party], is_draft, is_large, self._last_served.get(ticket.party, 0)
