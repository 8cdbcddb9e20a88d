"""Changing and adopting a draft that may be before the States; and cancelling the meeting that it belongs to.

What silence has decided by now is noted first: from its deadline on a text is adopted, whether or not the worker came.
What is done then ends a procedure whose text it leaves behind, for good and in the same transaction. Doors use these
verbs; those of `app.domain.outputs` and `app.domain.meetings`, which do the work and ask, know nothing of silence.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from app.core.access import Actor
from app.core.db import WriteSession
from app.domain.documents.inputs import FileOf
from app.domain.meetings import actions as meetings
from app.domain.meetings.inputs import Because
from app.domain.meetings.models import Life, Meeting
from app.domain.meetings.rules import MOVES
from app.domain.outputs import actions as outputs
from app.domain.outputs.inputs import Adoption, Cover
from app.domain.outputs.models import Output
from app.domain.silence import queries
from app.domain.silence.actions import settle


def change(session: WriteSession, actor: Actor, output: Output, cover: Cover, *, version: int) -> None:
    """Change the cover of a draft. Raises what `outputs.change` raises."""
    with _settled(session, output):
        outputs.change(session, actor, output, cover, version=version)


def put_file(session: WriteSession, actor: Actor, output: Output, file: FileOf) -> None:
    """Add the text of one language to a draft, or replace it."""
    with _settled(session, output):
        outputs.put_file(session, actor, output, file)


def remove_file(session: WriteSession, actor: Actor, output: Output, language: str) -> None:
    """Take the text of one language out of a draft."""
    with _settled(session, output):
        outputs.remove_file(session, actor, output, language)


def adopt(session: WriteSession, actor: Actor, output: Output, adoption: Adoption) -> None:
    """Record that the meeting adopted it. Raises what `outputs.adopt` raises."""
    with _settled(session, output):
        outputs.adopt(session, actor, output, adoption)


def move_meeting(
    session: WriteSession, actor: Actor, meeting: Meeting, name: str, *, version: int, because: Because | None = None
) -> None:
    """Take a step of a meeting's life. Cancelled, it adopts nothing any more: what runs on its texts becomes void."""
    running = queries.running_at(session, meeting) if MOVES[name].to == Life.CANCELLED else ()
    for output in running:
        settle(session, output)
    meetings.move(session, actor, meeting, name, version=version, because=because)
    session.flush()
    for output in running:
        settle(session, output)


@contextmanager
def _settled(session: WriteSession, output: Output) -> Iterator[None]:
    """The output is held, and as it is now; before and after, its procedure is ended if it is to end."""
    session.flush()
    settle(session, output.id)
    yield
    session.flush()
    settle(session, output.id)
