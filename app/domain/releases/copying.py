"""What lies in schema `release` of an output: copies, made from what was adopted and approved, and nothing else."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core import clock
from app.core.db import ReadSession
from app.core.store import Store
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries as outputs
from app.domain.outputs import translations
from app.domain.outputs.models import Addressee, Output, OutputFile, Translation, Way
from app.domain.outputs.rules import APPROVALS_NEEDED
from app.domain.releases.models import ReleaseBase, ReleasedFile, ReleasedOutput, ReleasedStatement
from app.domain.scans import queries as scans
from app.domain.silence import queries as silence
from app.domain.silence.models import OutputStatement


class NotAsAdopted(Exception):  # noqa: N818 - a fault that stops the release and is looked into by people
    """What lies in the store or the tables is not what was adopted and approved; nothing is released."""


class Infected(Exception):  # noqa: N818 - a fault that stops the release and is looked into by people
    """A virus was found in a file of it since it was adopted; nothing is released."""


Leaving = OutputFile | Translation


def insist_on_no_virus(session: ReadSession, output: Output, texts: Sequence[Leaving]) -> None:
    """Raises Infected."""
    if scans.infected(session, [text.sha256 for text in texts]):
        raise Infected(str(output.id))


def leaving(session: ReadSession, output: Output) -> Sequence[Leaving]:
    """The texts in the languages of the plan by which it was let out: as adopted, and approved translations. A plan
    that names none was made by the version of this program before there were translations: all that was adopted.

    Raises NotAsAdopted where one of them is not there, or is not as it was approved.
    """
    plan, there = outputs.plan(session, output), translations.texts(session, output)
    adopted = [text.language for text in outputs.files(session, output)]
    wanted = (plan and plan.languages) or adopted
    found = [text for text in there if text.language in wanted]
    if not found or len(found) != len(wanted):
        raise NotAsAdopted(str(output.id))
    return found


def insist_on_adopted(session: ReadSession, output: Output) -> str:
    """The digest of the text, if it is the one that was adopted, and that two others approved or one let out alone. To
    the public goes only what was adopted for it."""
    case, digest = outputs.case(session, output), outputs.text_digest(session, output)
    others = case.approvers - {output.adopted_by}
    is_decided = len(others) >= APPROVALS_NEEDED or outputs.let_out_alone(session, output) is not None
    is_for_them = output.for_public or Addressee.PUBLIC not in outputs.addressees(session, output)
    is_adopted = digest == output.text_digest and output.symbol and output.adopted_on
    if not is_adopted or not is_decided or not is_for_them:
        raise NotAsAdopted(str(output.id))
    return digest


def copies(session: ReadSession, output: Output, texts: Sequence[Leaving], moment: datetime) -> Sequence[ReleaseBase]:
    """The rows of an output that is released at that moment: itself, these texts, and what States attached."""
    said = silence.statements(session, output)
    return [
        _copy(session, output, texts, moment),
        *(copy_of_file(output, text) for text in texts),
        *sorted((_copy_of_statement(output, each) for each in said), key=lambda copy: copy.id),
    ]


def _copy(session: ReadSession, output: Output, texts: Sequence[Leaving], moment: datetime) -> ReleasedOutput:
    body, meeting = session.get_one(Body, output.body_id), session.get_one(Meeting, output.meeting_id)
    alone = outputs.let_out_alone(session, output)
    return ReleasedOutput(
        id=output.id,
        slug=slug(output.symbol or ""),
        symbol=output.symbol,
        kind=output.kind,
        body=body.code,
        body_names=body.names,
        meeting=meeting.number,
        titles=translations.titles(output, texts),
        original=output.original,
        for_action=output.for_action,
        for_information=output.for_information,
        reply_by=output.reply_by,
        adopted_on=output.adopted_on,
        adopted_how=output.adopted_how or Way.MEETING,
        addressees=outputs.addressees(session, output),
        alone_because=alone.alone_because if alone else None,
        alone_language=alone.alone_language if alone else None,
        alone_capacity=alone.alone_capacity if alone else None,
        released_at=moment,
        still_to_come=output.still_to_come,
        translations=translated(texts),
    )


def translated(texts: Sequence[Leaving]) -> list[str]:
    """The languages in which it was not adopted, but translated."""
    return translations.in_order(text.language for text in texts if isinstance(text, Translation))


def copy_of_file(output: Output, text: Leaving) -> ReleasedFile:
    """Under a name of ours: how it was called when it came in may name somebody."""
    ending = text.name.rpartition(".")[2]
    return ReleasedFile(
        output_id=output.id,
        language=text.language,
        sha256=text.sha256,
        size=text.size,
        media=text.media,
        name=f"{slug(output.symbol or '')}-{text.language}.{ending}",
    )


def _copy_of_statement(output: Output, said: OutputStatement) -> ReleasedStatement:
    return ReleasedStatement(
        id=said.id,
        output_id=output.id,
        state=said.entity,
        kind=said.kind,
        text=said.text,
        language=said.lang,
        put_at=said.changed_at or said.put_at,
    )


def lay_before_readers(shelf: Store, released: Store, texts: Sequence[Leaving]) -> None:
    """All that can fail comes first: nothing lies with the readers that is not released. Raises Damaged."""
    for text in texts:
        shelf.prove(text.sha256)
    for text in texts:
        shelf.copy_to(released, text.sha256)


def note_released(texts: Sequence[Leaving], moment: datetime) -> None:
    """Note of translations that readers have them now."""
    for text in texts:
        if isinstance(text, Translation):
            text.released_at = moment


def insist_on_copied(session: ReadSession, output: Output) -> None:
    """Compare what lies in schema `release` with what would be copied there today. Raises NotAsAdopted."""
    texts = translations.released(session, output)
    expected = copies(session, output, texts, output.released_at or clock.now())
    if [_values(each) for each in expected] != [_values(each) for each in _there(session, output)]:
        raise NotAsAdopted(str(output.id))


def _there(session: ReadSession, output: Output) -> Sequence[ReleaseBase]:
    """Its rows in schema `release`, in that order."""
    files, said = ReleasedFile, ReleasedStatement
    return [
        *session.scalars(select(ReleasedOutput).where(ReleasedOutput.id == output.id)),
        *session.scalars(select(files).where(files.output_id == output.id).order_by(files.language)),
        *session.scalars(select(said).where(said.output_id == output.id).order_by(said.id)),
    ]


def _values(row: ReleaseBase) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def slug(symbol: str) -> str:
    """A symbol as part of an address: `CWG-Internet 22/OUT/1` becomes `CWG-Internet-22-OUT-1`."""
    return symbol.replace(" ", "-").replace("/", "-")
