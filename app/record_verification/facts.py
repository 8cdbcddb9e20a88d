"""Facts of the journal."""

from sqlalchemy import Select, select

from app.core import journal


def select_fact(name: str) -> Select[str]:
    """Build the query of one fact over all journal lines that have it."""
    fact = journal.JournalLine.facts[name].astext
    return select(fact).where(fact.is_not(None))
