"""Detect changed rows of schema `release` by their versions, without reading their contents.

What: the version of a row is the transaction that wrote it (`xmin`; PostgreSQL, System Columns). The versions of
several rows are hashed with their keys and combined by exclusive or, in the database: one number for an output with all
rows that belong to it, one for the manifests of a catalogue, one for all inclusion proofs.

Why: reading and verifying 20,000 outputs takes seconds of processor time in every process, these numbers a fifth of a
second (docs/decisions/incremental-verification.md). A role that can change a row cannot choose its `xmin`.

Invariant: if a number is the same as before, none of its rows was inserted, deleted or changed by SQL since. The
order of the rows does not matter, and every key is hashed with its version, so that rows cannot change places. Not
noticed are changes of the database files below PostgreSQL; therefore everything is read and verified again from time to
time (`queries.incremental`).
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
    ReleasedInclusionProof,
    ReleasedOutput,
    ReleasedStateStatement,
    ReleasedTopic,
)
from app.domain.releases.queries.releases import CATALOGUE_ORDER, MANIFEST_TABLES

OutputPart = ReleasedFile | ReleasedStateStatement | ReleasedTopic


class OutputVersion(NamedTuple):
    """The version of an output with all rows that belong to it."""

    id: UUID
    slug: str
    version: int


def list_output_versions(session: ReadSession) -> Sequence[OutputVersion]:
    """List the versions of all outputs, in the order of the catalogue."""
    parts = [
        _parts_version(ReleasedFile, ReleasedFile.language),
        _parts_version(ReleasedStateStatement, ReleasedStateStatement.id),
        _parts_version(ReleasedTopic, ReleasedTopic.code),
    ]
    version = _hash_values(_writing_transaction(ReleasedOutput), *(part.c.version for part in parts))
    statement = select(ReleasedOutput.id, ReleasedOutput.slug, version)
    for part in parts:
        statement = statement.outerjoin(part, part.c.output_id == ReleasedOutput.id)
    return [OutputVersion(*row) for row in session.execute(statement.order_by(*CATALOGUE_ORDER))]


def get_manifests_version(session: ReadSession, audience: Audience, upto: int) -> tuple[int, int]:
    """Return two versions of the manifests of a catalogue: of those up to number `upto`, and of all."""
    table = MANIFEST_TABLES[audience]
    joined = func.bit_xor(_hash_values(table.number, _writing_transaction(table)))
    earlier, all_rows = session.execute(select(joined.filter(table.number <= upto), joined)).one()
    return earlier or 0, all_rows or 0


def get_proofs_version(session: ReadSession, upto: int, without: Collection[int] = ()) -> tuple[int, int]:
    """Return two versions of the inclusion proofs: of manifests up to number `upto` but for those in `without`, and of
    all."""
    number = ReleasedInclusionProof.number
    joined = func.bit_xor(_hash_values(number, _writing_transaction(ReleasedInclusionProof)))
    others = number != all_(bindparam(None, sorted(without), ARRAY(Integer())))
    earlier, all_rows = session.execute(select(joined.filter(number <= upto, others), joined)).one()
    return earlier or 0, all_rows or 0


def _parts_version(table: type[OutputPart], key: InstrumentedAttribute[Any]) -> Subquery:
    """Return the version of the rows of a table that belong to each output, as a subquery."""
    version = func.bit_xor(_hash_values(key, _writing_transaction(table))).label("version")
    return select(table.output_id, version).group_by(table.output_id).subquery()


def _writing_transaction(table: type[ReleaseBase]) -> ColumnElement[str]:
    """Return the transaction that wrote a row (`xmin`) as text."""
    return cast(literal_column(f"release.{table.__tablename__}.xmin"), Text)


def _hash_values(*values: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """Hash values to 64 bits; NULL is hashed as `-`, so that no value takes the place of another."""
    joined = func.concat_ws(" ", *(func.coalesce(cast(value, Text), "-") for value in values))
    return func.hashtextextended(joined, 0, type_=BigInteger())
