"""Which files may go on: all but those that wait for the scanner, or in which it found something."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict
from app.core.i18n import say
from app.core.scanner import State
from app.domain.scans.models import Scan


def is_held(sha256: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """A condition on a column of digests: this file may not go on yet."""
    return exists().where(Scan.sha256 == sha256, Scan.state != State.CLEAN)


def is_infected(sha256: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """A condition on a column of digests: something was found in this file."""
    return exists().where(Scan.sha256 == sha256, Scan.state == State.INFECTED)


def infected(session: ReadSession, files: Iterable[str]) -> set[str]:
    """Those of these files in which something was found."""
    return {sha256 for sha256, state in states(session, files).items() if state == State.INFECTED}


def states(session: ReadSession, files: Iterable[str]) -> dict[str, str]:
    """What was said of each of these files; those that nobody was asked about are left out."""
    rows = session.scalars(select(Scan).where(Scan.sha256.in_(list(files))))
    return {row.sha256: row.state for row in rows}


def insist_on_no_virus(session: ReadSession, files: Iterable[str]) -> None:
    """Raise Conflict if the scanner found something in one of these files."""
    if infected(session, files):
        raise Conflict(say("The virus scanner found something in a file. Replace that file first."))


def wait_for_news(session: WriteSession, files: Iterable[str]) -> None:
    """From here to the end of the transaction nothing new is noted of these files; what is being noted now is awaited.

    Without it a virus could be found between the question and the commit, and nobody would look at this act again.
    """
    session.scalars(select(Scan.sha256).where(Scan.sha256.in_(list(files))).with_for_update(read=True)).all()


def insist_on_checked(session: ReadSession, files: Iterable[str]) -> None:
    """Raise Conflict if one of these files waits for the scanner, or something was found in it."""
    said = states(session, files)
    insist_on_no_virus(session, said)
    if State.WAITING in said.values():
        raise Conflict(say("A file has not been checked for viruses yet. This is done by itself; try again later."))


def waiting(session: ReadSession) -> Sequence[str]:
    """The files that wait for the scanner, the longest first."""
    return session.scalars(select(Scan.sha256).where(Scan.state == State.WAITING).order_by(Scan.asked_at)).all()
