"""Copy adopted and approved texts into schema `release` and into the release store, after checking them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core import clock
from app.core.db import ReadSession
from app.core.storage import Store
from app.domain.bodies.models import Body
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import AdoptionMethod, Output, OutputFile, OutputTranslation, ReleaseAddressee
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules.outputs import APPROVALS_NEEDED
from app.domain.releases.models import ReleaseBase, ReleasedFile, ReleasedOutput, ReleasedStatement
from app.domain.silence import queries as silence
from app.domain.silence.models import OutputStatement


class TextMismatch(Exception):
    """The store or the tables do not hold what was adopted and approved; nothing is released."""


class InfectedFile(Exception):
    """A virus was found in a file of the output since its adoption; nothing is released."""


ReleasableText = OutputFile | OutputTranslation


def require_no_virus(session: ReadSession, output: Output, texts: Sequence[ReleasableText]) -> None:
    """Raise InfectedFile if a virus was found in one of these files."""
    if file_queries.list_infected_files(session, [text.sha256 for text in texts]):
        raise InfectedFile(str(output.id))


def list_texts_to_release(session: ReadSession, output: Output) -> Sequence[ReleasableText]:
    """List the adopted files and approved translations in the languages of the current release plan.

    A plan without languages is from before translations existed: all adopted files. Raises TextMismatch if a text is
    missing or is not as it was approved.
    """
    plan, available = (
        outputs.find_current_release_plan(session, output),
        translations.list_releasable_texts(session, output),
    )
    adopted = [text.language for text in outputs.list_output_files(session, output)]
    languages = (plan and plan.languages) or adopted
    texts = [text for text in available if text.language in languages]
    if not texts or len(texts) != len(languages):
        raise TextMismatch(str(output.id))
    return texts


def require_adopted_and_approved(session: ReadSession, output: Output) -> str:
    """Return the digest of the text if it is the adopted one, and two others approved it or one person released it
    alone.

    Raises TextMismatch otherwise, or if it is released to the public without having been adopted for it.
    """
    case, digest = outputs.get_output_state(session, output), outputs.compute_text_digest(session, output)
    others = case.approvers - {output.adopted_by}
    is_decided = len(others) >= APPROVALS_NEEDED or outputs.find_sole_release_plan(session, output) is not None
    has_allowed_audience = output.for_public or ReleaseAddressee.PUBLIC not in outputs.list_release_addressees(
        session, output
    )
    is_adopted = digest == output.text_digest and output.symbol and output.adopted_on
    if not is_adopted or not is_decided or not has_allowed_audience:
        raise TextMismatch(str(output.id))
    return digest


def build_release_rows(
    session: ReadSession, output: Output, texts: Sequence[ReleasableText], moment: datetime
) -> Sequence[ReleaseBase]:
    """Build the rows in schema `release` for an output: itself, these texts, and the statements of States."""
    statements = silence.list_statements(session, output)
    return [
        _build_output_row(session, output, texts, moment),
        *(build_released_file(output, text) for text in texts),
        *sorted((_build_statement_row(output, statement) for statement in statements), key=lambda copy: copy.id),
    ]


def _build_output_row(
    session: ReadSession, output: Output, texts: Sequence[ReleasableText], moment: datetime
) -> ReleasedOutput:
    """Build the row of the output itself."""
    body, meeting = session.get_one(Body, output.body_id), session.get_one(Meeting, output.meeting_id)
    alone = outputs.find_sole_release_plan(session, output)
    return ReleasedOutput(
        id=output.id,
        slug=slug_of_symbol(output.symbol or ""),
        symbol=output.symbol,
        kind=output.kind,
        body=body.code,
        body_names=body.names,
        meeting=meeting.number,
        titles=translations.merge_titles(output, texts),
        original=output.original,
        for_action=output.for_action,
        for_information=output.for_information,
        reply_by=output.reply_by,
        adopted_on=output.adopted_on,
        adopted_how=output.adopted_how or AdoptionMethod.MEETING,
        addressees=outputs.list_release_addressees(session, output),
        alone_because=alone.alone_because if alone else None,
        alone_language=alone.alone_language if alone else None,
        alone_capacity=alone.alone_capacity if alone else None,
        released_at=moment,
        still_to_come=output.still_to_come,
        translations=list_translated_languages(texts),
    )


def list_translated_languages(texts: Sequence[ReleasableText]) -> list[str]:
    """List the languages of the translations among these texts."""
    return translations.sort_languages(text.language for text in texts if isinstance(text, OutputTranslation))


def build_released_file(output: Output, text: ReleasableText) -> ReleasedFile:
    """Build the row of a file, under a name made of the symbol: the name of the uploaded file may name a person."""
    extension = text.name.rpartition(".")[2]
    return ReleasedFile(
        output_id=output.id,
        language=text.language,
        sha256=text.sha256,
        size=text.size,
        media=text.media,
        name=f"{slug_of_symbol(output.symbol or '')}-{text.language}.{extension}",
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


def copy_to_release_store(store: Store, release_store: Store, texts: Sequence[ReleasableText]) -> None:
    """Copy the files to the release store. All are verified first, so that nothing unreleased is left there. Raises
    CorruptFile."""
    for text in texts:
        store.verify(text.sha256)
    for text in texts:
        store.copy_to(release_store, text.sha256)


def mark_translations_released(texts: Sequence[ReleasableText], moment: datetime) -> None:
    """Record when the translations among these texts were released."""
    for text in texts:
        if isinstance(text, OutputTranslation):
            text.released_at = moment


def require_matching_release_rows(session: ReadSession, output: Output) -> None:
    """Compare the rows in schema `release` with those that would be built today. Raises TextMismatch if they differ."""
    texts = translations.list_released_texts(session, output)
    expected = build_release_rows(session, output, texts, output.released_at or clock.now())
    if [_column_values(row) for row in expected] != [_column_values(row) for row in _released_rows(session, output)]:
        raise TextMismatch(str(output.id))


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


def slug_of_symbol(symbol: str) -> str:
    """Turn a symbol into a part of an address: `CWG-Internet 22/OUT/1` becomes `CWG-Internet-22-OUT-1`."""
    return symbol.replace(" ", "-").replace("/", "-")
