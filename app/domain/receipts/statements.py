"""What a receipt says and how it leaves: the statement that is signed, and the file around it (docs/receipts.md)."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core.access import Actor
from app.core.canonical import canonical, instant
from app.core.signing import PublicKey, enveloped
from app.domain.ledger.queries import Place
from app.domain.receipts.models import Kind, Receipt

FORMAT = "cwg-receipt/1"

Said = Mapping[str, object]
"""What is particular to one kind of receipt: objects, lists, texts and whole numbers."""


def statement(
    actor: Actor | None, body: UUID, said: Said, *, receipt: UUID, kind: Kind, version: int, at: datetime, portal: str
) -> bytes:
    """The bytes that are signed. Who acted, and in which capacity, is taken from the actor; None is the house."""
    person = actor and {"capacities": list(actor.capacities(body)), "entity": actor.entity, "name": actor.name}
    always = {
        "at": instant(at),
        "format": FORMAT,
        "kind": kind,
        "person": person,
        "portal": portal,
        "receipt": str(receipt),
        "version": version,
    }
    return canonical({**said, **always})


class HandedIn(Protocol):
    """A file in one language, whatever it is part of."""

    @property
    def language(self) -> str: ...
    @property
    def media(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...


def file_said(file: HandedIn) -> dict[str, object]:
    """What every kind says of a file."""
    return {
        "language": file.language,
        "media": file.media,
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
    }


def as_file(receipt: Receipt, place: Place | None = None) -> bytes:
    """The receipt as a file to keep; with its place in the ledger, once a head holds its line."""
    signature, key = b64decode(receipt.signature), PublicKey.read(receipt.public_key)
    return enveloped(receipt.statement.encode(), signature, key, place.said if place else None)
