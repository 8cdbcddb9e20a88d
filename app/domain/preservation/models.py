"""Tables of preservation: when each file was last read, what the nightly check found, copies, and what came back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core.db import NAMES, TYPES, Base, Entity


class Shelf(StrEnum):
    """One of the two stores."""

    KEPT = "kept"
    RELEASED = "released"


class Doubt(StrEnum):
    """Why a database that came back from a copy is not served until somebody answers for it."""

    BEHIND = "behind"  # the head that somebody kept tells of more
    FORKED = "forked"  # the head that somebody kept tells of something else
    UNPROVEN = "unproven"  # nobody gave a head


class FixityCheck(Base):
    """When a file was last read whole (None: never yet) and what was wrong with it then (None: nothing)."""

    __tablename__ = "fixity_check"

    shelf: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int | None] = mapped_column(BigInteger)
    checked_at: Mapped[datetime | None] = mapped_column(index=True)
    fault: Mapped[str | None]


class Verification(Entity):
    """One check of the whole record by the worker. `faults` are lines for people, the first of `wrong` many."""

    __tablename__ = "verification"

    began_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime]
    lines: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int]
    released: Mapped[int]
    numbers: Mapped[int]
    wrong: Mapped[int]
    faults: Mapped[list[str]]


class Backup(Base):
    """A copy that was taken: what it holds is the state of the instant `taken_at`."""

    __tablename__ = "backup"

    name: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime]
    lines: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    is_sealed: Mapped[bool]


class Restoration(Entity):
    """That this database came back from a copy: of which instant, with so many lines, and whether anything may be
    missing. `lifted_at` is when somebody answered for that, and `reason` their words."""

    __tablename__ = "restoration"

    backup: Mapped[str]
    taken_at: Mapped[datetime]
    restored_at: Mapped[datetime]
    lines: Mapped[int] = mapped_column(BigInteger)
    head_lines: Mapped[int | None] = mapped_column(BigInteger)
    doubt: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class HoldBase(DeclarativeBase):
    """The one table of ours in the read path's schema."""

    metadata = MetaData(schema="release", naming_convention=NAMES)
    type_annotation_map = TYPES


class Hold(HoldBase):
    """While there is a row, no door is opened and no job is run. Only the owner's role writes it."""

    __tablename__ = "hold"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    doubt: Mapped[str]
