"""Delivery of notifications: created once for each person and journal line, and checked again when they are sent.

The system acts here, without an actor; each time it is checked whether the person still has the right to know.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import ReadSession, WriteSession
from app.core.journal import JournalLine
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body
from app.domain.identity.models import Person
from app.domain.letters import queries
from app.domain.letters.models import Fate, Letter
from app.domain.letters.occasions import OCCASIONS, REMINDER, SETS_THE_END, Occasion, occasion
from app.domain.letters.rules import Matter
from app.domain.preservation import queries as preservation
from app.domain.silence.models import Course, SilenceProcedure

PATIENCE = timedelta(days=2)
"""Time for which delivery is tried; later the news would be old."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
KEPT_FOR = timedelta(days=90)
"""Time for which people see what was sent to them, and within which an event causes no second notification."""


@dataclass(frozen=True, slots=True)
class Told:
    """The content of a notification that is to be sent now."""

    letter: Letter
    person: Person
    occasion: Occasion
    matter: Matter
    body: Body
    page: str


def write(session: WriteSession, line: int) -> int:
    """Create a notification about a journal line for each recipient; returns their number. Repeated, it adds none."""
    journal_line = session.get_one(JournalLine, line)
    return _create(session, journal_line, OCCASIONS[journal_line.event])


def remind(session: WriteSession, before: timedelta) -> int:
    """Create the reminders of silence procedures whose deadline is near; returns their number.

    A reminder that was due before the last restore may have been sent already and is not created again.
    """
    moment = clock.now()
    is_near = (SilenceProcedure.until > moment) & (SilenceProcedure.until <= moment + before)
    running = select(SilenceProcedure).where(SilenceProcedure.course == Course.OPEN, is_near)
    restored_at = preservation.restored_at(session)
    due = [
        procedure
        for procedure in session.scalars(running)
        if restored_at is None or procedure.until - before > restored_at
    ]
    return sum(_create(session, _find_deadline_line(session, procedure), REMINDER) for procedure in due)


def _find_deadline_line(session: ReadSession, procedure: SilenceProcedure) -> JournalLine:
    """Find the journal line that set the deadline of a procedure."""
    conditions = JournalLine.event.in_(SETS_THE_END), JournalLine.facts["procedure"].astext == str(procedure.id)
    return session.scalars(select(JournalLine).where(*conditions).order_by(JournalLine.seq.desc()).limit(1)).one()


def _create(session: WriteSession, line: JournalLine, notification_type: Occasion) -> int:
    context, moment = notification_type.matter(session, line), clock.now()
    if context.is_over:
        return 0
    common = {
        "line": line.seq,
        "kind": notification_type.kind,
        "written_at": moment,
        "due_at": moment,
        "fate": Fate.WAITING,
    }
    rows = [common | {"person_id": person.id} for person in _recipients(session, notification_type, context)]
    if not rows:
        return 0
    statement = insert(Letter).values(rows).on_conflict_do_nothing(index_elements=["line", "kind", "person_id"])
    return len(session.scalars(statement.returning(Letter.id)).all())


def _recipients(session: ReadSession, notification_type: Occasion, context: Matter) -> Iterator[Person]:
    for person in bodies.on_the_roster(session, context.body_id):
        if _is_recipient(session, person, notification_type, context):
            yield person


def _is_recipient(session: ReadSession, person: Person, notification_type: Occasion, context: Matter) -> bool:
    """Return whether a person has the right to be notified at this moment, and has not stopped the category."""
    if notification_type.kind in queries.stopped(session, person.id):
        return False
    return notification_type.hears.against(bodies.seated(session, person), context) is None


def next_due(session: WriteSession) -> Letter | None:
    """Find the notification to send next and lock it until the transaction ends; None if there is none."""
    due = select(Letter).where(Letter.fate == Fate.WAITING, Letter.due_at <= clock.now())
    first = due.order_by(Letter.due_at, Letter.id).limit(1)
    return session.scalar(first.with_for_update(skip_locked=True))


def told(session: ReadSession, letter: Letter) -> Told | None:
    """Prepare a notification from the current state; None if it is over, or the person may not know of it any more."""
    line, person = session.get_one(JournalLine, letter.line), session.get_one(Person, letter.person_id)
    notification_type = occasion(line.event, letter.kind)
    context = notification_type.matter(session, line)
    if context.is_over or not _is_recipient(session, person, notification_type, context):
        return None
    body = session.get_one(Body, context.body_id)
    return Told(letter, person, notification_type, context, body, notification_type.page.format(**line.facts))


def close(letter: Letter, fate: Fate) -> None:
    """Set the final status of a notification."""
    letter.fate, letter.ended_at = fate, clock.now()


def put_off(letter: Letter) -> None:
    """Schedule the next attempt, with exponentially growing delays."""
    letter.due_at = clock.now() + min(FIRST_PAUSE * 2 ** min(letter.tries, 10), LONGEST_PAUSE)
    letter.tries += 1


def expire(session: WriteSession) -> int:
    """Close notifications that waited for too long, except those being sent now; returns their number."""
    statement = select(Letter).where(Letter.fate == Fate.WAITING, Letter.written_at <= clock.now() - PATIENCE)
    notifications = session.scalars(statement.with_for_update(skip_locked=True)).all()
    for notification in notifications:
        close(notification, Fate.EXPIRED)
    return len(notifications)


def forget(session: WriteSession) -> int:
    """Delete notifications that were closed long ago; returns their number."""
    statement = delete(Letter).where(Letter.ended_at < clock.now() - KEPT_FOR)
    return len(session.scalars(statement.returning(Letter.id)).all())
