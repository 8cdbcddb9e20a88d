"""Sessions of pages: what a page needs is read once, however many of its parts ask for it.

What was read is kept for one read-only transaction of one request, and no longer: nothing passes from one request to
the next, so a page cannot show what a right has ended.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import SessionTransaction

from app.core.db import ROW_SECURITY_KEY, ReadSession

SessionT = TypeVar("SessionT", bound=ReadSession)
ParametersT = ParamSpec("ParametersT")
ResultT = TypeVar("ResultT")


class PageSession(ReadSession):
    """Session of one page: keeps its rows, which SQLAlchemy alone would forget as soon as no one refers to them and
    read again by their keys, and the results of the queries marked with `read_once`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.rows: list[object] = []
        self.results: dict[object, Any] = {}


@event.listens_for(PageSession, "loaded_as_persistent")
def _keep_row(session: PageSession, row: object) -> None:
    """Keep a row that was read."""
    session.rows.append(row)


@event.listens_for(PageSession, "after_transaction_end")
def _forget(session: PageSession, transaction: SessionTransaction) -> None:
    """Forget what was read, at the end of the transaction."""
    if transaction.parent is None:
        session.rows.clear()
        session.results.clear()


def read_once(
    query: Callable[Concatenate[SessionT, ParametersT], ResultT],
) -> Callable[Concatenate[SessionT, ParametersT], ResultT]:
    """Return the query, which answers a page from what it has read already, if it is asked with the same arguments
    for the same entity.

    All who ask share the result and do not change it. Sessions that write read each time.
    """

    @wraps(query)
    def ask(session: SessionT, /, *args: ParametersT.args, **options: ParametersT.kwargs) -> ResultT:
        if not isinstance(session, PageSession):
            return query(session, *args, **options)
        allowed = tuple(session.info.get(ROW_SECURITY_KEY, {}).items())
        key = query, allowed, args, tuple(options.items())
        if key not in session.results:
            session.results[key] = query(session, *args, **options)
        result: ResultT = session.results[key]
        return result

    return ask
