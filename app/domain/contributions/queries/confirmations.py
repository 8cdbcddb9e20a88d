"""Whether a contribution that the secretariat submitted in the name of a State waits for that State.

It waits while somebody can confirm it. Who is seated meanwhile can; if no one is left, it waits no more.
"""

from sqlalchemy import ColumnElement, and_, or_

from app.core.db import ReadSession
from app.domain.bodies import queries as bodies
from app.domain.contributions import rules
from app.domain.contributions.models import Contribution


def build_waiting_condition() -> ColumnElement[bool]:
    """SQL condition: the contribution waits for its State, which has somebody in the body who can confirm it."""
    return and_(
        Contribution.status.in_(rules.CONFIRMABLE_STATUSES),
        Contribution.by_entity != Contribution.entity,
        or_(Contribution.confirmed_at.is_(None), Contribution.confirmed_at < Contribution.submitted_at),
        bodies.build_represented_condition(Contribution.body_id, Contribution.entity),
    )


def is_awaiting_state(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether the contribution waits for its State. Access is checked by the caller."""
    is_waiting = contribution.status in rules.CONFIRMABLE_STATUSES and rules.is_unconfirmed_text(contribution)
    return is_waiting and bodies.is_represented(session, contribution.body_id, contribution.entity)
