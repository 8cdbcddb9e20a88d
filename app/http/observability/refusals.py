"""Lines about what was refused: to whom, on which route and why, so that who tries every address is noticed.

A line holds the id of the person, the template of the route, a reason code and a digest of the client's address under a
key of the day. It holds nothing of what was read, no title, no address of a page and no address of a computer. The read
path writes none: it knows no person.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from threading import Lock
from time import monotonic
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.core import clock
from app.core.errors import (
    BadRequest,
    DomainError,
    Forbidden,
    FormExpired,
    NotFound,
    PayloadTooLarge,
    TooManyRequests,
    Unavailable,
)
from app.core.hashing import derive_secret
from app.http.observability.metrics import route_template

WINDOW_SECONDS: Final = 600.0
MAX_COUNTED: Final = 10_000
"""People and addresses that are counted at a time; beyond, the one that was refused longest ago is forgotten."""
ADDRESS_FACTOR: Final = 10
"""How many times more often an address may be refused than a person: a whole meeting may come from one."""
DIGEST_LENGTH: Final = 16
REASON_CODES: Final = {
    Forbidden: "forbidden",
    FormExpired: "forbidden",
    NotFound: "not-found",
    BadRequest: "not-accepted",
    PayloadTooLarge: "too-large",
    TooManyRequests: "too-many",
}

log = structlog.get_logger()


class RefusalCounter:
    """Counts refusals by person and by address within a window, in bounded memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, who: str, factor: int = 1) -> bool:
        """Count one refusal; return whether by it the limit, multiplied by `factor`, is reached within the window."""
        moment = monotonic()
        with self._lock:
            began, number = self._counts.pop(who, (moment, 0))
            if moment - began > WINDOW_SECONDS:
                began, number = moment, 0
            self._counts[who] = began, number + 1
            if len(self._counts) > MAX_COUNTED:
                self._counts.popitem(last=False)
            return number + 1 == self._limit * factor

    def __len__(self) -> int:
        return len(self._counts)


@dataclass(frozen=True, slots=True)
class RefusalLog:
    """Writes the lines, counts them (`MetricsMiddleware` counts too), and stores who is refused very often.

    `address_header` is set by the web server in front; if it is empty, the address is that of the connection.
    """

    secret: str
    address_header: str
    counter: RefusalCounter
    store_frequent: Callable[[str], None]

    async def note_error(self, request: Request, error: DomainError) -> None:
        """Note that a signed-in person was refused, by a guard, a rule or a bound, asked for what they may not see, or
        sent what no form of ours sends."""
        person, reason = getattr(request.state, "person", None), REASON_CODES.get(type(error))
        if person is not None and reason is not None:
            await self.note(request, reason, str(person))

    async def note(self, request: Request, reason: str, person: str = "") -> None:
        """Write one line, and count it by person and address."""
        address, route = self._digest_address(request), route_template(request.scope)
        log.warning("refused", person=person, route=route, reason=reason, address=address)
        request.state.refusal = reason
        for kind, who, factor in (("person", person, 1), ("address", address, ADDRESS_FACTOR)):
            if who and self.counter.count(f"{kind}:{who}", factor):
                log.error("refused-often", kind=kind, who=who)
                await self._store(f"{kind}:{who}")

    async def _store(self, who: str) -> None:
        try:
            await run_in_threadpool(self.store_frequent, who)
        except Unavailable:
            log.error("refused-often-not-stored")

    def _digest_address(self, request: Request) -> str:
        """Return the digest of the client's address under a key of this day (UTC); of IPv6, of its /64 network."""
        sent = request.headers.get(self.address_header, "") if self.address_header else ""
        try:
            address = ip_address(sent or (request.client.host if request.client else ""))
        except ValueError:
            return ""
        known = address if isinstance(address, IPv4Address) else ip_network((address.packed[:8] + bytes(8), 64))
        day = clock.now().date().isoformat()
        return derive_secret(str(known), key=self.secret, purpose=f"refused address on {day}")[:DIGEST_LENGTH]
