"""Change and adopt drafts that may be under silence, and cancel their meeting.

A procedure that is due is ended first: from its deadline on a text is adopted, whether or not the worker came.
Afterwards a procedure whose text was changed is ended as void, in the same transaction. The applications use these
actions; those of `app.domain.outputs` and `app.domain.meetings`, which do the work and check permissions, know nothing
of silence.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from app.core.db import WriteSession
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.addressees.inputs import NewAddressee
from app.domain.documents.inputs import LanguageFile
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.rules import MOVES
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.actions.pdfs import add_pdfs
from app.domain.outputs.inputs import Adoption, OutputCover
from app.domain.outputs.models import Output
from app.domain.silence.actions.procedure import settle_procedure
from app.domain.silence.models import SilenceStatus
from app.domain.silence.queries.procedures import find_latest_procedure, list_outputs_under_silence


def replace_draft_cover(
    session: WriteSession, actor: Actor, output: Output, cover: OutputCover, *, version: int
) -> None:
    """Change the cover of a draft. Raises what `replace_draft_output_cover` raises."""
    with _settle_around(session, output):
        outputs.replace_draft_output_cover(session, actor, output, cover, version=version)


def change_draft_reply(session: WriteSession, actor: Actor, output: Output, reply: NewAddressee) -> None:
    """Change which liaison of a party a draft answers. Raises what `change_reply_of_draft` raises."""
    with _settle_around(session, output):
        outputs.change_reply_of_draft(session, actor, output, reply)


def put_draft_file(session: WriteSession, actor: Actor, output: Output, file: LanguageFile) -> None:
    """Add the text of one language to a draft, or replace it."""
    with _settle_around(session, output):
        outputs.put_output_file(session, actor, output, file)


def remove_draft_file(session: WriteSession, actor: Actor, output: Output, language: str) -> None:
    """Remove the text of one language from a draft. Raises NotFound if there is none."""
    with _settle_around(session, output):
        outputs.remove_output_file(session, actor, output, language)


def add_pdfs_to_draft(session: WriteSession, output_id: UUID, *, awaits_scan: bool = False) -> int:
    """Add to the texts of an output the PDF of each that was made meanwhile, as an act of the system; return how
    many."""
    settle_procedure(session, output_id)
    output = session.get_one(Output, output_id)
    return add_pdfs(session, output, is_under_silence=_is_under_silence(session, output), awaits_scan=awaits_scan)


def adopt_draft(session: WriteSession, actor: Actor, output: Output, adoption: Adoption) -> None:
    """Record that the meeting adopted the draft. Raises what `adopt_output` raises."""
    with _settle_around(session, output):
        is_under_silence = _is_under_silence(session, output)
        outputs.adopt_output(session, actor, output, adoption, is_under_silence=is_under_silence)


def change_meeting_life_voiding_procedures(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    move: str,
    *,
    version: int,
    because: ReasonInput | None = None,
    moves_first_day: bool = False,
) -> None:
    """Move a meeting to the next step of its life. If it is cancelled, the procedures on its texts become void."""
    running = list_outputs_under_silence(session, meeting) if MOVES[move].to == MeetingLife.CANCELLED else ()
    for output in running:
        settle_procedure(session, output)
    meetings.change_meeting_life(
        session, actor, meeting, move, version=version, because=because, moves_first_day=moves_first_day
    )
    session.flush()
    for output in running:
        settle_procedure(session, output)


def _is_under_silence(session: WriteSession, output: Output) -> bool:
    """Return whether a procedure that was settled just now goes on: no PDF is added to its text."""
    procedure = find_latest_procedure(session, output)
    return procedure is not None and procedure.course == SilenceStatus.OPEN


@contextmanager
def _settle_around(session: WriteSession, output: Output) -> Iterator[None]:
    """Lock the output and end its procedure if it is due or void, before and after the block."""
    session.flush()
    settle_procedure(session, output.id)
    yield
    session.flush()
    settle_procedure(session, output.id)
