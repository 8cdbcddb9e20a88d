"""What an act of the chair changed on the floor: compared when it is recorded, restored when it is undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.db import WriteSession
from app.core.journal import Event
from app.domain.floor.models import (
    FloorRequest,
    FloorRequestStatus,
    FloorRequestValues,
    LastAct,
    Sitting,
    SittingValues,
)


@dataclass(frozen=True, slots=True)
class FloorSnapshot:
    """The floor before an act."""

    sitting: SittingValues
    requests: Sequence[FloorRequestValues]


def take_floor_snapshot(sitting: Sitting, requests: Sequence[FloorRequest]) -> FloorSnapshot:
    """Take a snapshot of everything that acts of the chair change."""
    return FloorSnapshot(
        SittingValues.model_validate(sitting), [FloorRequestValues.model_validate(request) for request in requests]
    )


def build_last_act(
    before: FloorSnapshot, sitting: Sitting, requests: Sequence[FloorRequest], event: Event, moment: datetime
) -> LastAct:
    """Build what is kept of an act that was made at this moment, from the floor before and after it."""
    values_before = {values.id: values for values in before.requests}
    after = [FloorRequestValues.model_validate(request) for request in requests]
    # No request is deleted: one that the act made is withdrawn if the act is undone.
    withdrawn = {"standing": FloorRequestStatus.WITHDRAWN.value, "ended_at": moment}
    request = getattr(event, "request", None)
    changed = [
        (values_before.get(values.id, values.model_copy(update=withdrawn)), values)
        for values in after
        if values_before.get(values.id) != values or values.id == request
    ]
    return LastAct(
        event=event.name,
        what=getattr(event, "what", ""),
        request=request,
        at=moment,
        version=sitting.version,
        last_number=max((request.number for request in requests), default=0),
        sitting=before.sitting,
        requests=[was for was, _ in changed],
        standings_after={values.id: values.standing for _, values in changed},
    )


def restore_floor(session: WriteSession, act: LastAct, sitting: Sitting, requests: Sequence[FloorRequest]) -> None:
    """Restore what the act changed. Clocks that it stopped have run on."""
    _set_columns(sitting, act.sitting)
    requests_by_id = {request.id: request for request in requests}
    for speaks in (False, True):  # the unique index allows one speaker, so the later one is written first
        for values in act.requests:
            if (values.standing == FloorRequestStatus.SPEAKING) is speaks:
                _set_columns(requests_by_id[values.id], values)
        session.flush()
    _put_last([request for request in requests if request.number > act.last_number], requests)


def _put_last(later: Sequence[FloorRequest], requests: Sequence[FloorRequest]) -> None:
    """Put the requests that were made since the act behind all others, in their order: their places were counted after
    it, and the places before it can be higher."""
    last_place = max((request.place for request in requests), default=0)
    for request in later:
        request.place += last_place


def _set_columns(row: Sitting | FloorRequest, values: SittingValues | FloorRequestValues) -> None:
    for column, value in values:
        setattr(row, column, value)
