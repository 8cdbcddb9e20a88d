"""The list of the contributions of a State, narrowed and sorted as its reader asks for."""

from sqlalchemy import Select, func

from app.core.permissions import Actor
from app.domain.contributions.inputs import OwnContributionsFilter
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.contributions import own_state_documents


def select_own_documents(actor: Actor, filters: OwnContributionsFilter) -> Select[Contribution]:
    """Select what the actor's State writes, or co-sponsored and was submitted, as far as it fits every filter; the
    latest change first, unless another order was asked for."""
    statement = own_state_documents(actor)
    if filters.title:
        in_title = Contribution.title.icontains(filters.title, autoescape=True)
        statement = statement.where(in_title)
    if filters.status:
        statement = statement.where(Contribution.status == filters.status)
    if filters.order:
        key = func.lower(Contribution.title) if filters.order == "title" else Contribution.status
        statement = statement.order_by(None).order_by(key, Contribution.changed_at.desc(), Contribution.id)
    return statement
