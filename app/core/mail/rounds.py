"""How a worker sends e-mails: in rounds, one after another, and again later what a server does not accept now."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic
from typing import Final, TypeVar

from app.core.mail.smtp import Mailer

ROUND_SECONDS: Final = 25.0
"""Seconds after which no other e-mail is begun in a round. Together with the time that one e-mail may take, a round
ends within the time that a worker has to stop."""
GIVE_UP_AFTER: Final = timedelta(days=2)
"""Time for which sending is tried; later the news would be old."""
FIRST_RETRY_DELAY: Final = timedelta(minutes=1)
LONGEST_RETRY_DELAY: Final = timedelta(minutes=15)

ResultT = TypeVar("ResultT")


def send_round(mailer: Mailer, *steps: Callable[[Mailer], ResultT | None]) -> Iterator[ResultT]:
    """Send what is due, step by step: each is repeated as long as its result is true and the round goes on. Yields
    these results."""
    end = monotonic() + ROUND_SECONDS
    with mailer:
        for send_next in steps:
            while monotonic() < end and (result := send_next(mailer)):
                yield result


def compute_retry_delay(tries: int, longest: timedelta = LONGEST_RETRY_DELAY) -> timedelta:
    """Compute the time until the next attempt, after so many before this one: it grows exponentially."""
    delay: timedelta = FIRST_RETRY_DELAY * 2 ** min(tries, 10)
    return min(delay, longest)
