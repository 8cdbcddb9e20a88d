"""Append-only journal: one line for each event, written in the transaction of the change itself.

An action calls `record_event`; the lines are written as the last step before the commit, under one lock. The database
gives each line its number, without gaps, the digest of the line before, random bytes, the digest of the list of rows
that the transaction changed (`app.core.row_digests`), and its own digest. The database role of the portal may insert
and read lines, but neither change nor remove one. Facts are identifiers, never text, so that a line can be shown.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    FetchedValue,
    Index,
    LargeBinary,
    event,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.canonical_json import to_canonical_json as as_bytes
from app.core.db import UNRECORDED, Base, ReadSession, WriteSession
from app.core.i18n import LazyText
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.permissions import Actor

FIRST_PREVIOUS_DIGEST = "0" * 64  # previous digest of the first line

FactValue = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """An event, named in the past tense. Fields are identifiers or codes, never text that people wrote."""

    name: ClassVar[str]
    words: ClassVar[LazyText]


class JournalLine(Base):
    """One line of the journal. `nonce` is random, so that no line can be guessed from its hash; `rows` is the digest of
    the list of changed rows. Lines written before the migration `row_digests` have neither."""

    __tablename__ = "journal_line"
    __table_args__ = (
        Index(
            "ix_journal_line_receipt",
            text("(facts ->> 'receipt')"),
            postgresql_where=text("facts ->> 'receipt' IS NOT NULL"),
        ),
        Index(
            "ix_journal_line_contribution",
            text("(facts ->> 'contribution')"),
            postgresql_where=text(
                "event IN ('contribution:submitted', 'contribution:confirmation-voided',"
                " 'contribution:confirmation-requested')"
            ),
        ),
        Index(
            "ix_journal_line_message",
            text("(facts ->> 'message')"),
            postgresql_where=text("event = 'secretariat-message:sent'"),
        ),
        {"info": {UNRECORDED: "Each line has the digest of the one before, and signed heads cover them all."}},
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, server_default=FetchedValue())
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    event: Mapped[str] = mapped_column(index=True)
    person: Mapped[UUID | None]
    capacity: Mapped[str]
    entity: Mapped[str]
    body: Mapped[UUID | None] = mapped_column(index=True)
    facts: Mapped[dict[str, FactValue]] = mapped_column(JSONB)
    previous: Mapped[str] = mapped_column(server_default=FetchedValue())
    digest: Mapped[str] = mapped_column(unique=True, server_default=FetchedValue())
    nonce: Mapped[bytes | None] = mapped_column(LargeBinary)
    rows: Mapped[str | None]


JournalReaction = Callable[[Connection, Sequence[JournalLine]], None]
"""Queues the reactions to these lines on the same connection, and so in the same transaction."""

ActorCheck = Callable[[ReadSession, Actor], None]
"""Raises Forbidden if the actor has lost a seat since the transaction began."""

ACTOR_CHECK_KEY = "check_actor"
"""Key of an `ActorCheck` in the `info` of a session that writes."""


def record_event(session: WriteSession, actor: Actor | None, happened: Event, *, body: UUID | None = None) -> None:
    """Record an event, with its actor and the capacities of that actor; `actor` is None for acts of the system
    itself."""
    session.info.setdefault("journal", []).append((actor, _build_line(actor, happened, body)))


def list_unwritten_facts(session: ReadSession, event: type[Event]) -> list[dict[str, FactValue]]:
    """List the facts of the events of this type that were recorded in this transaction and are written at its end."""
    lines = [values for _, values in session.info.get("journal", ())]
    return [values["facts"] for values in lines if values["event"] == event.name]


def write_line(connection: Connection, happened: Event) -> None:
    """Write the line of an event of the system at once, on a connection without a session: for migrations."""
    connection.execute(insert(JournalLine), _build_line(None, happened, None))


def check_actor_now(session: WriteSession, actor: Actor) -> None:
    """Check that the actor still holds their seats, under the lock that orders the journal.

    For acts that change seats, before they do: the check at the commit would find the actor's own change. Until then no
    other transaction changes a seat, since that is recorded under the same lock. Raises Forbidden.
    """
    lock_until_commit(session, AdvisoryLock.JOURNAL)
    session.info.setdefault("checked_actors", set()).add(actor)
    _check_actors(session, {actor})


def _check_actors(session: WriteSession, actors: Iterable[Actor]) -> None:
    """Check these actors if the session was made with a check (`ACTOR_CHECK_KEY`). Raises Forbidden."""
    check: ActorCheck | None = session.info.get(ACTOR_CHECK_KEY)
    if check is None:
        return
    for actor in actors:
        check(session, actor)


def _build_line(actor: Actor | None, happened: Event, body: UUID | None) -> dict[str, Any]:
    """Build the pending line of an event, without number and digest."""
    return {
        "at": clock.now(),
        "event": happened.name,
        "person": actor.person if actor else None,
        "capacity": " ".join(actor.capacities_in(body)) if actor else "",
        "entity": actor.entity if actor else "",
        "body": body,
        "facts": {field.name: _to_fact(getattr(happened, field.name)) for field in fields(happened)},
    }


def _to_fact(value: object) -> FactValue:
    """Return a value as JSON can hold it; others become text."""
    return value if isinstance(value, int | bool | str) or value is None else str(value)


def canonical_line(line: Mapping[str, Any]) -> bytes:
    """Serialize a line for its digest: canonical JSON, instants in UTC to the microsecond.

    The database writes the same text when a line is inserted (`portal.complete_journal_line`).
    """
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
    if line["nonce"] is not None:
        plain["nonce"] = line["nonce"].hex()
    if line["rows"] is not None:
        plain["rows"] = line["rows"]
    return as_bytes(plain)


def line_digest(line: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a line in hexadecimal."""
    return hashlib.sha256(canonical_line(line)).hexdigest()


@contextmanager
def savepoint(session: WriteSession) -> Iterator[None]:
    """Open a savepoint: if the block raises, its changes and its recorded events are undone, and the rest of the
    transaction stays."""
    recorded = list(session.info.get("journal", []))
    checked = set(session.info.get("checked_actors", ()))  # the lock of a check is released with the savepoint
    try:
        with session.begin_nested():
            yield
    except BaseException:
        session.info["journal"], session.info["checked_actors"] = recorded, checked
        raise


@event.listens_for(WriteSession, "before_commit")
def _write_pending(session: WriteSession) -> None:
    """Write the recorded lines before the commit; if this fails, the change itself is not committed either."""
    if not session.in_nested_transaction():  # else a savepoint ends; the lines are written with the transaction
        write_recorded_events(session)


def write_recorded_events(session: WriteSession) -> None:
    """Write the recorded lines now: for an act of the same transaction that looks for them.

    Rights are checked a last time under the lock: what ended them was recorded under it, and is seen here.
    """
    session.flush()
    pending = session.info.pop("journal", [])
    if not pending:
        return
    lock_until_commit(session, AdvisoryLock.JOURNAL)
    _check_actors(session, {actor for actor, _ in pending if actor} - session.info.pop("checked_actors", set()))
    columns = JournalLine.__table__.columns
    written = session.execute(insert(JournalLine).returning(*columns), [line for _, line in pending])
    lines = sorted((JournalLine(**row) for row in written.mappings()), key=lambda line: line.seq)
    react: JournalReaction | None = session.info.get("react")
    if react:
        react(session.connection(), lines)


@event.listens_for(WriteSession, "after_rollback")
def _forget_pending(session: WriteSession) -> None:
    """Drop the recorded lines and the checks after a rollback; after that of a savepoint, `savepoint` restores them."""
    for key in ("journal", "checked_actors"):
        session.info.pop(key, None)


def find_journal_faults(session: ReadSession) -> list[str]:
    """Read the whole journal and return a fault for each line that was altered, removed, inserted or reordered."""
    found: list[str] = []
    expected, previous = 1, FIRST_PREVIOUS_DIGEST
    columns = JournalLine.__table__.columns
    for row in session.execute(select(*columns).order_by(JournalLine.seq)).mappings().yield_per(1000):
        found += find_line_faults(dict(row), expected, previous)
        expected, previous = row["seq"] + 1, row["digest"]
    return found


def find_line_faults(row: Mapping[str, Any], expected: int, previous: str) -> Iterator[str]:
    """Yield the faults of a line that should have number `expected` and follow the digest `previous`."""
    if row["seq"] != expected:
        yield f"line {expected}: missing; the next one there is {row['seq']}"
    elif row["previous"] != previous:
        yield f"line {row['seq']}: does not follow from the line before it"
    if line_digest(row) != row["digest"]:
        yield f"line {row['seq']}: was altered"
