"""Statements that are signed: what a liaison statement becomes when it is acknowledged, and why one is refused."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from pydantic import ValidationError

from app.core.canonical_json import format_instant
from app.core.exchange.signed_statements import MalformedStatement, SignedStatement, build_envelope, decode_base64
from app.core.signing import PublicKey
from app.domain.transmissions.inputs import (
    ACKNOWLEDGMENT_FORMAT,
    LIAISON_FORMAT,
    MAX_STATEMENT_BYTES,
    OWN_ORGANIZATION,
    WITHDRAWAL_FORMAT,
    StatementPart,
    TransmittedFile,
    TransmittedLiaison,
    TransmittedWithdrawal,
)
from app.domain.transmissions.models import (
    OutgoingTransmission,
    ReceivedStatement,
    SentStatement,
    WithdrawalTransmission,
)

StatementT = TypeVar("StatementT", bound=StatementPart)


class RefusalCode(StrEnum):
    """Why an inbox refuses a transmission. The values are published."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown-key"
    NO_SUCH_GROUP = "no-such-group"
    NO_SUCH_LETTER = "no-such-letter"
    OTHER_BYTES = "other-bytes"
    TOO_LARGE = "too-large"
    FILE_REFUSED = "file-refused"
    TOO_MANY = "too-many"


class TransmissionProblem(StrEnum):
    """Why an organization has not acknowledged what was sent to it. The values are stored."""

    NO_COURIER = "no-courier"
    BAD_ADDRESS = "bad-address"
    NO_SUCH_HOST = "no-such-host"
    PRIVATE_ADDRESS = "private-address"
    NO_CONNECTION = "no-connection"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too-slow"
    ANSWER_TOO_LARGE = "too-large"
    NO_HTTP = "no-http"
    NO_INBOX = "no-inbox"
    LETTER_TOO_LARGE = "letter-too-large"
    REDIRECT = "redirect"
    REFUSED = "refused"
    REFUSED_NOW = "refused-now"
    NO_ACKNOWLEDGMENT = "no-acknowledgment"


FINAL_PROBLEMS = frozenset(
    {TransmissionProblem.NO_INBOX, TransmissionProblem.LETTER_TOO_LARGE, TransmissionProblem.REFUSED}
)
"""Problems that another attempt does not solve."""
LEASE: Final = timedelta(minutes=2)
"""Time for one attempt, after which another worker tries again what this one did not finish."""
FINAL_STATUSES = (400, 404, 409, 410, 413, 415, 422)
"""Statuses of an answer that another attempt does not change (docs/liaisons.md)."""


class TransmissionRefused(Exception):
    """An inbox refuses a transmission; `explanation` is in English, for those who run the program that sent it."""

    def __init__(self, code: RefusalCode, explanation: str) -> None:
        super().__init__(explanation)
        self.code, self.explanation = code, explanation


def parse_transmitted_liaison(signed: SignedStatement) -> TransmittedLiaison:
    """Parse the liaison statement of an envelope. Raises TransmissionRefused."""
    return _parse_statement(signed, TransmittedLiaison)


def parse_transmitted_withdrawal(signed: SignedStatement) -> TransmittedWithdrawal:
    """Parse the withdrawal of an envelope, which has no files. Raises TransmissionRefused."""
    if "files" in signed.envelope:
        raise TransmissionRefused(RefusalCode.MALFORMED, "a withdrawal has no files")
    return _parse_statement(signed, TransmittedWithdrawal)


def _parse_statement(signed: SignedStatement, model: type[StatementT]) -> StatementT:
    if len(signed.canonical) > MAX_STATEMENT_BYTES:
        raise TransmissionRefused(RefusalCode.TOO_LARGE, f"the statement has more than {MAX_STATEMENT_BYTES} bytes")
    try:
        return model.model_validate(signed.statement)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, fault["loc"])) or "statement"
        raise TransmissionRefused(RefusalCode.MALFORMED, f"{place}: {fault['msg']}") from error


def extract_files(signed: SignedStatement, liaison: TransmittedLiaison) -> Mapping[str, bytes]:
    """Return the bytes of the files of a liaison statement by their SHA-256, which is not compared here. Raises
    TransmissionRefused unless the envelope has each file in the size that the statement names, and no others."""
    enclosed = signed.envelope.get("files")
    if not isinstance(enclosed, dict) or set(enclosed) != {file.sha256 for file in liaison.files}:
        text = "files is not an object with exactly the files of the statement, by their sha256"
        raise TransmissionRefused(RefusalCode.MALFORMED, text)
    contents = {}
    for file in liaison.files:
        content = decode_base64(enclosed[file.sha256])
        if content is None or len(content) != file.size:
            text = f"files: {file.sha256} is not base64, or has another size than the statement names"
            raise TransmissionRefused(RefusalCode.MALFORMED, text)
        contents[file.sha256] = content
    return contents


def build_acknowledgment(letter: UUID, sha256: str, organization: str, at: datetime) -> dict[str, object]:
    """Build what the portal signs when it took in a liaison statement of an organization, or a withdrawal."""
    return {
        "format": ACKNOWLEDGMENT_FORMAT,
        "id": f"urn:uuid:{letter}",
        "sha256": sha256,
        "from": {"organization": OWN_ORGANIZATION},
        "to": {"organization": organization},
        "at": format_instant(at),
    }


@dataclass(frozen=True, slots=True)
class DepartingText:
    """What the letter to an organization says of a released text: its group, what is asked of the organization, and the
    identifier of the letter that it answers."""

    organization: str
    group: str
    wants: str
    symbol: str
    subject: Mapping[str, str]
    original: str
    in_reply_to: UUID | None
    reply_by: date | None
    access: str


def build_liaison_statement(
    letter: UUID, text: DepartingText, files: Sequence[TransmittedFile], at: datetime
) -> dict[str, object]:
    """Build what the portal signs when it sends a liaison statement to an organization."""
    return {
        "format": LIAISON_FORMAT,
        "id": f"urn:uuid:{letter}",
        "from": {"organization": OWN_ORGANIZATION, "group": text.group},
        "to": [{"organization": text.organization, "wants": text.wants}],
        "symbol": text.symbol,
        "subject": dict(text.subject),
        "original": text.original,
        "in_reply_to": f"urn:uuid:{text.in_reply_to}" if text.in_reply_to else None,
        "reply_by": text.reply_by.isoformat() if text.reply_by else None,
        "access": text.access,
        "sent_at": format_instant(at),
        "files": [file.model_dump() for file in files],
    }


def build_withdrawal_statement(
    withdrawal: UUID, letter: OutgoingTransmission, withdrawn_at: datetime, at: datetime
) -> dict[str, object]:
    """Build what the portal signs when it informs an organization that a letter was withdrawn; of the text it says only
    which letter brought it."""
    said = json.loads(letter.statement)
    return {
        "format": WITHDRAWAL_FORMAT,
        "id": f"urn:uuid:{withdrawal}",
        "from": said["from"],
        "to": [{"organization": letter.organization}],
        "withdraws": {"id": said["id"], "sha256": hashlib.sha256(letter.statement.encode()).hexdigest()},
        "withdrawn_at": format_instant(withdrawn_at),
        "sent_at": format_instant(at),
    }


def is_acknowledgment_of(answer: SignedStatement, sent: SentStatement, key: PublicKey) -> bool:
    """Return whether an answer is the acknowledgment of this statement, signed with this key of its receiver."""
    said, sender = answer.statement, answer.statement.get("from")
    digest = hashlib.sha256(sent.statement.encode()).hexdigest()
    return (
        answer.key == key
        and answer.is_signed_by_its_key
        and said.get("format") == ACKNOWLEDGMENT_FORMAT
        and (said.get("id"), said.get("sha256")) == (f"urn:uuid:{sent.id}", digest)
        and isinstance(sender, dict)
        and sender.get("organization") == sent.organization
    )


def classify_status(status: int) -> TransmissionProblem:
    """Return what a status without an acknowledgment means."""
    if status in FINAL_STATUSES:
        return TransmissionProblem.REFUSED
    if status in range(300, 400):
        return TransmissionProblem.REDIRECT
    return TransmissionProblem.NO_ACKNOWLEDGMENT if status in range(200, 300) else TransmissionProblem.REFUSED_NOW


def decode_letter(transmission: SentStatement) -> tuple[bytes, bytes]:
    """Return the canonical bytes of a statement, and its signature."""
    return transmission.statement.encode(), b64decode(transmission.signature)


def build_acknowledgment_envelope(transmission: ReceivedStatement) -> bytes:
    """Build the signed acknowledgment of what was received, the same bytes each time."""
    signature = b64decode(transmission.acknowledgment_signature)
    key = PublicKey.parse(transmission.acknowledgment_key)
    return build_envelope(transmission.acknowledgment.encode(), signature, key)


def build_letter_envelope(transmission: ReceivedStatement) -> bytes:
    """Build what was received as it was signed, without files."""
    signature = b64decode(transmission.signature)
    return build_envelope(transmission.statement.encode(), signature, PublicKey.parse(transmission.public_key))


def describe_departure(
    transmission: OutgoingTransmission, withdrawal: WithdrawalTransmission | None = None
) -> dict[str, object]:
    """Return the letter of a transmission without its files, and its withdrawal, each with its acknowledgment if there
    is one."""
    both = _describe_sent(transmission, "letter", "acknowledgment")
    if withdrawal is not None:
        both |= _describe_sent(withdrawal, "withdrawal", "withdrawal_acknowledgment")
    return both


def _describe_sent(transmission: SentStatement, name: str, acknowledged: str) -> dict[str, object]:
    statement, signature = decode_letter(transmission)
    letter = build_envelope(statement, signature, PublicKey.parse(transmission.public_key))
    if transmission.acknowledgment is None:
        return {name: json.loads(letter)}
    acknowledgment = build_envelope(
        transmission.acknowledgment.encode(),
        b64decode(transmission.acknowledgment_signature or ""),
        PublicKey.parse(transmission.acknowledgment_key or ""),
    )
    return {name: json.loads(letter), acknowledged: json.loads(acknowledgment)}


def describe_malformed(error: MalformedStatement) -> TransmissionRefused:
    """Return the refusal of what is no signed statement."""
    return TransmissionRefused(RefusalCode.MALFORMED, str(error))
