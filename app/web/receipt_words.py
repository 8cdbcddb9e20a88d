"""Receipts as pages show them. Everything is read from the signed statement, not from the tables of today."""

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
# Style and label of the tag, and an explanation.
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
    """What page and PDF of a receipt show. `is_known`: its key is one that the portal publishes."""

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
    """Build the view of a receipt in one language."""
    statement = json.loads(receipt.statement)
    key = PublicKey.read(receipt.public_key)
    return Shown(
        receipt=receipt,
        kind=KINDS[receipt.kind],
        heading=_format_heading(statement),
        timing=TIMINGS[statement["timing"]] if "timing" in statement else None,
        at=_parse_instant(statement["at"]),
        due=_parse_instant(statement["deadline"]) if "deadline" in statement else None,
        zone=statement["meeting"]["zone"],
        title=statement["title"],
        lang=foreign(statement["original"], language),
        original=statement["original"],
        entity=EntityName(statement["entity"]),
        signed_by=together([EntityName(code) for code in statement["signed_by"]]) if "signed_by" in statement else None,
        person=statement["person"]["name"],
        person_entity=EntityName(statement["person"]["entity"]),
        capacities=[ROLES[role] for role in statement["person"]["capacities"]],
        meeting=say(
            "%(group)s, meeting %(number)s", group=statement["body"]["prefix"], number=statement["meeting"]["number"]
        ),
        step=_format_step(statement),
        audience=AUDIENCES[statement["access"]],
        symbol=statement.get("symbol"),
        portal=statement["portal"],
        files=[_build_file(file) for file in statement["files"]],
        key=key,
        is_known=key in known,
    )


def _format_heading(statement: Mapping[str, Any]) -> Text:
    """Return the heading of a receipt of a deposit or registration."""
    entity = EntityName(statement["entity"])
    if statement["kind"] == Kind.REGISTRATION:
        return say("Registered for %(entity)s under %(symbol)s", entity=entity, symbol=statement["symbol"])
    if "timing" not in statement:
        return say("Received from %(entity)s, whole", entity=entity)
    if statement["timing"] == "late":
        return say("Received from %(entity)s, whole, after the deadline", entity=entity)
    return say("Received from %(entity)s, whole and in time", entity=entity)


def _format_step(statement: Mapping[str, Any]) -> Text:
    """Return what the contribution is to the register: a document of its own or a follow-up."""
    symbol = statement["follows"]
    labels = {
        "text": say("A document of its own"),
        "rev": say("A revision of %(symbol)s", symbol=symbol),
        "add": say("An addendum to %(symbol)s", symbol=symbol),
        "corr": say("A corrigendum to %(symbol)s", symbol=symbol),
    }
    return labels[statement["step"]]


def _build_file(entry: Mapping[str, Any]) -> SignedFile:
    """Build the view of a file from the statement."""
    return SignedFile(
        entry["language"],
        entry["name"],
        entry["size"],
        entry["sha256"],
        _parse_instant(entry["began_at"]),
        _parse_instant(entry["received_at"]),
    )


def _parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
