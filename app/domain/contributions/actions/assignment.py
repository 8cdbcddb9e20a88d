"""Assign what waits for the secretariat to one of its secretaries, or to no one."""

from collections.abc import Collection
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.queries.roster import list_secretaries
from app.domain.contributions import events
from app.domain.contributions.inputs import ContributionAssignee
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions as queries
from app.domain.contributions.rules import permissions as rules

NO_SECRETARY = _("This person is not a secretary of the group. Select one of the secretaries.")


def assign_contributions(
    session: WriteSession, actor: Actor, contribution_ids: Collection[UUID], assignee: ContributionAssignee
) -> None:
    """Assign each of these contributions to a secretary of its body, or to no one; what no longer waits for the
    secretariat is left as it is. A text as it was seen can still be registered: its version stays.

    Raises BadRequest if the person is no secretary there.
    """
    rows = queries.list_contributions_as_secretary(session, actor, contribution_ids, lock=True)
    secretaries = {
        (body, person)
        for body, person, _name in list_secretaries(session, {row.body_id for row in rows}, clock.now().date())
    }
    for row in rows:
        if not rules.ASSIGN.allows(actor, row) or row.assigned_to == assignee.person:
            continue
        if assignee.person is not None and (row.body_id, assignee.person) not in secretaries:
            raise BadRequest(NO_SECRETARY)
        _assign(session, actor, row, assignee.person)


def _assign(session: WriteSession, actor: Actor, contribution: Contribution, person: UUID | None) -> None:
    rules.ASSIGN.require(actor, contribution)
    contribution.assigned_to = person
    event = events.ContributionAssigned(contribution.id, person)
    journal.record_event(session, actor, event, body=contribution.body_id)
