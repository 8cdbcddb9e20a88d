"""What an approval states: the ID token of the sign-in that was made for it names the digest of this as its nonce.

So the identity provider signs, without knowing it, what its person approved.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Self

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.hashing import hash_secret
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output

PURPOSE = "approval"
APPROVAL_WINDOW = timedelta(minutes=10)
"""How long after the sign-in that was made for it an approval is accepted."""
MAX_SIGN_IN_AGE = timedelta(minutes=1)
"""How long before the issue of its ID token the person may have authenticated. A provider that knows them from earlier
would answer without asking them."""
LONGEST_RETURN = timedelta(minutes=1)
"""How long after the issue of its ID token the browser may come back."""


@dataclass(frozen=True, slots=True)
class ApprovalStatement:
    """What is approved by whom, at which portal.

    `symbol` and `adopted_on` (an ISO date) are those of the adoption; both are empty in a statement from before they
    were part of it. `random` are 128 random bits: the identity provider cannot find out from the nonce what is
    approved, and no nonce is used twice.
    """

    portal: str
    body: str
    output: str
    text: str
    issuer: str
    subject: str
    random: str
    symbol: str = ""
    adopted_on: str = ""
    purpose: str = PURPOSE

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse a statement; None for any text that is not exactly what `to_json` writes."""
        try:
            fields = json.loads(text)
            statement = cls(**fields)
            are_texts = all(isinstance(value, str) for value in fields.values())
            return statement if are_texts and statement.to_json() == text else None
        except (ValueError, TypeError, RecursionError):  # also a text that UTF-8 cannot encode
            return None

    def to_json(self) -> str:
        """Write the statement as canonical JSON, without what it does not state."""
        return to_canonical_json({name: value for name, value in asdict(self).items() if value}).decode()

    @property
    def nonce(self) -> str:
        """The SHA-256 of the statement in hexadecimal: the nonce of the ID token."""
        return hash_secret(self.to_json())

    def is_about(self, output: Output, person: Person) -> bool:
        """Tell whether it states that this person approves the adopted text of this output, under its symbol and as
        adopted on its day."""
        adoption = (output.symbol, str(output.adopted_on))
        return self._is_about_text(output, person) and (self.symbol, self.adopted_on) == adoption

    def was_about(self, output: Output, person: Person) -> bool:
        """Tell whether it is about this, in its form of now or of before it contained symbol and day of the adoption.

        Only for what the worker verified: it verifies nothing new in the earlier form.
        """
        is_of_before = not self.symbol and not self.adopted_on
        return self.is_about(output, person) or (is_of_before and self._is_about_text(output, person))

    def _is_about_text(self, output: Output, person: Person) -> bool:
        return (self.purpose, self.body, self.output, self.text, self.issuer, self.subject) == (
            PURPOSE,
            str(output.body_id),
            str(output.id),
            output.text_digest,
            person.issuer,
            person.subject,
        )


@dataclass(frozen=True, slots=True)
class ApprovalProof:
    """The verified ID token of a sign-in, and the statement for which it was made."""

    id_token: str
    statement: ApprovalStatement


def read_kept_sign_in(kept: Mapping[str, str] | None, output: Output, person: Person) -> ApprovalProof | None:
    """Read the sign-in that a session keeps for an approval; None if it was for another one, or too long ago."""
    statement = ApprovalStatement.parse(kept["statement"]) if kept else None
    if kept is None or statement is None or not statement.is_about(output, person):
        return None
    if clock.now() - datetime.fromisoformat(kept["at"]) > APPROVAL_WINDOW:
        return None
    return ApprovalProof(kept["id_token"], statement)
