"""What was released. This is all that the read path asks; it needs nothing but schema `release`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.releases.models import ReleasedFile, ReleasedOutput, ReleasedStatement

# Geneva: the year of a release is the year of the day that readers are shown.
ZONE = "Europe/Zurich"
_year = func.extract("year", func.timezone(ZONE, ReleasedOutput.released_at))


@dataclass(frozen=True, slots=True)
class Choice:
    """A reader's choice of outputs; None leaves open."""

    year: int | None = None
    kind: str | None = None
    body: str | None = None


def chosen(choice: Choice) -> Select[ReleasedOutput]:
    """The statement from which list and count start."""
    statement = select(ReleasedOutput)
    if choice.year is not None:
        statement = statement.where(_year == choice.year)
    if choice.kind is not None:
        statement = statement.where(ReleasedOutput.kind == choice.kind)
    return statement if choice.body is None else statement.where(ReleasedOutput.body == choice.body)


def listed(session: ReadSession, choice: Choice, *, limit: int, offset: int = 0) -> Sequence[ReleasedOutput]:
    """The latest first."""
    latest = chosen(choice).order_by(ReleasedOutput.released_at.desc(), ReleasedOutput.symbol.desc())
    return session.scalars(latest.limit(limit).offset(offset)).all()


def how_many(session: ReadSession, choice: Choice) -> int:
    """How many outputs the same list would hold."""
    return session.scalar(chosen(choice).with_only_columns(func.count(), maintain_column_froms=True)) or 0


def years(session: ReadSession) -> Sequence[int]:
    """The years in which something was released, the latest first."""
    year = _year.label("year")
    return [int(found) for found in session.scalars(select(year).distinct().order_by(year.desc()))]


def kinds(session: ReadSession) -> Sequence[str]:
    """The kinds of which something was released."""
    return session.scalars(select(ReleasedOutput.kind).distinct().order_by(ReleasedOutput.kind)).all()


def one(session: ReadSession, slug: str) -> ReleasedOutput:
    """The output at that address, or Unknown."""
    found = session.scalar(select(ReleasedOutput).where(ReleasedOutput.slug == slug))
    if found is None:
        raise Unknown()
    return found


def files(session: ReadSession, outputs: Sequence[UUID]) -> Mapping[UUID, list[ReleasedFile]]:
    """The texts of several outputs in one statement, by output, in the order of languages' codes."""
    found: dict[UUID, list[ReleasedFile]] = {output: [] for output in outputs}
    statement = select(ReleasedFile).where(ReleasedFile.output_id.in_(outputs)).order_by(ReleasedFile.language)
    for file in session.scalars(statement):
        found[file.output_id].append(file)
    return found


def one_file(session: ReadSession, output: ReleasedOutput, language: str) -> ReleasedFile:
    """The text in that language, or Unknown."""
    found = session.get(ReleasedFile, (output.id, language))
    if found is None:
        raise Unknown()
    return found


def statements(session: ReadSession, output: ReleasedOutput) -> Sequence[ReleasedStatement]:
    """What States attached to the text, in the order in which they did."""
    of_it = select(ReleasedStatement).where(ReleasedStatement.output_id == output.id)
    return session.scalars(of_it.order_by(ReleasedStatement.put_at, ReleasedStatement.id)).all()
