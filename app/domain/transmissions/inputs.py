"""A liaison statement, and its withdrawal, as programs of organizations sign them: formats `cwg-liaison/1` and
`cwg-liaison-withdrawal/1` (docs/liaisons.md).

What is not known here is ignored: later versions of the format may add members.
"""

import re
from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from app.core.validation import CalendarDay, LanguageCode, OneLine
from app.domain.addressees.models import RequestedAct

LIAISON_FORMAT: Final = "cwg-liaison/1"
WITHDRAWAL_FORMAT: Final = "cwg-liaison-withdrawal/1"
ACKNOWLEDGMENT_FORMAT: Final = "cwg-liaison-acknowledgment/1"
OWN_ORGANIZATION: Final = "ITU"
"""The code under which organizations address this portal."""
MAX_STATEMENT_BYTES: Final = 64 * 1024
"""Canonical bytes of a statement, without its files."""
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def _parse_urn(value: object) -> object:
    """Return the identifier of `urn:uuid:…`. Raises ValueError for anything else."""
    if not isinstance(value, str) or not _URN.fullmatch(value):
        raise ValueError("not urn:uuid: with a UUID in lower case")
    return UUID(value.removeprefix("urn:uuid:"))


Urn = Annotated[UUID, BeforeValidator(_parse_urn)]


def _parse_instant(value: object) -> object:
    """Return the text of an instant in UTC. Raises ValueError for anything else."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("not an instant in UTC")
    datetime.fromisoformat(value)
    return value


Instant = Annotated[str, BeforeValidator(_parse_instant)]
PartyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class StatementPart(BaseModel):
    """Base of the parts of a statement: frozen, ignoring what is not known."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Sender(StatementPart):
    """The organization that sends, its group, and whom to ask."""

    organization: PartyCode
    group: OneLine | None = None
    contact: OneLine | None = None


class Addressee(StatementPart):
    """An organization that is addressed, its group, and what it is asked for."""

    organization: PartyCode
    group: OneLine | None = None
    wants: RequestedAct


class TransmittedFile(StatementPart):
    """The text in one language: its bytes are in the envelope under their SHA-256."""

    language: LanguageCode
    media: OneLine
    name: OneLine
    size: Annotated[int, Field(ge=1, strict=True)]
    sha256: Sha256


class TransmittedLiaison(StatementPart):
    """A liaison statement from the program of an organization."""

    format: Literal["cwg-liaison/1"]
    id: Urn
    sender: Annotated[Sender, Field(alias="from")]
    to: Annotated[tuple[Addressee, ...], Field(min_length=1, max_length=100)]
    symbol: OneLine | None = None
    subject: dict[LanguageCode, OneLine]
    original: LanguageCode
    in_reply_to: Urn | None = None
    reply_by: CalendarDay | None = None
    access: Literal["addressees", "membership", "public"] = "addressees"
    sent_at: Instant
    files: Annotated[tuple[TransmittedFile, ...], Field(min_length=1, max_length=6)]

    @model_validator(mode="after")
    def check_languages(self) -> Self:
        """Raise ValueError unless subject and files have the original language, and the files one in each."""
        languages = [file.language for file in self.files]
        if self.original not in self.subject or self.original not in languages:
            raise ValueError("subject and files need the original language")
        if len(set(languages)) != len(languages):
            raise ValueError("files has two of one language")
        return self

    def list_own_addressees(self) -> list[Addressee]:
        """List the addressees of this portal."""
        return [each for each in self.to if each.organization == OWN_ORGANIZATION]


class WithdrawnLetter(StatementPart):
    """The letter that is withdrawn: its identifier and its digest."""

    id: Urn
    sha256: Sha256


class Party(StatementPart):
    """An organization that a withdrawal is addressed to."""

    organization: PartyCode


class TransmittedWithdrawal(StatementPart):
    """The withdrawal of a liaison statement, from the program of an organization."""

    format: Literal["cwg-liaison-withdrawal/1"]
    id: Urn
    sender: Annotated[Sender, Field(alias="from")]
    to: Annotated[tuple[Party, ...], Field(min_length=1, max_length=100)]
    withdraws: WithdrawnLetter
    withdrawn_at: Instant
    sent_at: Instant

    @property
    def is_addressed_here(self) -> bool:
        """Whether this portal is among its addressees."""
        return any(party.organization == OWN_ORGANIZATION for party in self.to)
