"""The addressees of an output as rows of a form: what was typed finds a party, or is kept as words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel

from app.core.i18n import LazyText
from app.domain.addressees.inputs import NewAddressee
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.rules import is_in_force
from app.domain.bodies.models import Body
from app.domain.organizations.models import Organization
from app.web.forms.parsing import parse_form

FIELD, WANTS, REPLY_BY, IN_REPLY_TO = (
    "addressee",
    "addressee_wants",
    "addressee_reply_by",
    "addressee_in_reply_to",
)
ADDRESSEE_FIELDS = (FIELD, WANTS, REPLY_BY, IN_REPLY_TO)
"""The fields of a row, each of which a form sends once for each row."""
SIMILAR_AT_MOST = 3

Party = Organization | Body


class AddresseeRows(BaseModel):
    """The rows as typed, field by field."""

    addressee: list[str] = []
    addressee_wants: list[str] = []
    addressee_reply_by: list[str] = []
    addressee_in_reply_to: list[str] = []


@dataclass(frozen=True, slots=True)
class PartyRegister:
    """The organizations and the other bodies, which what was typed is looked up in."""

    organizations: Sequence[Organization]
    bodies: Sequence[Body]

    @property
    def parties(self) -> list[Party]:
        """All of them, organizations first."""
        return [*self.organizations, *self.bodies]

    def find(self, typed: str) -> Party | None:
        """Find the party that has exactly this code, or exactly this confirmed name in any language."""
        words = _fold(typed)
        return next((each for each in self.parties if words in list_exact_names(each)), None)

    def list_in_force(self, day: date) -> Sequence[Party]:
        """List the parties that can be chosen on this day."""
        return [*(each for each in self.organizations if is_in_force(each, day)), *self.bodies]

    def list_similar(self, typed: str) -> Sequence[Party]:
        """List the first parties with a name that has all words that were typed."""
        wanted = _fold(typed).split()
        found = [
            each for each in self.parties if wanted and all(word in " ".join(list_exact_names(each)) for word in wanted)
        ]
        return found[:SIMILAR_AT_MOST]


def get_code(party: Party) -> str:
    """Return the code by which a form names a party."""
    return party.code if isinstance(party, Organization) else party.prefix


def list_exact_names(party: Party) -> list[str]:
    """List all by which a party is found, in small letters."""
    if isinstance(party, Organization):
        return [_fold(each) for each in (party.code, *(party.names[code] for code in party.confirmed))]
    return [_fold(each) for each in (party.prefix, party.code, *party.names.values())]


def _fold(typed: str) -> str:
    return " ".join(typed.split()).casefold()


def list_typed_rows(typed: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """List the rows as typed, also empty ones: addressee, what is asked, day, and liaison."""
    return list(zip_longest(*(typed.get(name) or [] for name in ADDRESSEE_FIELDS), fillvalue=""))


def parse_addressees(
    typed: Mapping[str, Any], register: PartyRegister
) -> tuple[list[NewAddressee], dict[str, LazyText]]:
    """Parse the rows that name somebody; returns the addressees, and the errors by field and row."""
    addressees: list[NewAddressee] = []
    errors: dict[str, LazyText] = {}
    for number, (words, wants, reply_by, in_reply_to) in enumerate(list_typed_rows(typed), 1):
        if not words.strip():
            continue
        party = register.find(words)
        values = {"wants": wants, "reply_by": reply_by, "in_reply_to": in_reply_to, **_name_party(party, words)}
        row = parse_form(NewAddressee, values)
        names = {"wants": WANTS, "reply_by": REPLY_BY, "in_reply_to": IN_REPLY_TO}
        errors |= {f"{names.get(name, FIELD)}-{number}": reason for name, reason in row.errors.items()}
        addressees += [row.value] if row.value else []
    return addressees, errors


def _name_party(party: Party | None, words: str) -> dict[str, object]:
    if isinstance(party, Organization):
        return {"organization": party.code}
    return {"body_id": party.id} if party else {"words": words}


def prefill_addressees(
    rows: Sequence[OutputAddressee | NewAddressee], bodies: Mapping[Any, Body]
) -> dict[str, list[str]]:
    """Return the fields of the rows as they are saved, or filled in."""
    return {
        FIELD: [
            row.organization or (bodies[row.body_id].prefix if row.body_id in bodies else row.words or "")
            for row in rows
        ],
        WANTS: [row.wants for row in rows],
        REPLY_BY: [row.reply_by.isoformat() if row.reply_by else "" for row in rows],
        IN_REPLY_TO: [str(row.in_reply_to or "") for row in rows],
    }
