"""Change and adopt drafts that may be under silence, and cancel their meeting.

A procedure that is due is ended first: from its deadline on a text is adopted, whether or not the worker came.
Afterwards a procedure whose text was changed is ended as void, in the same transaction. The applications use these
actions; those of `app.domain.outputs` and `app.domain.meetings`, which do the work and check permissions, know nothing
of silence.
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
    """Change the cover of a draft. Raises what `change_output` raises."""
    with _settle_around(session, output):
        outputs.change(session, actor, output, cover, version=version)


def put_file(session: WriteSession, actor: Actor, output: Output, file: FileOf) -> None:
    """Add the text of one language to a draft, or replace it."""
    with _settle_around(session, output):
        outputs.put_file(session, actor, output, file)


def remove_file(session: WriteSession, actor: Actor, output: Output, language: str) -> None:
    """Remove the text of one language from a draft. Raises NotFound if there is none."""
    with _settle_around(session, output):
        outputs.remove_file(session, actor, output, language)


def adopt(session: WriteSession, actor: Actor, output: Output, adoption: Adoption) -> None:
    """Record that the meeting adopted the draft. Raises what `adopt_output` raises."""
    with _settle_around(session, output):
        outputs.adopt(session, actor, output, adoption)


def move_meeting(
    session: WriteSession, actor: Actor, meeting: Meeting, name: str, *, version: int, because: Because | None = None
) -> None:
    """Move a meeting to the next step of its life. If it is cancelled, the procedures on its texts become void."""
    running = queries.running_at(session, meeting) if MOVES[name].to == Life.CANCELLED else ()
    for output in running:
        settle(session, output)
    meetings.move(session, actor, meeting, name, version=version, because=because)
    session.flush()
    for output in running:
        settle(session, output)


@contextmanager
def _settle_around(session: WriteSession, output: Output) -> Iterator[None]:
    """Lock the output and end its procedure if it is due or void, before and after the block."""
    session.flush()
    settle(session, output.id)
    yield
    session.flush()
    settle(session, output.id)
