"""A State confirms what the secretariat submitted in its name. How it declines is in `chair_decisions`."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.domain.contributions.actions import confirmations
from app.domain.contributions.models import ContributionStatus
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules import permissions as rules
from app.http.authentication import SignedInGuard
from app.http.page_context import WriteContext
from app.web.forms.parsing import RejectRepeatedFields, VersionField
from app.web.views.contributions.status import is_waiting_for_chair

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


@router.post("/contributions/{contribution}/confirm", dependencies=[Depends(SignedInGuard(rules.CONFIRM))])
def confirm_contribution(context: WriteContext, contribution: UUID, version: VersionField = 0) -> Response:
    """Confirm the contribution for the actor's State."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    confirmations.confirm_contribution(context.session, context.actor, contribution_row, version=version)
    is_held = contribution_row.status == ContributionStatus.HELD
    condition = "-held" if is_held else "-late" if is_waiting_for_chair(contribution_row) else ""
    return context.redirect(f"/contributions/{contribution_row.id}?done=confirmed-by-state{condition}")
