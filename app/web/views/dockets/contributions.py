"""The docket of a contribution."""

from datetime import datetime
from typing import Any

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.rules.permissions import (
    ACCEPT_LATE,
    CLEAR,
    CONFIRM,
    EDIT,
    OPEN_STATUSES,
    REGISTER,
    SIGN,
    TAKE_UP,
)
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import has_deadline_passed
from app.domain.member_states import EntityName
from app.http.localization import Localizer
from app.web.views.contributions.status import (
    NEXT_STEP_LABELS,
    format_deadline_unless_corrigendum,
    is_waiting_for_chair,
)
from app.web.views.dockets.rows import NO_ACTION, Actors, Docket, DocketRow, TextPair, build_docket

COMPLETE = _("Complete and submit the draft")
REPLACE_FILE = _("Replace the rejected file and submit the contribution again")
CONFIRM_OR_DECLINE = _("Confirm the contribution, or decline with a reason")
DECIDE_LATE = _("Decide whether to accept the late contribution")
REGISTER_IT = _("Check and register the contribution")
TRANSFER = _("Transfer the contribution to a later meeting")
THEN_ON_TIME = _(
    "If nothing else is changed, the contribution is on time. The acknowledgement of "
    "receipt states which file was replaced."
)
THEN_CHECK = _("You check the contribution as it will be registered, then submit it to the secretariat.")
THEN_COMPLETED = _("The authors then complete and submit the draft.")
THEN_REGISTERED = _("The secretariat then checks and registers the contribution.")
THEN_ON_BEHALF = _(
    "If the secretariat submits the contribution, it is not registered until the State has "
    "confirmed it. If the State has no one in the group, the contribution is registered at the "
    "request of the State."
)
THEN_BOTH = _(
    "The contribution is not registered until the State and the chair have decided. It does not become late because "
    "of the time at which the State confirms it."
)
THEN_CONFIRMED = _(
    "The contribution is not registered until then. Whether it was on time was determined when it was submitted."
)
THEN_NUMBERED = _("Once the contribution is accepted, the secretariat assigns its number.")
THEN_VISIBLE = _("The contribution is registered under its symbol, and all delegations of the group can see it.")
THEN_AT_THAT_MEETING = _(
    "The contribution is considered to be on time for that meeting, and receives a number of that meeting."
)

CONTRIBUTION_DOCKETS: tuple[DocketRow, ...] = (
    DocketRow("rejected-file", EDIT, REPLACE_FILE, THEN_ON_TIME),
    DocketRow("rejected-file", None, REPLACE_FILE, THEN_REGISTERED, actors=Actors.STATE),
    DocketRow("rejected-file-on-behalf", EDIT, REPLACE_FILE, THEN_ON_TIME),
    DocketRow("rejected-file-on-behalf", None, REPLACE_FILE, THEN_ON_TIME, actors=Actors.SECRETARIAT),
    DocketRow("draft-to-clear", CLEAR, _("Read the draft, then clear it for submission"), THEN_CHECK),
    DocketRow(
        "draft-to-clear", EDIT, COMPLETE, _("Your head of delegation clears the draft before it can be submitted.")
    ),
    DocketRow("draft-to-clear", SIGN, _("Co-sponsor or decline"), THEN_COMPLETED, on_behalf=True),
    DocketRow("draft-to-clear", None, COMPLETE, THEN_REGISTERED, actors=Actors.STATE),
    DocketRow("draft", EDIT, COMPLETE, THEN_CHECK),
    DocketRow("draft", SIGN, _("Co-sponsor or decline"), THEN_COMPLETED, on_behalf=True),
    DocketRow("draft", None, COMPLETE, THEN_REGISTERED, actors=Actors.STATE),
    DocketRow("draft-on-behalf", EDIT, COMPLETE, THEN_ON_BEHALF),
    DocketRow("draft-on-behalf", SIGN, _("Co-sponsor or decline"), THEN_COMPLETED, on_behalf=True),
    DocketRow("draft-on-behalf", None, COMPLETE, THEN_ON_BEHALF, actors=Actors.SECRETARIAT),
    DocketRow("confirmation-and-late", ACCEPT_LATE, DECIDE_LATE, THEN_BOTH),
    DocketRow("confirmation-and-late", CONFIRM, CONFIRM_OR_DECLINE, THEN_BOTH, on_behalf=True),
    DocketRow(
        "confirmation-and-late",
        None,
        (CONFIRM_OR_DECLINE, _("The chair decides whether to accept the late contribution.")),
        THEN_BOTH,
        actors=Actors.STATE_AND_CHAIR,
    ),
    DocketRow("confirmation-held", TAKE_UP, TRANSFER, NEXT_STEP_LABELS["confirm-held"]),
    DocketRow("confirmation-held", None, TRANSFER, NEXT_STEP_LABELS["confirm-held"], actors=Actors.SECRETARIAT),
    DocketRow("confirmation", CONFIRM, CONFIRM_OR_DECLINE, THEN_CONFIRMED, on_behalf=True),
    DocketRow("confirmation", None, CONFIRM_OR_DECLINE, THEN_CONFIRMED, actors=Actors.STATE),
    DocketRow("late", ACCEPT_LATE, DECIDE_LATE, THEN_NUMBERED),
    DocketRow("late", None, DECIDE_LATE, THEN_NUMBERED, actors=Actors.CHAIR),
    DocketRow(
        "inspection",
        None,
        NO_ACTION,
        _("The file is being checked. The secretariat can then see the contribution and assigns its number."),
    ),
    DocketRow("submitted", REGISTER, REGISTER_IT, THEN_VISIBLE),
    DocketRow("submitted", None, REGISTER_IT, THEN_VISIBLE, actors=Actors.SECRETARIAT),
    DocketRow("held", TAKE_UP, TRANSFER, THEN_AT_THAT_MEETING),
    DocketRow("held", None, TRANSFER, THEN_AT_THAT_MEETING, actors=Actors.SECRETARIAT),
    DocketRow("registered", None, NO_ACTION, _("The meeting considers the contribution under its agenda item.")),
    DocketRow("ended", None, NO_ACTION, NEXT_STEP_LABELS["ended"]),
)
"""For each life of a contribution: offices, then its State, then invited States, then all other readers."""


def build_contribution_docket(
    actor: Actor,
    contribution: Contribution,
    meeting: Meeting,
    formats: Localizer,
    *,
    entity: LazyText | None = None,
    awaits_state: bool = False,
    may_confirm: bool = False,
    needs_clearance: bool = False,
    is_invited: bool = False,
    has_ended: bool = False,
    waits_for_verdict: bool = False,
    replacement_ends_at: datetime | None = None,
) -> Docket:
    """Build the docket of a contribution. `awaits_state` is whether its State has to confirm it, `may_confirm` whether
    the actor can, `needs_clearance` whether the head of delegation has to clear it, `is_invited` whether the actor's
    State was invited to co-sponsor it and has not answered, `waits_for_verdict` whether a file is not inspected yet,
    `replacement_ends_at` until when a file that was refused after its submission may be replaced."""

    def objection_to(who: Actor, permission: Permission[Any]) -> LazyText | None:
        if (permission is SIGN and not is_invited) or (permission is CONFIRM and not may_confirm):
            return NO_ACTION
        if permission is EDIT and is_on_behalf and who.entity == contribution.entity:
            return NO_ACTION  # the State may change it, but it is the secretariat that is asked
        return permission.objection_to(who, contribution)

    is_on_behalf = contribution.by_entity != contribution.entity
    may_replace = replacement_ends_at is not None and not has_deadline_passed(replacement_ends_at)
    life = _name_life(
        contribution,
        awaits_state=awaits_state,
        needs_clearance=needs_clearance,
        has_ended=has_ended,
        waits_for_verdict=waits_for_verdict,
        may_replace=may_replace,
    )
    by: TextPair | None = None
    if may_replace and replacement_ends_at and contribution.status in OPEN_STATUSES:
        by = formats.format_due(replacement_ends_at, meeting.zone)
    elif contribution.status in OPEN_STATUSES:
        by = format_deadline_unless_corrigendum(contribution.step, meeting, formats)
    elif life == "submitted":
        by = formats.format_due(meeting.posting_due_at, meeting.zone)  # as the pending action of the secretariat
    name = entity or EntityName(contribution.entity)
    body = contribution.body_id
    return build_docket(CONTRIBUTION_DOCKETS, life, actor, body, objection_to, entity=name, by=by)


def _name_life(
    contribution: Contribution,
    *,
    awaits_state: bool,
    needs_clearance: bool,
    has_ended: bool,
    waits_for_verdict: bool,
    may_replace: bool,
) -> str:
    """Name the life of a contribution, as the table has it."""
    is_waiting = is_waiting_for_chair(contribution)
    if contribution.status in OPEN_STATUSES:
        is_on_behalf = contribution.by_entity != contribution.entity
        to_clear = needs_clearance and contribution.cleared_by is None
        if is_on_behalf:
            return "rejected-file-on-behalf" if may_replace else "draft-on-behalf"
        return "rejected-file" if may_replace else "draft-to-clear" if to_clear else "draft"
    if awaits_state:
        is_held = contribution.status == ContributionStatus.HELD
        return "confirmation-held" if is_held else "confirmation-and-late" if is_waiting else "confirmation"
    if is_waiting:
        return "late"
    if contribution.status == ContributionStatus.SUBMITTED and waits_for_verdict:
        return "inspection"
    return "ended" if has_ended else str(contribution.status)
