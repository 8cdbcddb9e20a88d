"""A receipt in words. All of it is read from what was signed, not from what the tables say today."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.asgi.actors import EntityName
from app.asgi.words import ROLES, together
from app.core.i18n import Text, say
from app.core.signing import PublicKey
from app.domain.receipts.models import Kind, Receipt
from app.web.titles import foreign

KINDS: Mapping[str, Text] = MappingProxyType(
    {
        Kind.DEPOSIT: say("Receipt of a deposit"),
        Kind.REGISTRATION: say("Receipt of a registration"),
        Kind.ADOPTION: say("Receipt of the adoption"),
        Kind.POSITION: say("Receipt of a position"),
        Kind.RELEASE: say("Receipt of the release"),
    }
)
# Tag, its word, and the sentence beside it.
TIMINGS: Mapping[str, tuple[str, Text, Text | None]] = MappingProxyType(
    {
        "in-time": ("good", say("In time"), None),
        "grace": (
            "good",
            say("In time"),
            say("An upload was begun before the deadline and was whole within the grace period."),
        ),
        "late": ("warn", say("Late"), None),
    }
)
AUDIENCES: Mapping[str, Text] = MappingProxyType(
    {
        "group": say("Everybody with a seat in the group"),
        "membership": say("All members of ITU"),
        "public": say("The public"),
    }
)


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A file as the receipt names it."""

    language: str
    name: str
    size: int
    sha256: str
    began_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page and the sheet of a receipt say. `is_known`: its key is one that the portal publishes."""

    receipt: Receipt
    kind: Text
    heading: Text
    timing: tuple[str, Text, Text | None] | None
    at: datetime
    due: datetime | None
    zone: str
    title: str
    lang: str | None
    original: str
    entity: Text
    signed_by: Text | None
    person: str
    person_entity: Text
    capacities: Sequence[Text]
    meeting: Text
    step: Text
    audience: Text
    symbol: str | None
    portal: str
    files: Sequence[SignedFile]
    key: PublicKey
    is_known: bool


def shown(receipt: Receipt, known: Sequence[PublicKey], language: str) -> Shown:
    """Read a receipt for somebody."""
    said = json.loads(receipt.statement)
    key = PublicKey.read(receipt.public_key)
    return Shown(
        receipt=receipt,
        kind=KINDS[receipt.kind],
        heading=_heading(said),
        timing=TIMINGS[said["timing"]] if "timing" in said else None,
        at=_moment(said["at"]),
        due=_moment(said["deadline"]) if "deadline" in said else None,
        zone=said["meeting"]["zone"],
        title=said["title"],
        lang=foreign(said["original"], language),
        original=said["original"],
        entity=EntityName(said["entity"]),
        signed_by=together([EntityName(each) for each in said["signed_by"]]) if "signed_by" in said else None,
        person=said["person"]["name"],
        person_entity=EntityName(said["person"]["entity"]),
        capacities=[ROLES[role] for role in said["person"]["capacities"]],
        meeting=say("%(group)s, meeting %(number)s", group=said["body"]["prefix"], number=said["meeting"]["number"]),
        step=_step(said),
        audience=AUDIENCES[said["access"]],
        symbol=said.get("symbol"),
        portal=said["portal"],
        files=[_file(file) for file in said["files"]],
        key=key,
        is_known=key in known,
    )


def _heading(said: Mapping[str, Any]) -> Text:
    entity = EntityName(said["entity"])
    if said["kind"] == Kind.REGISTRATION:
        return say("Registered for %(entity)s under %(symbol)s", entity=entity, symbol=said["symbol"])
    if "timing" not in said:
        return say("Received from %(entity)s, whole", entity=entity)
    if said["timing"] == "late":
        return say("Received from %(entity)s, whole, after the deadline", entity=entity)
    return say("Received from %(entity)s, whole and in time", entity=entity)


def _step(said: Mapping[str, Any]) -> Text:
    """What it is to the register."""
    symbol = said["follows"]
    words = {
        "text": say("A document of its own"),
        "rev": say("A revision of %(symbol)s", symbol=symbol),
        "add": say("An addendum to %(symbol)s", symbol=symbol),
        "corr": say("A corrigendum to %(symbol)s", symbol=symbol),
    }
    return words[said["step"]]


def _file(file: Mapping[str, Any]) -> SignedFile:
    return SignedFile(
        file["language"],
        file["name"],
        file["size"],
        file["sha256"],
        _moment(file["began_at"]),
        _moment(file["received_at"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
