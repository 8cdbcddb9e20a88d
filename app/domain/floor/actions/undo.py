"""Undo the last act of the chair on the floor."""

from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.domain.floor import events, queries, rules
from app.domain.floor.actions import floor_lock
from app.domain.floor.actions.last_act import restore_floor
from app.domain.floor.models import FloorRequestMove, LastAct
from app.domain.meetings.models import Meeting


def undo_last_act(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Undo the act that made this version of the floor, as if it had not been made.

    Everybody who may conduct the session may undo it, also if another person made it. Raises Forbidden; Conflict if a
    minute has passed, or something happened since that prevents it.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor(session, actor, meeting)
    requests = floor.list_requests()
    act = queries.find_undoable_act(floor.sitting, requests, floor.moment)
    if act is None or act.version != version:
        raise Conflict(rules.NOT_UNDOABLE)
    if act.event == events.SpeakersListReordered.name:
        session.add(_build_opposite_move(floor, act))
    restore_floor(session, act, floor.sitting, requests)
    closes_at = floor.sitting.list_closes_at.isoformat() if floor.sitting.list_closes_at else ""
    floor.record_change(events.FloorActUndone(meeting.id, act.event, act.request, floor.sitting.item_id, closes_at))


def _build_opposite_move(floor: floor_lock.LockedFloor, act: LastAct) -> FloorRequestMove:
    """Build the row that undoes the change of order which is the last one: the other way, and without a reason."""
    move, _ = queries.list_floor_request_moves(floor.session, floor.sitting)[-1]
    assert move.request_id == act.request
    return FloorRequestMove(
        request_id=move.request_id,
        was=move.becomes,
        becomes=move.was,
        reason="",
        moved_by=floor.actor.person,
        moved_at=floor.moment,
    )
