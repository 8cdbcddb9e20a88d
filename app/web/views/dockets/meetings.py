"""The docket of a meeting."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.domain.agendas.rules.agendas import EDIT
from app.domain.contributions.rules.permissions import DRAFT, build_new_contribution_rule_subject
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.rules import (
    BEGIN,
    CLOSE,
    CONVENE_PLANNED,
    ENDED_LIVES,
    MOVES,
    OPEN,
    get_today_at_meeting,
    has_deadline_passed,
)
from app.domain.participants.rules import REGISTER, build_delegation
from app.http.localization import Localizer
from app.web.views.contributions.status import format_deadline
from app.web.views.dockets.rows import Actors, Docket, DocketRow, TextPair, build_docket

KEEP_AGENDA = _("Maintain the agenda and allocate every document to an item")
REGISTER_DELEGATION = _("Register your delegation")
SUBMIT = _("Submit contributions (optional)")
CONDUCT = _("Conduct the session")
DEADLINE_PASSED = _("The deadline for contributions has passed.")
THEN_ITEMS = _("The group works through the agenda, item by item.")
THEN_REGISTERED = _("The secretariat registers each contribution, and every delegation of the group sees it.")
THEN_LISTED = _("Every delegation of the group can see the list of participants, in protocol order.")
CONVENE_WORDS, OPEN_WORDS, BEGIN_WORDS, CLOSE_WORDS = (
    MOVES[name].words for name in ("convene", "open", "begin", "close")
)
THEN_CONVENED, THEN_OPEN, THEN_CLOSED = (MOVES[name].consequence for name in ("convene", "open", "close"))

MEETING_DOCKETS: tuple[DocketRow, ...] = (
    DocketRow("planned", CONVENE_PLANNED, CONVENE_WORDS, THEN_CONVENED),
    DocketRow("planned", None, CONVENE_WORDS, THEN_CONVENED, actors=Actors.SECRETARIAT),
    DocketRow("convened", OPEN, OPEN_WORDS, THEN_OPEN),
    DocketRow("convened", EDIT, KEEP_AGENDA, THEN_ITEMS),
    DocketRow(
        "convened",
        DRAFT,
        _("Prepare contributions: they can be submitted once the meeting is open for contributions"),
        THEN_REGISTERED,
        on_behalf=True,
    ),
    DocketRow("convened", REGISTER, REGISTER_DELEGATION, THEN_LISTED, on_behalf=True),
    DocketRow("convened", None, OPEN_WORDS, THEN_OPEN, actors=Actors.SECRETARIAT),
    DocketRow("open", EDIT, KEEP_AGENDA, THEN_ITEMS),
    DocketRow("open", DRAFT, SUBMIT, THEN_REGISTERED, on_behalf=True),
    DocketRow("open", REGISTER, REGISTER_DELEGATION, THEN_LISTED, on_behalf=True),
    DocketRow("open", None, SUBMIT, THEN_REGISTERED, actors=Actors.DELEGATIONS),
    DocketRow("deadline-passed", EDIT, KEEP_AGENDA, THEN_ITEMS),
    DocketRow("deadline-passed", REGISTER, REGISTER_DELEGATION, THEN_LISTED, on_behalf=True),
    DocketRow(
        "deadline-passed",
        DRAFT,
        _("Submit a late contribution (optional)"),
        _("The chair decides whether to accept the late contribution."),
        on_behalf=True,
    ),
    DocketRow("deadline-passed", None, KEEP_AGENDA, THEN_ITEMS, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow("first-day", BEGIN, BEGIN_WORDS, THEN_ITEMS),
    DocketRow("first-day", None, BEGIN_WORDS, THEN_ITEMS, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow("in_session", EDIT, CONDUCT, THEN_ITEMS),
    DocketRow("in_session", DRAFT, _("Follow the session, or request the floor"), THEN_ITEMS, on_behalf=True),
    DocketRow("in_session", None, CONDUCT, THEN_ITEMS, actors=Actors.CHAIR_AND_SECRETARIAT),
    DocketRow("last-day", CLOSE, CLOSE_WORDS, THEN_CLOSED),
    DocketRow("last-day", None, CLOSE_WORDS, THEN_CLOSED, actors=Actors.CHAIR_AND_SECRETARIAT),
)
"""For each life of a meeting: offices, then delegations, then all other readers."""
BUTTONS: Mapping[tuple[str, str], tuple[str, LazyText]] = MappingProxyType(
    {
        ("planned", CONVENE_PLANNED.name): ("/convene", CONVENE_WORDS),
        ("convened", OPEN.name): ("/open", OPEN_WORDS),
        ("convened", EDIT.name): ("/agenda/edit", _("Edit the agenda")),
        ("open", EDIT.name): ("/agenda/edit", _("Edit the agenda")),
        ("deadline-passed", EDIT.name): ("/agenda/edit", _("Edit the agenda")),
        ("convened", DRAFT.name): ("/contributions/new", _("Start a contribution")),
        ("open", DRAFT.name): ("/contributions/new", _("Submit a contribution")),
        ("deadline-passed", DRAFT.name): ("/contributions/new", _("Submit a contribution")),
        ("first-day", BEGIN.name): ("/begin", BEGIN_WORDS),
        ("in_session", EDIT.name): ("/floor", _("Floor")),
        ("in_session", DRAFT.name): ("/floor", _("Floor")),
        ("last-day", CLOSE.name): ("/close", CLOSE_WORDS),
    }
)
"""The page on which a request is met, below that of the meeting, and its button; by life and permission."""


def build_meeting_docket(actor: Actor, meeting: Meeting, acts_for: LazyText, formats: Localizer) -> Docket | None:
    """Build the docket of a meeting; None once it is closed or cancelled. `acts_for` names whom the actor acts for."""
    if meeting.life in ENDED_LIVES:
        return None
    subjects: Mapping[str, object] = {
        DRAFT.name: build_new_contribution_rule_subject(meeting, actor.entity),
        REGISTER.name: build_delegation(meeting, actor.entity),
    }

    def objection_to(who: Actor, permission: Permission[Any]) -> LazyText | None:
        return permission.objection_to(who, subjects.get(permission.name, meeting))

    docket = build_docket(MEETING_DOCKETS, _name_life(meeting), actor, meeting.body_id, objection_to, reader=acts_for)
    return replace(docket, by=_find_deadline(docket.row, meeting, formats))


def _name_life(meeting: Meeting) -> str:
    """Name the life of a meeting, as the table has it."""
    today = get_today_at_meeting(meeting)
    if meeting.life == MeetingLife.IN_SESSION:
        return "last-day" if today > meeting.closes_on else str(meeting.life)
    if meeting.life == MeetingLife.PLANNED:
        return str(meeting.life)
    if today >= meeting.opens_on:
        return "first-day"
    has_passed = meeting.life == MeetingLife.OPEN and has_deadline_passed(meeting.contributions_due_at)
    return "deadline-passed" if has_passed else str(meeting.life)


def _find_deadline(row: DocketRow, meeting: Meeting, formats: Localizer) -> TextPair | None:
    """Find until when the request of a row can be met; in session, until when contributions were due."""
    if row.request in (KEEP_AGENDA, OPEN_WORDS, BEGIN_WORDS):
        return formats.format_day(meeting.opens_on), _("the opening")
    if row.request is REGISTER_DELEGATION:
        return formats.format_due(meeting.registration_due_at, meeting.zone)
    if row.life in ("convened", "open", "deadline-passed"):
        return format_deadline(meeting, formats)
    if row.life in ("in_session", "last-day"):
        left, due = formats.format_due(meeting.contributions_due_at, meeting.zone)
        return (due, DEADLINE_PASSED) if has_deadline_passed(meeting.contributions_due_at) else (left, due)
    return None
