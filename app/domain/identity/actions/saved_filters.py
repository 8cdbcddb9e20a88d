"""The filters of lists that a person keeps under a name."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.identity import rules
from app.domain.identity.inputs import NewSavedFilter
from app.domain.identity.models.tables import SavedFilter

MAX_FILTERS = 20
"""Filters of one list that one person may keep."""


def save_filter(session: WriteSession, actor: Actor, new: NewSavedFilter) -> None:
    """Keep a filter under a name; an earlier one of that name is replaced. Raises Conflict if there are too many."""
    row = SavedFilter(person_id=actor.person, list=new.list, name=new.name, query=new.query, saved_at=clock.now())
    rules.KEEP_FILTER.require(actor, row)
    others = select(func.count()).where(
        SavedFilter.person_id == actor.person, SavedFilter.list == new.list, SavedFilter.name != new.name
    )
    if (session.scalar(others) or 0) >= MAX_FILTERS:
        raise Conflict(_("You can save at most 20 filters of a list. Delete one first."))
    values = {"query": new.query, "saved_at": row.saved_at}
    statement = insert(SavedFilter).values(person_id=actor.person, list=new.list, name=new.name, **values)
    key = [SavedFilter.person_id, SavedFilter.list, SavedFilter.name]
    session.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def delete_filter(session: WriteSession, actor: Actor, filter_id: UUID) -> str:
    """Delete a filter of the actor; returns the list to which it belonged. Raises NotFound for that of another
    person."""
    row = session.scalar(select(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.person_id == actor.person))
    if row is None:
        raise NotFound()
    rules.KEEP_FILTER.require(actor, row)
    session.delete(row)
    return row.list
