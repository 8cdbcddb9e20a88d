"""Tables of preservation: file fixity, verifications, backups, restores and the restore hold."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core.db import NAMING_CONVENTION, TYPE_ANNOTATIONS, UNRECORDED, Base, Entity


class StoreName(StrEnum):
    """One of the two file stores: that of the portal and that of the read path."""

    PORTAL = "kept"
    RELEASED = "released"


class RestoreHoldReason(StrEnum):
    """Reason why a restored database is not served until the operator lifts the hold."""

    BEHIND = "behind"  # the checkpoint given by the operator covers more lines
    FORKED = "forked"  # the checkpoint given by the operator covers other lines
    UNPROVEN = "unproven"  # no checkpoint was given


class ComparisonOutcome(StrEnum):
    """What the comparison of a read database with the portal's showed."""

    SAME = "same"
    DIFFERENT = "different"
    BEHIND = "behind"  # not compared: it had not received everything
    UNREADABLE = "unreadable"  # not compared


class FixityCheck(Base):
    """The last full read of a file (None: never) and the fault found by it (None: no fault)."""

    __tablename__ = "fixity_check"
    __table_args__ = ({"info": {UNRECORDED: "Reading the files again shows the same."}},)

    shelf: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int | None] = mapped_column(BigInteger)
    checked_at: Mapped[datetime | None] = mapped_column(index=True)
    fault: Mapped[str | None]


class Verification(Entity):
    """One verification of the record by the worker. `wrong` counts the faults; `faults` has the first in words.

    `read_databases` is the result for each read database (`app.domain.preservation.rules.ReadDatabaseResult`), empty if
    the worker has no address of any, None in verifications of earlier versions.
    """

    __tablename__ = "verification"
    __table_args__ = ({"info": {UNRECORDED: "Verifying again shows the same."}},)

    began_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime]
    lines: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int]
    released: Mapped[int]
    numbers: Mapped[int]
    wrong: Mapped[int]
    faults: Mapped[list[str]]
    read_databases: Mapped[list[dict[str, object]] | None]


class Backup(Base):
    """A backup of the state of the record at the instant `taken_at`."""

    __tablename__ = "backup"
    __table_args__ = ({"info": {UNRECORDED: "A backup is signed, and lists what it holds."}},)

    name: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime]
    lines: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    is_sealed: Mapped[bool]


class Restoration(Entity):
    """A restore of this database from a backup: its instant, its number of journal lines, and the doubt if lines may be
    missing. `lifted_at` is when the operator lifted the hold, `reason` why."""

    __tablename__ = "restoration"
    __table_args__ = ({"info": {UNRECORDED: "The journal records each restoration and what was decided about it."}},)

    backup: Mapped[str]
    taken_at: Mapped[datetime]
    restored_at: Mapped[datetime]
    lines: Mapped[int] = mapped_column(BigInteger)
    head_lines: Mapped[int | None] = mapped_column(BigInteger)
    doubt: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class RestoreHoldBase(DeclarativeBase):
    """Base of the one preservation table in the schema of the read path."""

    metadata = MetaData(schema="release", naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPE_ANNOTATIONS


class RestoreHold(RestoreHoldBase):
    """The restore hold: while the row exists, no server starts and no job runs. Written by the owner's role only."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("id = 1", name="one"),
        {"info": {UNRECORDED: "A restored installation is not served; the journal records when it was opened."}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    doubt: Mapped[str]
