"""Copy adopted and approved texts into schema `release` and into the release store, after checking them."""

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
    """The store or the tables do not hold what was adopted and approved; nothing is released."""


class Infected(Exception):  # noqa: N818 - a fault that stops the release and is looked into by people
    """A virus was found in a file of the output since its adoption; nothing is released."""


Leaving = OutputFile | Translation


def insist_on_no_virus(session: ReadSession, output: Output, texts: Sequence[Leaving]) -> None:
    """Raise InfectedFile if a virus was found in one of these files."""
    if scans.infected(session, [text.sha256 for text in texts]):
        raise Infected(str(output.id))


def leaving(session: ReadSession, output: Output) -> Sequence[Leaving]:
    """List the adopted files and approved translations in the languages of the current release plan.

    A plan without languages is from before translations existed: all adopted files. Raises TextMismatch if a text is
    missing or is not as it was approved.
    """
    plan, available = outputs.plan(session, output), translations.texts(session, output)
    adopted = [text.language for text in outputs.files(session, output)]
    languages = (plan and plan.languages) or adopted
    texts = [text for text in available if text.language in languages]
    if not texts or len(texts) != len(languages):
        raise NotAsAdopted(str(output.id))
    return texts


def insist_on_adopted(session: ReadSession, output: Output) -> str:
    """Return the digest of the text if it is the adopted one, and two others approved it or one person released it
    alone.

    Raises TextMismatch otherwise, or if it is released to the public without having been adopted for it.
    """
    case, digest = outputs.case(session, output), outputs.text_digest(session, output)
    others = case.approvers - {output.adopted_by}
    is_decided = len(others) >= APPROVALS_NEEDED or outputs.let_out_alone(session, output) is not None
    has_allowed_audience = output.for_public or Addressee.PUBLIC not in outputs.addressees(session, output)
    is_adopted = digest == output.text_digest and output.symbol and output.adopted_on
    if not is_adopted or not is_decided or not has_allowed_audience:
        raise NotAsAdopted(str(output.id))
    return digest


def copies(session: ReadSession, output: Output, texts: Sequence[Leaving], moment: datetime) -> Sequence[ReleaseBase]:
    """Build the rows in schema `release` for an output: itself, these texts, and the statements of States."""
    statements = silence.statements(session, output)
    return [
        _build_output_row(session, output, texts, moment),
        *(copy_of_file(output, text) for text in texts),
        *sorted((_build_statement_row(output, statement) for statement in statements), key=lambda copy: copy.id),
    ]


def _build_output_row(
    session: ReadSession, output: Output, texts: Sequence[Leaving], moment: datetime
) -> ReleasedOutput:
    """Build the row of the output itself."""
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
    """List the languages of the translations among these texts."""
    return translations.in_order(text.language for text in texts if isinstance(text, Translation))


def copy_of_file(output: Output, text: Leaving) -> ReleasedFile:
    """Build the row of a file, under a name made of the symbol: the name of the uploaded file may name a person."""
    extension = text.name.rpartition(".")[2]
    return ReleasedFile(
        output_id=output.id,
        language=text.language,
        sha256=text.sha256,
        size=text.size,
        media=text.media,
        name=f"{slug(output.symbol or '')}-{text.language}.{extension}",
    )


def _build_statement_row(output: Output, statement: OutputStatement) -> ReleasedStatement:
    """Build the row of a statement of a State."""
    return ReleasedStatement(
        id=statement.id,
        output_id=output.id,
        state=statement.entity,
        kind=statement.kind,
        text=statement.text,
        language=statement.lang,
        put_at=statement.changed_at or statement.put_at,
    )


def lay_before_readers(shelf: Store, released: Store, texts: Sequence[Leaving]) -> None:
    """Copy the files to the release store. All are verified first, so that nothing unreleased is left there. Raises
    CorruptFile."""
    for text in texts:
        shelf.prove(text.sha256)
    for text in texts:
        shelf.copy_to(released, text.sha256)


def note_released(texts: Sequence[Leaving], moment: datetime) -> None:
    """Record when the translations among these texts were released."""
    for text in texts:
        if isinstance(text, Translation):
            text.released_at = moment


def insist_on_copied(session: ReadSession, output: Output) -> None:
    """Compare the rows in schema `release` with those that would be built today. Raises TextMismatch if they differ."""
    texts = translations.released(session, output)
    expected = copies(session, output, texts, output.released_at or clock.now())
    if [_column_values(row) for row in expected] != [_column_values(row) for row in _released_rows(session, output)]:
        raise NotAsAdopted(str(output.id))


def _released_rows(session: ReadSession, output: Output) -> Sequence[ReleaseBase]:
    """Return the rows of the output in schema `release`, in the order of `build_release_rows`."""
    files, statements = ReleasedFile, ReleasedStatement
    return [
        *session.scalars(select(ReleasedOutput).where(ReleasedOutput.id == output.id)),
        *session.scalars(select(files).where(files.output_id == output.id).order_by(files.language)),
        *session.scalars(select(statements).where(statements.output_id == output.id).order_by(statements.id)),
    ]


def _column_values(row: ReleaseBase) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def slug(symbol: str) -> str:
    """Turn a symbol into a part of an address: `CWG-Internet 22/OUT/1` becomes `CWG-Internet-22-OUT-1`."""
    return symbol.replace(" ", "-").replace("/", "-")
