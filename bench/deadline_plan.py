"""Who does what in the last half hour before a deadline, drawn by a seed: the same each time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

MINUTE = 60.0
KB, MB = 1_000, 1_000_000
LONGEST_SENDING = 15 * MINUTE
"""Seconds of the deadline's time in which a line can send the largest file that somebody sends over it."""
LOOKS = {"/": 35, "/documents": 25, "/contributions": 15, "{meeting}": 15, "/meetings": 10}
"""Of a hundred looks, how many are at which page: the desk, lists, the meeting."""


@dataclass(frozen=True, slots=True)
class DeadlinePlan:
    """How many do what. Times are those of the deadline, in seconds; they are played `factor` times as fast.

    Lines are as much faster and cuts as much more often, so that a file takes the same share of the half hour. What the
    servers do is not faster: the load is `factor` times that of a real deadline.
    """

    factor: int = 3
    seed: int = 18
    delegations: int = 194
    people: int = 600
    submissions: int = 400
    late: int = 12
    """Submissions that begin in the two minutes after the deadline."""
    window: float = 30 * MINUTE
    rush: float = 5 * MINUTE
    """The end of the window in which a third of the submissions begins."""
    sizes: tuple[int, int] = (200 * KB, 20 * MB)
    speeds: tuple[float, float] = (64_000 / 8, 10_000_000 / 8)
    """Bytes of a second that the slowest and the fastest line take."""
    cut_every: float = 2 * MINUTE
    look_every: float = 45.0
    """Seconds after which each person looks at a page again, on the average."""
    grace: float = 30 * MINUTE

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be played."""
        if self.factor < 1 or self.grace % (self.factor * MINUTE):
            raise ValueError("the time of grace must be whole minutes when it is played")
        if not 0 < self.rush < self.window or not self.delegations <= self.people:
            raise ValueError("the rush is part of the window, and each delegation has a person")


@dataclass(frozen=True, slots=True)
class PlannedSubmission:
    """A submission: by which person, when it begins, how large its file is, and how fast their line."""

    number: int
    person: int
    begins_at: float
    size: int
    speed: float

    @property
    def name(self) -> str:
        """The name of the file; every third one is a PDF."""
        return f"paper-{self.number}.{'pdf' if self.number % 3 == 0 else 'docx'}"


@dataclass(frozen=True, slots=True)
class PlannedLook:
    """A look of a person at a page."""

    at: float
    person: int
    page: str


def draw_submissions(plan: DeadlinePlan) -> Sequence[PlannedSubmission]:
    """Draw the submissions: two thirds over the time before the rush, a third in it, some after the deadline."""
    chance = Random(plan.seed)  # noqa: S311 - the same each time
    in_rush = plan.submissions // 3
    times = [
        *(chance.uniform(0, plan.window - plan.rush) for _ in range(plan.submissions - in_rush)),
        *(chance.uniform(plan.window - plan.rush, plan.window) for _ in range(in_rush)),
        *(plan.window + chance.uniform(1, 2 * MINUTE) for _ in range(plan.late)),
    ]
    return [_draw_submission(plan, chance, number, begins_at) for number, begins_at in enumerate(times)]


def _draw_submission(plan: DeadlinePlan, chance: Random, number: int, begins_at: float) -> PlannedSubmission:
    size, speed = (_draw_between(chance, *bounds) for bounds in (plan.sizes, plan.speeds))
    return PlannedSubmission(
        number, chance.randrange(plan.people), begins_at, int(size), max(speed, size / LONGEST_SENDING)
    )


def _draw_between(chance: Random, least: float, most: float) -> float:
    """Draw a number whose logarithm is even: as many between 1 and 2 as between 10 and 20."""
    return float(least * (most / least) ** chance.random())


def draw_looks(plan: DeadlinePlan) -> Iterator[PlannedLook]:
    """Yield the looks of all people in order of time, until the deadline has passed by as much as the rush."""
    chance = Random(plan.seed + 1)  # noqa: S311 - the same each time
    pages, weights = list(LOOKS), list(accumulate(LOOKS.values()))
    at = 0.0
    while (at := at + chance.expovariate(plan.people / plan.look_every)) < plan.window + plan.rush:
        yield PlannedLook(at, chance.randrange(plan.people), chance.choices(pages, cum_weights=weights)[0])
