"""What a copy says of itself: one signed statement, written when everything it names is on the disk."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.canonical import canonical
from app.core.signing import PublicKey, Signer, enveloped
from app.domain.preservation.models import Shelf

NAME = "manifest.json"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class NotWhole(ValueError):  # noqa: N818 - what the copy is
    """A copy that is not restored. `faults` names everything that was found."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class Part(BaseModel):
    """Nothing that is not said here is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Table(Part):
    """The rows of a table in PostgreSQL's text format (COPY), in the order of these columns."""

    name: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: Digest


class Counting(Part):
    """The last number that a sequence gave; None if it never gave one."""

    name: str
    last: int | None


class Kept(Part):
    """A file, and the stores in which it lay."""

    sha256: Digest
    size: int
    shelves: tuple[Shelf, ...]


class Statement(Part):
    """What was there at the instant `taken`. `lines` and `last` are the length of the journal and its last digest."""

    format: Literal["cwg-backup/1"] = "cwg-backup/1"
    name: str
    taken: datetime
    portal: str
    revision: str
    sealed: bool
    lines: int
    last: str
    tables: tuple[Table, ...]
    sequences: tuple[Counting, ...]
    files: tuple[Kept, ...]

    @property
    def bytes(self) -> int:
        """Of all that it names."""
        return sum(each.size for each in self.tables) + sum(each.size for each in self.files)


def signed(statement: Statement, sign: Signer) -> tuple[bytes, str]:
    """The file to keep, and the digest of what was signed."""
    message = canonical(statement.model_dump(mode="json"))
    return enveloped(message, sign.sign(message), sign.public), hashlib.sha256(message).hexdigest()


def read(path: Path, keys: Sequence[PublicKey]) -> Statement:
    """The statement, if one of these keys signed it. Raises NotWhole otherwise."""
    try:
        whole = json.loads(path.read_bytes())
        message = canonical(whole["statement"])
        signature, key = b64decode(whole["signature"]), PublicKey.read(whole["key"]["public"])
        statement = Statement.model_validate(whole["statement"])
    except FileNotFoundError as fault:
        raise NotWhole([f"{path} is not there: the copy was never finished"]) from fault
    except (ValidationError, ValueError, KeyError, TypeError) as fault:
        raise NotWhole([f"{path} is no statement of a copy"]) from fault
    if key not in keys:
        raise NotWhole(
            [f"{path} is signed with a key that is not ours: set CWG_SIGNING_KEY and CWG_PREVIOUS_PUBLIC_KEYS"]
        )
    if not key.holds(signature, message):
        raise NotWhole([f"{path} was altered: its signature does not hold"])
    return statement
