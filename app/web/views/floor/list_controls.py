"""What the chair can do with each request on the list of speakers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.floor import queries, rules
from app.domain.floor.models import FloorRequest, FloorRequestKind, FloorRequestStatus


@dataclass(frozen=True, slots=True)
class ListControls:
    """`up` and `down` are the requests to move this one before, empty for the end of the list and None for not at all;
    `may_call` is whether it can get the floor now."""

    up: UUID | None
    down: UUID | str | None
    may_call: bool


def build_list_controls(queue: Sequence[FloorRequest]) -> Mapping[UUID, ListControls]:
    """Build the controls of the waiting requests of a queue in the order of calling."""
    controls = {}
    for request in queue:
        if request.standing == FloorRequestStatus.WAITING:
            may_call = rules.find_obstacle_to_giving_floor(request, queue) is None
            controls[request.id] = ListControls(*_find_neighbours(request, queue), may_call)
    return controls


def _find_neighbours(request: FloorRequest, queue: Sequence[FloorRequest]) -> tuple[UUID | None, UUID | str | None]:
    """Find what the request can be moved before by one place; points of order are not moved."""
    if request.kind == FloorRequestKind.POINT_OF_ORDER:
        return None, None
    order = [each.id for each in queries.list_waiting_requests(queue, request.kind)]
    place = order.index(request.id)
    up = order[place - 1] if place else None
    after: UUID | str = order[place + 2] if place + 2 < len(order) else ""
    return up, after if place + 1 < len(order) else None
