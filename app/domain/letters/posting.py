"""Letters from the fact to the server: written once for each person and fact, and looked at anew when they leave.

The house acts here, so nobody is asked; what is asked, each time, is whether the person still has the right to hear of
the matter.
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
"""So long a letter is tried; then it would tell of what everybody knows."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
KEPT_FOR = timedelta(days=90)
"""So long people see what was sent to them. No fact is told anew after so long."""


@dataclass(frozen=True, slots=True)
class Told:
    """What goes into a letter that is to leave now."""

    letter: Letter
    person: Person
    occasion: Occasion
    matter: Matter
    body: Body
    page: str


def write(session: WriteSession, line: int) -> int:
    """Write a letter about this line of the journal to everybody who hears of it; how many. Run again, it adds none."""
    happened = session.get_one(JournalLine, line)
    return _write(session, happened, OCCASIONS[happened.event])


def remind(session: WriteSession, before: timedelta) -> int:
    """The same for procedures whose deadline is so near, about the line that set it; how many letters.

    A reminder that was due before the record came back from a copy may have been sent: it is not sent again.
    """
    moment = clock.now()
    near = (SilenceProcedure.until > moment) & (SilenceProcedure.until <= moment + before)
    running = select(SilenceProcedure).where(SilenceProcedure.course == Course.OPEN, near)
    restored = preservation.restored_at(session)
    due = [each for each in session.scalars(running) if restored is None or each.until - before > restored]
    return sum(_write(session, _line_that_set(session, each), REMINDER) for each in due)


def _line_that_set(session: ReadSession, procedure: SilenceProcedure) -> JournalLine:
    """The line that says until when it runs."""
    about = JournalLine.event.in_(SETS_THE_END), JournalLine.facts["procedure"].astext == str(procedure.id)
    return session.scalars(select(JournalLine).where(*about).order_by(JournalLine.seq.desc()).limit(1)).one()


def _write(session: WriteSession, line: JournalLine, about: Occasion) -> int:
    matter, moment = about.matter(session, line), clock.now()
    if matter.is_over:
        return 0
    named = {"line": line.seq, "kind": about.kind, "written_at": moment, "due_at": moment, "fate": Fate.WAITING}
    new = [named | {"person_id": person.id} for person in _who_hears(session, about, matter)]
    if not new:
        return 0
    letters = insert(Letter).values(new).on_conflict_do_nothing(index_elements=["line", "kind", "person_id"])
    return len(session.scalars(letters.returning(Letter.id)).all())


def _who_hears(session: ReadSession, about: Occasion, matter: Matter) -> Iterator[Person]:
    for person in bodies.on_the_roster(session, matter.body_id):
        if _hears(session, person, about, matter):
            yield person


def _hears(session: ReadSession, person: Person, about: Occasion, matter: Matter) -> bool:
    """Whether somebody has the right to hear of it, as they stand at this moment, and wishes to."""
    if about.kind in queries.stopped(session, person.id):
        return False
    return about.hears.against(bodies.seated(session, person), matter) is None


def next_due(session: WriteSession) -> Letter | None:
    """The letter to send next; nobody else sends it until the transaction ends."""
    due = select(Letter).where(Letter.fate == Fate.WAITING, Letter.due_at <= clock.now())
    first = due.order_by(Letter.due_at, Letter.id).limit(1)
    return session.scalar(first.with_for_update(skip_locked=True))


def told(session: ReadSession, letter: Letter) -> Told | None:
    """What the letter says as things stand now; None if nothing is left to say, or not to this person."""
    line, person = session.get_one(JournalLine, letter.line), session.get_one(Person, letter.person_id)
    about = occasion(line.event, letter.kind)
    matter = about.matter(session, line)
    if matter.is_over or not _hears(session, person, about, matter):
        return None
    body = session.get_one(Body, matter.body_id)
    return Told(letter, person, about, matter, body, about.page.format(**line.facts))


def close(letter: Letter, fate: Fate) -> None:
    """It is not looked at again."""
    letter.fate, letter.ended_at = fate, clock.now()


def put_off(letter: Letter) -> None:
    """It is tried again, each time a little later."""
    letter.due_at = clock.now() + min(FIRST_PAUSE * 2 ** min(letter.tries, 10), LONGEST_PAUSE)
    letter.tries += 1


def expire(session: WriteSession) -> int:
    """Close what waited for too long, but for what is just being sent; how many."""
    old = select(Letter).where(Letter.fate == Fate.WAITING, Letter.written_at <= clock.now() - PATIENCE)
    found = session.scalars(old.with_for_update(skip_locked=True)).all()
    for letter in found:
        close(letter, Fate.EXPIRED)
    return len(found)


def forget(session: WriteSession) -> int:
    """Remove letters that ended long ago; how many."""
    old = delete(Letter).where(Letter.ended_at < clock.now() - KEPT_FOR)
    return len(session.scalars(old.returning(Letter.id)).all())
