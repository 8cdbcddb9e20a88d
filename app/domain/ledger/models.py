"""Tables of the ledger: full tiles of the Merkle tree, signed heads, and the state of witnesses.

Only full tiles are stored; they never change. Partial ones at the right edge are computed from the journal.
"""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base


class LedgerTile(Base):
    """A full tile: 256 hashes in a row, and the root over them. Never changed, never deleted."""

    __tablename__ = "ledger_tile"
    __table_args__ = ({"info": {UNRECORDED: "It is computed from the journal, and compared with it."}},)

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerHead(Base):
    """A signed head, and the cosignatures of witnesses, one line each, which alone are added later."""

    __tablename__ = "ledger_head"
    __table_args__ = ({"info": {UNRECORDED: "It is signed, and compared with the journal."}},)

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    cosignatures: Mapped[list[str]] = mapped_column(default=list)

    @property
    def checkpoint(self) -> str:
        """The note with all signatures."""
        return self.note + "".join(self.cosignatures)


class LedgerWitness(Base):
    """State of a witness: the size of the last head that it cosigned, and why it refused a later one."""

    __tablename__ = "ledger_witness"
    __table_args__ = ({"info": {UNRECORDED: "A verification asks the witnesses themselves."}},)

    name: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    seen_at: Mapped[datetime | None]
    refused: Mapped[str | None]
    refused_at: Mapped[datetime | None]
