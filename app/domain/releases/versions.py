"""Which rows of schema `release` are as they were: by their versions, without reading what is in them.

The version of a row is the transaction that wrote it (`xmin`; PostgreSQL, System Columns): whoever changes it by SQL,
and be it the owner, makes another one. Versions of several rows are hashed with their keys and joined by exclusive or:
the order does not matter, and no row comes, goes or changes without another result. Not seen is what somebody does to
the files of the database below PostgreSQL: for that, everything is read and proven anew from time to time.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Subquery,
    Text,
    all_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import ReadSession
from app.domain.releases.models import (
    Audience,
    ReleaseBase,
    ReleasedFile,
    ReleasedOutput,
    ReleasedProof,
    ReleasedStatement,
    ReleasedTopic,
)
from app.domain.releases.queries import LATEST, MANIFESTS

Part = ReleasedFile | ReleasedStatement | ReleasedTopic


class Version(NamedTuple):
    """Of an output with all that belongs to it."""

    id: UUID
    slug: str
    version: int


def of_outputs(session: ReadSession) -> Sequence[Version]:
    """In the order of the catalogue."""
    parts = [
        _of_parts(ReleasedFile, ReleasedFile.language),
        _of_parts(ReleasedStatement, ReleasedStatement.id),
        _of_parts(ReleasedTopic, ReleasedTopic.code),
    ]
    version = _hashed(_writer(ReleasedOutput), *(part.c.version for part in parts))
    chosen = select(ReleasedOutput.id, ReleasedOutput.slug, version)
    for part in parts:
        chosen = chosen.outerjoin(part, part.c.output_id == ReleasedOutput.id)
    return [Version(*row) for row in session.execute(chosen.order_by(*LATEST))]


def of_manifests(session: ReadSession, audience: Audience, upto: int) -> tuple[int, int]:
    """The version of all manifests of a catalogue up to that number, and of all that there are."""
    table = MANIFESTS[audience]
    joined = func.bit_xor(_hashed(table.number, _writer(table)))
    first, every = session.execute(select(joined.filter(table.number <= upto), joined)).one()
    return first or 0, every or 0


def of_places(session: ReadSession, upto: int, without: Collection[int] = ()) -> tuple[int, int]:
    """The version of the places in the ledger that there are of manifests up to that number, but for those that were
    without one; and of all places."""
    number = ReleasedProof.number
    joined = func.bit_xor(_hashed(number, _writer(ReleasedProof)))
    others = number != all_(bindparam(None, sorted(without), ARRAY(Integer())))
    first, every = session.execute(select(joined.filter(number <= upto, others), joined)).one()
    return first or 0, every or 0


def _of_parts(table: type[Part], key: InstrumentedAttribute[Any]) -> Subquery:
    """The version of the rows of a table that belong to each output."""
    version = func.bit_xor(_hashed(key, _writer(table))).label("version")
    return select(table.output_id, version).group_by(table.output_id).subquery()


def _writer(table: type[ReleaseBase]) -> ColumnElement[str]:
    """The transaction that wrote a row."""
    return cast(literal_column(f"release.{table.__tablename__}.xmin"), Text)


def _hashed(*values: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """64 bits. A value that is not there is said to be empty, so that none takes the place of another."""
    said = func.concat_ws(" ", *(func.coalesce(cast(value, Text), "-") for value in values))
    return func.hashtextextended(said, 0, type_=BigInteger())
