"""What happened: one append-only line for each event, written in the transaction of the change itself.

A verb calls `record`; the lines are written as the last act before the commit, under one lock, so that the numbers are
gapless and each line carries the digest of the line before. The portal's database role may insert lines and read them;
it can neither change nor remove one. Facts are identifiers, never text, so that a line can be shown.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Connection, DateTime, Index, event, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.access import Actor
from app.core.canonical import canonical as as_bytes
from app.core.db import Base, ReadSession, WriteSession
from app.core.i18n import Text

LOCK = 7_510_075  # the advisory lock that orders the lines
FIRST = "0" * 64  # what the first line carries as the digest of the line before

Fact = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in the past tense. Fields are identifiers or words of ours, never people's text."""

    name: ClassVar[str]
    words: ClassVar[Text]


class JournalLine(Base):
    """One line of the journal."""

    __tablename__ = "journal_line"
    __table_args__ = (
        Index(
            "ix_journal_line_receipt",
            text("(facts ->> 'receipt')"),
            postgresql_where=text("facts ->> 'receipt' IS NOT NULL"),
        ),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    event: Mapped[str] = mapped_column(index=True)
    person: Mapped[UUID | None]
    capacity: Mapped[str]
    entity: Mapped[str]
    body: Mapped[UUID | None] = mapped_column(index=True)
    facts: Mapped[dict[str, Fact]] = mapped_column(JSONB)
    previous: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)


React = Callable[[Connection, Sequence[JournalLine]], None]
"""Queues what follows from these lines, on the same connection and so in the same transaction."""


def record(session: WriteSession, actor: Actor | None, happened: Event, *, body: UUID | None = None) -> None:
    """Note what happened, by whom and in which capacity; `actor` is None where the house itself acted."""
    session.info.setdefault("journal", []).append(_draft(actor, happened, body))


def _draft(actor: Actor | None, happened: Event, body: UUID | None) -> dict[str, Any]:
    return {
        "at": clock.now(),
        "event": happened.name,
        "person": actor.person if actor else None,
        "capacity": " ".join(actor.capacities(body)) if actor else "",
        "entity": actor.entity if actor else "",
        "body": body,
        "facts": {field.name: _fact(getattr(happened, field.name)) for field in fields(happened)},
    }


def _fact(value: object) -> Fact:
    return value if isinstance(value, int | bool | str) or value is None else str(value)


def canonical(line: Mapping[str, Any]) -> bytes:
    """The bytes that a digest is made of: JSON with sorted keys, instants in UTC to the microsecond."""
    plain = {
        "at": line["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "body": str(line["body"]) if line["body"] else None,
        "capacity": line["capacity"],
        "entity": line["entity"],
        "event": line["event"],
        "facts": line["facts"],
        "person": str(line["person"]) if line["person"] else None,
        "previous": line["previous"],
        "seq": line["seq"],
    }
    return as_bytes(plain)


def digest(line: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(line)).hexdigest()


@contextmanager
def apart(session: WriteSession) -> Iterator[None]:
    """A part of a transaction that may fail alone: what it changed and what it recorded is undone, the rest stands."""
    before = list(session.info.get("journal", []))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        session.info["journal"] = before
        raise


@event.listens_for(WriteSession, "before_commit")
def _write_pending(session: WriteSession) -> None:
    """Write what was recorded. If this fails, the change it tells of does not happen either."""
    if session.in_nested_transaction():  # the end of a part; the lines are for the end of the whole
        return
    session.flush()
    pending = session.info.pop("journal", [])
    if not pending:
        return
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    last = session.execute(
        select(JournalLine.seq, JournalLine.digest).order_by(JournalLine.seq.desc()).limit(1)
    ).one_or_none()
    seq, previous = (last.seq, last.digest) if last else (0, FIRST)
    lines = []
    for line in pending:
        seq += 1
        line |= {"seq": seq, "previous": previous}
        previous = line["digest"] = digest(line)
        lines.append(JournalLine(**line))
    session.execute(insert(JournalLine), pending)
    react: React | None = session.info.get("react")
    if react:
        react(session.connection(), lines)


@event.listens_for(WriteSession, "after_rollback")
def _forget_pending(session: WriteSession) -> None:
    session.info.pop("journal", None)


def faults(session: ReadSession) -> list[str]:
    """Read the whole journal and name every line that was altered, removed, inserted or reordered."""
    found: list[str] = []
    expected, previous = 1, FIRST
    columns = JournalLine.__table__.columns
    for row in session.execute(select(*columns).order_by(JournalLine.seq)).mappings().yield_per(1000):
        found += faults_of(dict(row), expected, previous)
        expected, previous = row["seq"] + 1, row["digest"]
    return found


def faults_of(row: Mapping[str, Any], expected: int, previous: str) -> Iterator[str]:
    """What is wrong with the line that should have that number and follow the line with that digest."""
    if row["seq"] != expected:
        yield f"line {expected}: missing; the next one there is {row['seq']}"
    elif row["previous"] != previous:
        yield f"line {row['seq']}: does not follow from the line before it"
    if digest(row) != row["digest"]:
        yield f"line {row['seq']}: was altered"
