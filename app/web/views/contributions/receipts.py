"""Receipts as pages show them. Everything is read from the signed statement, not from the tables of today."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.signing import PublicKey, PublicKeysByPurpose
from app.domain.receipts.models import Receipt, ReceiptKind
from app.domain.receipts.rules import list_accepted_keys
from app.http.authentication import EntityName
from app.http.labels import ROLE_LABELS, join_texts
from app.web.views.documents.titles import get_original_language_if_foreign

RECEIPT_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ReceiptKind.DEPOSIT: _("Acknowledgement of receipt"),
        ReceiptKind.CONFIRMATION: _("Acknowledgement of a confirmation"),
        ReceiptKind.REGISTRATION: _("Acknowledgement of registration"),
        ReceiptKind.ADOPTION: _("Acknowledgement of adoption"),
        ReceiptKind.POSITION: _("Acknowledgement of a position"),
        ReceiptKind.RELEASE: _("Acknowledgement of release"),
    }
)
# Style and label of the tag, and an explanation.
TIMING_TAGS: Mapping[str, tuple[str, LazyText, LazyText | None]] = MappingProxyType(
    {
        "in-time": ("good", _("On time"), None),
        "grace": (
            "good",
            _("On time"),
            _("An upload was started before the deadline and completed within the grace period."),
        ),
        "replacement": (
            "good",
            _("On time"),
            _(
                "The contribution was submitted on time. A file that was later rejected was replaced within the "
                "period allowed."
            ),
        ),
        "late": ("warn", _("Late"), None),
    }
)
AUDIENCE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "group": _("Members of the group"),
        "membership": _("All ITU members"),
        "public": _("The public"),
    }
)


@dataclass(frozen=True, slots=True)
class FileNamedInReceipt:
    """A file as the receipt names it."""

    language: str
    name: str
    size: int
    sha256: str
    began_at: datetime
    received_at: datetime
    is_inspected: bool
    replaced_digest: str | None


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What page and PDF of a receipt show. `is_known`: its key is one that the portal publishes for
    such receipts."""

    receipt: Receipt
    kind: LazyText
    heading: LazyText
    timing: tuple[str, LazyText, LazyText | None] | None
    at: datetime
    due: datetime | None
    zone: str
    title: str
    lang: str | None
    original: str
    entity: LazyText
    signed_by: LazyText | None
    person: str
    person_entity: LazyText
    capacities: Sequence[LazyText]
    meeting: LazyText
    step: LazyText
    audience: LazyText
    symbol: str | None
    portal: str
    files: Sequence[FileNamedInReceipt]
    key: PublicKey
    is_known: bool


def build_receipt_view(receipt: Receipt, published_keys: PublicKeysByPurpose, language: str) -> ReceiptView:
    """Build the view of a receipt in one language."""
    statement = json.loads(receipt.statement)
    key = PublicKey.parse(receipt.public_key)
    return ReceiptView(
        receipt=receipt,
        kind=RECEIPT_KIND_LABELS[receipt.kind],
        heading=_format_heading(statement),
        timing=TIMING_TAGS[statement["timing"]] if "timing" in statement else None,
        at=_parse_instant(statement["at"]),
        due=_parse_instant(statement["deadline"]) if "deadline" in statement else None,
        zone=statement["meeting"]["zone"],
        title=statement["title"],
        lang=get_original_language_if_foreign(statement["original"], language),
        original=statement["original"],
        entity=EntityName(statement["entity"]),
        signed_by=join_texts([EntityName(code) for code in statement["signed_by"]])
        if "signed_by" in statement
        else None,
        person=statement["person"]["name"],
        person_entity=EntityName(statement["person"]["entity"]),
        capacities=[ROLE_LABELS[role] for role in statement["person"]["capacities"]],
        meeting=_(
            "%(group)s, meeting %(number)s", group=statement["body"]["prefix"], number=statement["meeting"]["number"]
        ),
        step=_format_step(statement),
        audience=AUDIENCE_LABELS[statement["access"]],
        symbol=statement.get("symbol"),
        portal=statement["portal"],
        files=[_build_file(file) for file in statement["files"]],
        key=key,
        is_known=key in list_accepted_keys(receipt, published_keys),
    )


def _format_heading(statement: Mapping[str, Any]) -> LazyText:
    """Return the heading of a receipt of a deposit, confirmation or registration."""
    entity = EntityName(statement["entity"])
    if statement["kind"] == ReceiptKind.REGISTRATION:
        return _("Contribution from %(entity)s registered as %(symbol)s", entity=entity, symbol=statement["symbol"])
    if statement["kind"] == ReceiptKind.CONFIRMATION:
        return _("Confirmed by %(entity)s as submitted by the secretariat", entity=entity)
    if "timing" not in statement:
        return _("Received from %(entity)s, complete", entity=entity)
    if statement["timing"] == "late":
        return _("Received from %(entity)s, complete, after the deadline", entity=entity)
    return _("Received from %(entity)s, complete and on time", entity=entity)


def _format_step(statement: Mapping[str, Any]) -> LazyText:
    """Return what the contribution is to the register: a document of its own or a follow-up."""
    symbol = statement["follows"]
    labels = {
        "text": _("New document"),
        "rev": _("Revision of %(symbol)s", symbol=symbol),
        "add": _("Addendum to %(symbol)s", symbol=symbol),
        "corr": _("Corrigendum to %(symbol)s", symbol=symbol),
    }
    return labels[statement["step"]]


def _build_file(entry: Mapping[str, Any]) -> FileNamedInReceipt:
    """Build the view of a file from the statement."""
    return FileNamedInReceipt(
        entry["language"],
        entry["name"],
        entry["size"],
        entry["sha256"],
        _parse_instant(entry["began_at"]),
        _parse_instant(entry["received_at"]),
        entry.get("inspected", True),
        entry["replaces"]["sha256"] if "replaces" in entry else None,
    )


def _parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
