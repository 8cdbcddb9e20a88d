"""The settings that are keys and secrets: which key signs for which purpose, whose signatures are accepted, and what a
process needs before it starts.

This module reads nothing: `app.settings.Settings`, which has these settings too, reads the environment.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from app.core.addresses import LOOPBACK_HOSTS
from app.core.signing import PublicKey, PublicKeysByPurpose, Signer, SigningPurpose, decode_key
from app.domain.ledger.rules.signed_notes import NoteVerifier, SignatureType

# "aaecawqf" is how the published key of docs/receipts.md begins.
WEAK_SECRET_PREFIXES = {"changeme", "secret", "password", "default", "test", "aaecawqf"}
PRIVATE_KEY_SETTINGS: Final = MappingProxyType(
    {
        SigningPurpose.RECEIPTS: "receipt_key",
        SigningPurpose.RELEASES: "release_key",
        SigningPurpose.LEDGER: "ledger_key",
    }
)
PUBLIC_KEY_SETTINGS: Final = MappingProxyType(
    {
        SigningPurpose.RECEIPTS: "receipt_public_keys",
        SigningPurpose.RELEASES: "release_public_keys",
        SigningPurpose.LEDGER: "ledger_public_keys",
    }
)
CLIENT_SECRETS: Final = frozenset({"oidc_client_secret", "read_oidc_client_secret"})


def split_commas(value: object) -> object:
    """Split a comma-separated text into a tuple."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_commas)]
"""Values that the environment has in one text."""


class KeySettings(BaseModel):
    """The keys and secrets among the settings; and `portal_url`, which is in each statement that is signed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    portal_url: str = Field(
        "http://127.0.0.1:8000", description="Public address of the portal; any other Host is refused."
    )
    session_secret: SecretStr = Field(
        SecretStr(""), description="Key of the portal's form tokens and sign-ins; 32 characters or more."
    )
    read_session_secret: SecretStr = Field(
        SecretStr(""), description="Key of the read path's cookies; 32 characters or more."
    )
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="The portal's client secret; it may be empty on loopback only."
    )
    read_oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="The read path's client secret; empty: the portal's."
    )
    receipt_key: SecretStr = Field(
        SecretStr(""),
        description="Private Ed25519 key that signs the receipts of what people do, for the portal alone: 32 random"
        " bytes in base64 (openssl rand -base64 32).",
    )
    release_key: SecretStr = Field(
        SecretStr(""),
        description="Private Ed25519 key that signs releases and their receipts, for the worker alone, and for"
        " `python -m app copy`.",
    )
    ledger_key: SecretStr = Field(
        SecretStr(""),
        description="Private Ed25519 key that signs heads of the ledger, for the worker alone, and backups.",
    )
    receipt_public_keys: CommaSeparated = Field(
        (),
        description="Public keys of receipts, in base64, separated by commas, for every process: the one that signs now"
        " first, then the others, whose signatures are valid too. Empty only where the private key is.",
    )
    release_public_keys: CommaSeparated = Field(
        (), description="Public keys of releases, likewise. The read path shows what one of them signed."
    )
    ledger_public_keys: CommaSeparated = Field(
        (), description="Public keys of the ledger's heads and of backups, likewise."
    )
    mail_secret: SecretStr = Field(
        SecretStr(""),
        description="Key of the addresses in e-mails with which a person stops them, the same for portal and worker;"
        " 32 characters or more. Needed if e-mail is sent.",
    )
    witnesses: CommaSeparated = Field(
        (),
        description="Witnesses of the ledger's heads, separated by commas: of each its address and, after a space, its"
        " verifier key (name+id+key), as `python -m app witness` prints it.",
    )
    witness_key: SecretStr = Field(
        SecretStr(""),
        description="For `python -m app witness`, wherever that runs: its private Ed25519 key, 32 random bytes in"
        " base64; never the portal's.",
    )
    witness_name: str = Field(
        "", pattern=r"^[^\s+]*$", description="The name under which the witness signs, such as witness.example.org/w1."
    )
    witness_store: str = Field(
        "/var/lib/cwg-witness", description="Folder in which the witness keeps the last head of each ledger."
    )
    witnessed: CommaSeparated = Field(
        (),
        description="Verifier keys (name+id+key), separated by commas, of the ledgers that the witness watches: those"
        " of the portal's page of keys.",
    )

    # Those of the portal are checked where they are used: a process ignores the keys of others.
    @field_validator("witness_key")
    @classmethod
    def check_private_key(cls, value: SecretStr) -> SecretStr:
        """Raise ValueError unless the secret is empty or an Ed25519 key."""
        if value.get_secret_value():
            decode_key(value.get_secret_value())
        return value

    @field_validator("receipt_public_keys", "release_public_keys", "ledger_public_keys")
    @classmethod
    def check_public_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Raise ValueError unless all are public Ed25519 keys in base64."""
        for text in value:
            decode_key(text)
        return value

    @field_validator("witnesses")
    @classmethod
    def check_witnesses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Raise ValueError unless each entry is an https address and the verifier key of a witness."""
        for address, verifier in map(parse_witness, value):
            parts = urlsplit(address)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError(f"{address!r} is no address: write https://… and, after a space, the verifier key")
            if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
                raise ValueError(f"{address} must be https: plain http is for loopback only")
            if verifier.signature_type != SignatureType.COSIGNATURE:
                raise ValueError(f"{verifier.name} is not a witness's key")
        return value

    @field_validator("witnessed")
    @classmethod
    def check_ledger_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Raise ValueError unless all are verifier keys."""
        for text in value:
            NoteVerifier.parse_vkey(text)
        return value

    @model_validator(mode="after")
    def require_separate_secrets(self) -> Self:
        """Raise ValueError if two secrets are equal. Portal and read path may be one client of the provider."""
        named: dict[bytes, str] = {}
        for name, secret in self._list_secrets():
            other = named.setdefault(_decode_secret(secret), name)
            if other != name and {name, other} != CLIENT_SECRETS:
                raise ValueError(
                    f"CWG_{other.upper()} and CWG_{name.upper()} must differ: each secret is for one thing"
                )
        return self

    @model_validator(mode="after")
    def require_secrets_that_sign_nothing(self) -> Self:
        """Raise ValueError if a secret that is no key of the portal is the private half of a listed public key, such as
        the one key of earlier versions: its process could sign with it."""
        lists = {purpose: self.list_configured_keys(purpose) for purpose in SigningPurpose}
        for name, secret in self._list_secrets():
            public = None if name in PRIVATE_KEY_SETTINGS.values() else _find_public_half(secret)
            if purpose := next((each for each, listed in lists.items() if public in listed), None):
                raise ValueError(
                    f"CWG_{name.upper()} is the private half of a key in CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()}, so"
                    " its process could sign with it; use 32 random characters"
                )
        return self

    def _list_secrets(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the value of each secret that is set."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr) and value.get_secret_value():
                yield name, value.get_secret_value()

    @property
    def witness_names(self) -> tuple[str, ...]:
        """Names under which the configured witnesses sign."""
        return tuple(verifier.name for _, verifier in map(parse_witness, self.witnesses))

    def require_keys(
        self, *, signing: Collection[SigningPurpose] = (), verifying: Iterable[SigningPurpose] = ()
    ) -> None:
        """Raise ValueError unless the keys of these purposes are there (those that sign, private and first in their
        list; those that verify, in their list), and each key is for one purpose. No other private key is read."""
        for purpose in signing:
            self.require_strong_secrets(PRIVATE_KEY_SETTINGS[purpose])
            self.build_signer(purpose)
        for purpose in verifying:
            if purpose not in signing and not self.list_configured_keys(purpose):
                raise ValueError(_describe_missing_keys(purpose))
        needed = {*signing, *verifying}
        _require_one_purpose_for_each_key(
            {
                purpose: self.get_public_keys(purpose) if purpose in needed else self.list_configured_keys(purpose)
                for purpose in SigningPurpose
            }
        )

    def get_public_keys(self, purpose: SigningPurpose) -> tuple[PublicKey, ...]:
        """Return the public keys that are valid for a purpose, the one that signs now first: those of the list or, if
        that is empty, of the private key. Raises ValueError without any."""
        if listed := self.list_configured_keys(purpose):
            return listed
        if not getattr(self, PRIVATE_KEY_SETTINGS[purpose]).get_secret_value():
            raise ValueError(_describe_missing_keys(purpose))
        return self.build_signer(purpose).public_keys

    def list_public_keys_by_purpose(self) -> PublicKeysByPurpose:
        """Return the public keys of all purposes. Raises ValueError if a purpose has none."""
        return PublicKeysByPurpose(**{purpose.value: self.get_public_keys(purpose) for purpose in SigningPurpose})

    def build_signer(self, purpose: SigningPurpose) -> Signer:
        """Build the signer of a purpose. Raises ValueError without a private key, or if the list of its public keys
        does not begin with that of the private key."""
        name, list_name = PRIVATE_KEY_SETTINGS[purpose], PUBLIC_KEY_SETTINGS[purpose]
        try:
            signer = Signer.from_secret(
                self.portal_url, getattr(self, name).get_secret_value(), getattr(self, list_name)[1:]
            )
        except ValueError as error:
            raise ValueError(f"CWG_{name.upper()}: {error}") from error
        listed = self.list_configured_keys(purpose)
        if listed and listed[0] != signer.public_key:
            raise ValueError(
                f"CWG_{list_name.upper()} must begin with the public half of CWG_{name.upper()}, which is"
                f" {signer.public_key.text}"
            )
        return signer

    def list_configured_keys(self, purpose: SigningPurpose) -> tuple[PublicKey, ...]:
        """Return the public keys in the list of a purpose."""
        return tuple(map(PublicKey.parse, getattr(self, PUBLIC_KEY_SETTINGS[purpose])))

    def require_strong_secrets(self, *names: str) -> None:
        """Raise ValueError for a secret that is empty, short or easy to guess (ASVS 13.3.1)."""
        for name in names:
            value = getattr(self, name).get_secret_value()
            if (
                len(value) < 32
                or len(set(value)) < 8
                or any(value.lower().startswith(word) for word in WEAK_SECRET_PREFIXES)
            ):
                raise ValueError(f"CWG_{name.upper()} is empty, short or easy to guess; use 32 random characters")


def _decode_secret(secret: str) -> bytes:
    """Decode a key from base64, which can be written in several ways; any other secret is its own bytes."""
    try:
        return decode_key(secret)
    except ValueError:
        return secret.encode()


def _find_public_half(secret: str) -> PublicKey | None:
    """Return the public half of a secret, if this can be a private key."""
    try:
        return Signer.from_secret("", secret).public_key
    except ValueError:
        return None


def _require_one_purpose_for_each_key(keys: Mapping[SigningPurpose, Sequence[PublicKey]]) -> None:
    """Raise ValueError if a key is listed for more than one purpose.

    One may be: the key with which earlier versions signed everything. It signs no more, so it is behind the first in
    every list that there is.
    """
    lists = {purpose: listed for purpose, listed in keys.items() if listed}
    for key in dict.fromkeys(key for listed in lists.values() for key in listed):
        purposes = [purpose for purpose, listed in lists.items() if key in listed]
        is_of_earlier_versions = len(purposes) == len(lists) and all(key != listed[0] for listed in lists.values())
        if len(purposes) > 1 and not is_of_earlier_versions:
            names = " and ".join(f"CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()}" for purpose in purposes)
            raise ValueError(
                f"{key.text} is in {names}: create one key for each purpose. Only the one key of earlier versions,"
                " which signs no more, is for all three, in each list behind the first"
            )


def _describe_missing_keys(purpose: SigningPurpose) -> str:
    return f"CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()} is empty: give it the keys of the portal's page of keys"


def parse_witness(witness: str) -> tuple[str, NoteVerifier]:
    """Parse `address key` into address and verifier key of a witness. Raises ValueError for a key that is none."""
    address, _, key = witness.partition(" ")
    return address.rstrip("/"), NoteVerifier.parse_vkey(key)
