"""What an approval states: the ID token of the sign-in that was made for it names the digest of this as its nonce.

So the identity provider signs, without knowing it, what its person approved: the adopted text, or a translation of it.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.hashing import hash_secret
from app.core.i18n import lazy_gettext as _
from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Output, OutputTranslation

SIGN_IN_TO_APPROVE = _("First sign in again for this approval: the sign-in then names the text that you approve.")
PURPOSE, TRANSLATION_PURPOSE = "approval", "translation-approval"
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

    `text` is the digest of the adopted text; `symbol` and `adopted_on` (an ISO date) are those of the adoption, both
    empty in a statement from before they were part of it. Of the approval of a translation, `translation` is its digest
    with its title, `file` that of its file, and `language` its language; of a text they are empty. `random` are 128
    random bits: the identity provider cannot find out from the nonce what is approved, and no nonce is used twice.
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
    language: str = ""
    translation: str = ""
    file: str = ""
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

    @property
    def approved_digest(self) -> str:
        """The digest of what is approved: of the translation, or else of the adopted text."""
        return self.translation or self.text

    def is_about(self, output: Output, person: Person, translation: OutputTranslation | None = None) -> bool:
        """Tell whether it states that this person approves the adopted text of this output, under its symbol and as
        adopted on its day; or this translation of it, as it is now."""
        return self == build_approval_statement(
            output, person, translation, portal=self.portal, random_bits=self.random
        )

    def was_about(self, output: Output, person: Person, translation: OutputTranslation | None = None) -> bool:
        """Tell whether it is about this, in its form of now or of before it contained symbol and day of the adoption.

        Only for what the worker verified: it verifies nothing new in the earlier form. There was none for translations.
        """
        if self.symbol or self.adopted_on or translation:
            return self.is_about(output, person, translation)
        return replace(self, symbol=str(output.symbol), adopted_on=str(output.adopted_on)).is_about(output, person)


def build_approval_statement(
    output: Output, person: Person, translation: OutputTranslation | None = None, *, portal: str, random_bits: str
) -> ApprovalStatement:
    """Build the statement that this person approves the adopted text of an output, or this translation of it."""
    statement = ApprovalStatement(
        portal=portal,
        body=str(output.body_id),
        output=str(output.id),
        text=str(output.text_digest),
        issuer=person.issuer,
        subject=person.subject,
        random=random_bits,
        symbol=str(output.symbol),
        adopted_on=str(output.adopted_on),
    )
    if translation is None:
        return statement
    return replace(
        statement,
        purpose=TRANSLATION_PURPOSE,
        language=translation.language,
        translation=translation.digest,
        file=translation.sha256,
    )


@dataclass(frozen=True, slots=True)
class ApprovalProof:
    """The verified ID token of a sign-in, and the statement for which it was made."""

    id_token: str
    statement: ApprovalStatement


def read_kept_sign_in(
    kept: Mapping[str, str] | None, output: Output, person: Person, translation: OutputTranslation | None = None
) -> ApprovalProof | None:
    """Read the sign-in that a session keeps for an approval; None if it was for another one, or too long ago."""
    statement = ApprovalStatement.parse(kept["statement"]) if kept else None
    if kept is None or statement is None or not statement.is_about(output, person, translation):
        return None
    if clock.now() - datetime.fromisoformat(kept["at"]) > APPROVAL_WINDOW:
        return None
    return ApprovalProof(kept["id_token"], statement)


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """An approval as it is stored, of an output or of a translation of it, with what it approves and who gave it.

    `digest` is that of the text, or of the translation, that was approved.
    """

    output: Output
    person: Person
    digest: str
    approved_at: datetime
    id_token: str | None
    statement: str | None
    translation: OutputTranslation | None = None

    @property
    def token_digest(self) -> str:
        """The SHA-256 of the ID token in hexadecimal; empty without one."""
        return hash_secret(self.id_token) if self.id_token else ""

    @property
    def is_bound(self) -> bool:
        """Whether the nonce of the ID token is that of its statement, and that is about this output or translation and
        this person. The signature of the token is not looked at: only for what the worker verified."""
        statement = ApprovalStatement.parse(self.statement or "")
        if statement is None or not statement.was_about(self.output, self.person, self.translation):
            return False
        return statement.approved_digest == self.digest and _read_nonce(self.id_token or "") == statement.nonce


def _read_nonce(id_token: str) -> object:
    """Read the nonce of an ID token without verifying it; None if there is none."""
    try:
        payload = id_token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError, RecursionError):
        return None
    return claims.get("nonce") if isinstance(claims, dict) else None
