"""Undo the last act of the chair on the floor."""

from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.domain.floor import events, queries, rules
from app.domain.floor.actions import floor_lock
from app.domain.floor.actions.last_act import restore_floor
from app.domain.floor.models import LastAct
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
    _record_opposite_move(floor, act)
    restore_floor(session, act, floor.sitting, requests)
    closes_at = floor.sitting.list_closes_at.isoformat() if floor.sitting.list_closes_at else ""
    floor.record_change(events.FloorActUndone(meeting.id, act.event, act.request, floor.sitting.item_id, closes_at))


def _record_opposite_move(floor: floor_lock.LockedFloor, act: LastAct) -> None:
    """Record that the change of order which the act made is undone: the other way, and without a reason."""
    moves = queries.list_floor_request_moves(floor.session, floor.sitting)
    if moves and (moves[-1][0].request_id, moves[-1][0].moved_at) == (act.request, act.at):
        move, _ = moves[-1]
        request = next(each for each in floor.list_requests() if each.id == move.request_id)
        floor.record_move(request, was=move.becomes, becomes=move.was, reason="")
