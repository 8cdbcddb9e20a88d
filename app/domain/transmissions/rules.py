"""Statements that are signed: what a liaison statement becomes when it is acknowledged, and why one is refused."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import ValidationError

from app.core.canonical_json import format_instant
from app.core.exchange.signed_statements import MalformedStatement, SignedStatement, build_envelope, decode_base64
from app.core.signing import PublicKey
from app.domain.transmissions.inputs import (
    ACKNOWLEDGMENT_FORMAT,
    MAX_STATEMENT_BYTES,
    OWN_ORGANIZATION,
    TransmittedLiaison,
)
from app.domain.transmissions.models import IncomingTransmission


class RefusalCode(StrEnum):
    """Why an inbox refuses a transmission. The values are published."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown-key"
    NO_SUCH_GROUP = "no-such-group"
    OTHER_BYTES = "other-bytes"
    TOO_LARGE = "too-large"
    FILE_REFUSED = "file-refused"
    TOO_MANY = "too-many"


class TransmissionRefused(Exception):
    """An inbox refuses a transmission; `explanation` is in English, for those who run the program that sent it."""

    def __init__(self, code: RefusalCode, explanation: str) -> None:
        super().__init__(explanation)
        self.code, self.explanation = code, explanation


def parse_transmitted_liaison(signed: SignedStatement) -> TransmittedLiaison:
    """Parse the liaison statement of an envelope. Raises TransmissionRefused."""
    if len(signed.canonical) > MAX_STATEMENT_BYTES:
        raise TransmissionRefused(RefusalCode.TOO_LARGE, f"the statement has more than {MAX_STATEMENT_BYTES} bytes")
    try:
        return TransmittedLiaison.model_validate(signed.statement)
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
    """Build what the portal signs when it took in a liaison statement of an organization."""
    return {
        "format": ACKNOWLEDGMENT_FORMAT,
        "id": f"urn:uuid:{letter}",
        "sha256": sha256,
        "from": {"organization": OWN_ORGANIZATION},
        "to": {"organization": organization},
        "at": format_instant(at),
    }


def build_acknowledgment_envelope(transmission: IncomingTransmission) -> bytes:
    """Build the signed acknowledgment of a transmission, the same bytes each time."""
    signature = b64decode(transmission.acknowledgment_signature)
    key = PublicKey.parse(transmission.acknowledgment_key)
    return build_envelope(transmission.acknowledgment.encode(), signature, key)


def build_letter_envelope(transmission: IncomingTransmission) -> bytes:
    """Build the letter of a transmission as it was signed, without its files."""
    signature = b64decode(transmission.signature)
    return build_envelope(transmission.statement.encode(), signature, PublicKey.parse(transmission.public_key))


def describe_malformed(error: MalformedStatement) -> TransmissionRefused:
    """Return the refusal of what is no signed statement."""
    return TransmissionRefused(RefusalCode.MALFORMED, str(error))
