"""Delivery reports of mail servers (RFC 3464): which message could not be delivered, and why.

Anybody can send one. Who receives a report must therefore be able to do nothing with it but to mark a message as
returned, and finds that message by an identifier that no one can guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

STATUS_CODE = re.compile(r"(5\.\d{1,3}\.\d{1,3})(?!\d)", re.ASCII)
"""A status code of a failure for good (RFC 3463)."""
UNKNOWN_FAILURE = "5.0.0"
MESSAGE_ID = re.compile(r"<([^<>@\s]{1,200})@[^<>@\s]{1,255}>")
FIELDS_WITH_ID = ("In-Reply-To", "References")
MAX_IDS = 20


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """A message that was not delivered: the left-hand sides of the Message-IDs that the report names, and the code."""

    message_ids: frozenset[str]
    code: str


def parse_delivery_failure(content: bytes) -> DeliveryFailure | None:
    """Parse a report of a failure for good; None for any other message, such as a report of a delay or a reply."""
    # Headers stay text: the parsers of the default policy take minutes for some headers, and fail at others.
    report = message_from_bytes(content, policy=compat32)
    if report.get_content_type() != "multipart/report" or not report.is_multipart():
        return None
    parts: list[Message] = list(report.get_payload())  # type: ignore[arg-type]  # parts of a multipart
    codes = [code for part in parts if _is_status(part) for code in _list_failure_codes(part)]
    if not codes:
        return None
    names = frozenset(sorted(_list_message_ids(report, parts))[:MAX_IDS])
    return DeliveryFailure(names, codes[0]) if names else None


def _is_status(part: Message) -> bool:
    return part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}


def _list_failure_codes(status: Message) -> Iterator[str]:
    """Yield the code of each recipient whose delivery failed. The parser makes one message of each block of fields."""
    blocks = status.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Message) and str(block.get("Action", "")).strip().casefold().startswith("failed"):
            found = STATUS_CODE.search(str(block.get("Status", "")))
            yield found[1] if found else UNKNOWN_FAILURE


def _list_message_ids(report: Message, parts: list[Message]) -> Iterator[str]:
    """Yield the identifiers of the returned message: from its own headers, and from those of the report."""
    texts = [str(report.get(name, "")) for name in FIELDS_WITH_ID]
    for part in parts:
        if _is_status(part):
            blocks = part.get_payload()
            texts += [str(block.get("X-Original-Message-ID", "")) for block in blocks if isinstance(block, Message)]
        elif part.get_content_type() in {"message/rfc822", "message/global"}:
            texts += [str(each.get("Message-ID", "")) for each in part.get_payload() if isinstance(each, Message)]
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}:
            texts.append(_read_header_part(part))
    for text in texts:
        yield from MESSAGE_ID.findall(text)


def _read_header_part(part: Message) -> str:
    """Return the Message-ID of a part that holds the headers of the returned message as text."""
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        octets = str(part.get_payload()).encode()
    return str(message_from_bytes(octets, policy=compat32).get("Message-ID", ""))
