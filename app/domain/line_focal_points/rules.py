"""Permissions to propose, confirm and end focal points of action lines."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Permission, all_of
from app.domain.bodies.rules import (
    AccreditationOrOffice,
    is_another_person,
    is_not_proposer,
    is_seat_neither_ended_nor_decided,
    is_secretary_anywhere,
)
from app.domain.line_focal_points.models import FOCAL_POINT_OF_LINE, LineFocalPoint

SEE_TERM: Permission[AccreditationOrOffice] = Permission(
    "focal-point:see-term", _("See proposals and terms of focal points of action lines"), is_secretary_anywhere
)
PROPOSE: Permission[AccreditationOrOffice] = Permission(
    "focal-point:propose",
    _("Propose a focal point of an action line"),
    all_of(is_secretary_anywhere, is_another_person),
    needs_recent_sign_in=True,
)
CONFIRM: Permission[AccreditationOrOffice] = Permission(
    "focal-point:confirm",
    _("Confirm a focal point of an action line, as the second secretary"),
    all_of(is_secretary_anywhere, is_not_proposer, is_another_person),
    is_seat_neither_ended_nor_decided,
    needs_recent_sign_in=True,
)
END: Permission[AccreditationOrOffice] = Permission(
    "focal-point:end",
    _("End the term of a focal point of an action line, or withdraw the proposal"),
    is_secretary_anywhere,
    is_seat_neither_ended_nor_decided,
    needs_recent_sign_in=True,
)


def build_rule_subject(focal_point: LineFocalPoint, *, to_confirm: bool = False) -> AccreditationOrOffice:
    """Build the subject of the permissions: open until it ends; with `to_confirm`, only until it is confirmed."""
    return AccreditationOrOffice(
        None,
        "",
        focal_point.person_id,
        FOCAL_POINT_OF_LINE,
        proposer=focal_point.proposed_by,
        is_open=focal_point.ended_at is None and not (to_confirm and focal_point.confirmed_at),
    )
