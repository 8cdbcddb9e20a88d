"""Tables of the ledger. What the journal says is the source; these hold what is made of it and what was signed.

Only full tiles are kept: they never change. What stands to their right is made from the journal when it is needed.
"""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class LedgerTile(Base):
    """A full tile: 256 hashes one after the other, and the root over them. Never changed, never removed."""

    __tablename__ = "ledger_tile"

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerHead(Base):
    """A head as it was signed, and the cosignatures of witnesses, a line each: they alone are added later."""

    __tablename__ = "ledger_head"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    cosignatures: Mapped[list[str]] = mapped_column(default=list)

    @property
    def checkpoint(self) -> str:
        """The note with every signature."""
        return self.note + "".join(self.cosignatures)


class LedgerWitness(Base):
    """How it stands with a witness: the last head that it cosigned, and why it refused a later one, if it did."""

    __tablename__ = "ledger_witness"

    name: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    seen_at: Mapped[datetime | None]
    refused: Mapped[str | None]
    refused_at: Mapped[datetime | None]
