"""The manifest of a backup: one signed statement, written once everything it names is on disk."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.canonical_json import to_canonical_json
from app.core.signing import PublicKey, Signer, build_signature_envelope
from app.domain.preservation.models import StoreName

MANIFEST_NAME = "manifest.json"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class IncompleteCopy(ValueError):
    """The backup is incomplete or altered and is not restored. `faults` names every fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class BackupManifestPartBase(BaseModel):
    """Base of the parts of a manifest; unknown fields are rejected."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableDump(BackupManifestPartBase):
    """The rows of a table in the text format of PostgreSQL (COPY), with the order of its columns."""

    name: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: Digest


class SequenceValue(BackupManifestPartBase):
    """The last value of a sequence; None if it was never used."""

    name: str
    last: int | None


class BackedUpFile(BackupManifestPartBase):
    """A file, and the stores that contained it."""

    sha256: Digest
    size: int
    shelves: tuple[StoreName, ...]


class BackupManifest(BackupManifestPartBase):
    """The content of a backup at the instant `taken`.

    `lines` and `last` are the length of the journal and its last digest.
    """

    format: Literal["cwg-backup/1"] = "cwg-backup/1"
    name: str
    taken: datetime
    portal: str
    revision: str
    sealed: bool
    lines: int
    last: str
    tables: tuple[TableDump, ...]
    sequences: tuple[SequenceValue, ...]
    files: tuple[BackedUpFile, ...]

    @property
    def total_bytes(self) -> int:
        """Total size of everything it names, in bytes."""
        return sum(part.size for part in self.tables) + sum(part.size for part in self.files)


def sign_manifest(manifest: BackupManifest, signer: Signer) -> tuple[bytes, str]:
    """Sign the manifest; return the file to write, and the SHA-256 of the signed message."""
    message = to_canonical_json(manifest.model_dump(mode="json"))
    return build_signature_envelope(message, signer.sign(message), signer.public_key), hashlib.sha256(
        message
    ).hexdigest()


def read_and_verify_manifest(path: Path, keys: Sequence[PublicKey]) -> BackupManifest:
    """Read and verify a manifest signed with one of these keys. Raises IncompleteCopy."""
    try:
        envelope = json.loads(path.read_bytes())
        message = to_canonical_json(envelope["statement"])
        signature, key = b64decode(envelope["signature"]), PublicKey.parse(envelope["key"]["public"])
        statement = BackupManifest.model_validate(envelope["statement"])
    except FileNotFoundError as error:
        raise IncompleteCopy([f"{path} is not there: the copy was never finished"]) from error
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        raise IncompleteCopy([f"{path} is no statement of a copy"]) from error
    if key not in keys:
        raise IncompleteCopy([f"{path} is signed with a key that is not ours: set CWG_LEDGER_PUBLIC_KEYS"])
    if not key.verify(signature, message):
        raise IncompleteCopy([f"{path} was altered: its signature does not hold"])
    return statement
