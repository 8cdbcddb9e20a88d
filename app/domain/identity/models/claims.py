"""Strict parser of the claims of an identity provider about a person: a claim is read or rejected, never guessed.

Claims limit what a person may be; the roster says what they are. A person is identified by (issuer, subject) and
nothing else: e-mail addresses and names are for display (ASVS 6.8.1). A verified address leads to the invitation of the
person, once; what they receive then belongs to (issuer, subject).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

import structlog
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain import member_states

log = structlog.get_logger(__name__)

MAX_ROLES = 500
MAX_ROLE_LENGTH = 100


class MembershipCategory(StrEnum):
    """Categories of ITU membership, and of people outside it."""

    MEMBER_STATE = "member_state"
    RES99 = "res99"
    SECTOR_MEMBER = "sector_member"
    ASSOCIATE = "associate"
    ACADEMIA = "academia"
    ITU_STAFF = "itu_staff"
    EXTERNAL = "external"


OTHER_MEMBERSHIPS = (MembershipCategory.SECTOR_MEMBER, MembershipCategory.ASSOCIATE, MembershipCategory.ACADEMIA)
"""The categories of members that are no States: the portal knows their names from their people."""

# Roles that the portal knows: the capacities and offices of the roster. A role in a token grants none of them.
KNOWN_ROLES = frozenset(
    {"delegate", "head_of_delegation", "focal_point", "chair", "vice_chair", "secretary"}
    | {"general_secretariat", "tsb", "br", "bdt"}
)


def is_entity_of_category(membership: MembershipCategory, entity: str) -> bool:
    """Tell whether an entity may be of this category: one rule for tokens and roster.

    A Member State, or a participant under PP Resolution 99, is named by its code in the list of States. The code of a
    State names no one else: rights to what belongs to that State follow from it.
    """
    if membership is MembershipCategory.MEMBER_STATE:
        return entity in member_states.MEMBER_STATES
    if membership is MembershipCategory.RES99:
        return entity in member_states.RES99_CODES
    return not member_states.is_known_state(entity)


def _require_printable(value: str) -> str:
    """Raise ValueError for control characters, or spaces at the ends."""
    if not value.isprintable() or value != value.strip():
        raise ValueError("has signs that cannot be shown")
    return value


PrintableText = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_require_printable)]
OptionalPrintableText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_require_printable)]
SubjectIdentifier = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_require_printable)]
EmailAddress = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"), AfterValidator(_require_printable)
]
LocaleTag = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$")]
EntityCode = Annotated[str, StringConstraints(pattern=r"^([A-Z0-9][A-Z0-9-]{1,31})?$")]


class Claims(BaseModel):
    """The person who signed in, as described by their identity provider (the claims contract)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    issuer: PrintableText
    subject: SubjectIdentifier
    name: PrintableText
    email: EmailAddress
    locale: LocaleTag
    membership: MembershipCategory
    entity: EntityCode
    entity_name: OptionalPrintableText
    roles: frozenset[str]
    is_email_verified: bool = False
    """Whether the provider says of this very address that it belongs to the person; an invitation needs it."""

    @field_validator("entity", "entity_name")
    @classmethod
    def check_entity_present(cls, value: str, info: ValidationInfo) -> str:
        """Raise ValueError if the entity is empty for a person who is not external."""
        if not value and info.data.get("membership") is not MembershipCategory.EXTERNAL:
            raise ValueError("is empty")
        return value


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """The provider's name for each claim: a name, an address such as `https://id.example.org/entity`, or a path with
    dots such as `realm_access.roles`."""

    membership: str = "membership"
    entity: str = "entity"
    entity_name: str = "entity_name"
    roles: str = "roles"
    name: str = "name"
    email: str = "email"
    locale: str = "locale"
    email_verified: str = "email_verified"
    """Says that the address in `email` is verified; empty if the provider does not say so."""

    def claim_name_of_field(self, field: str) -> str:
        """Return the provider's name for a field of `Claims`."""
        claim_name = {"subject": "sub", "issuer": "iss"}.get(field) or getattr(self, field)
        return str(claim_name)


CLAIM_FIELDS = ("name", "email", "locale", "membership", "entity", "entity_name", "roles")
# Claims that decide about rights must not depend on which of two answers is believed.
CLAIMS_THAT_MUST_AGREE = ("membership", "entity")
OPTIONAL_FOR_EXTERNAL = ("entity", "entity_name")


class ClaimFault(StrEnum):
    """What is wrong with the claims about a person."""

    MISSING = "missing"
    MALFORMED = "malformed"
    CONTRADICTORY = "contradictory"
    UNKNOWN_ENTITY = "unknown-entity"


CLAIM_FAULT_REASONS: Mapping[ClaimFault, LazyText] = MappingProxyType(
    {
        ClaimFault.MISSING: _(
            "Your sign-in service did not provide all the information required. Missing: %(claims)s. Ask the "
            "administrator of that service, or the secretariat, to add it."
        ),
        ClaimFault.MALFORMED: _(
            "Your sign-in service provided information that cannot be used. Ask the administrator of that "
            "service, or the secretariat, to correct: %(claims)s."
        ),
        ClaimFault.CONTRADICTORY: _(
            "Your sign-in service provided contradictory information, so you were not signed in. Ask the "
            "administrator of that service, or the secretariat, to correct: %(claims)s."
        ),
        ClaimFault.UNKNOWN_ENTITY: _(
            "Your sign-in service names an entity that does not match your category of membership. A Member "
            "State is identified by its ISO 3166-1 alpha-3 code, and no other entity has such a code. Ask the "
            "administrator of that service, or the secretariat, to correct: %(claims)s."
        ),
    }
)


class UnusableClaims(BadRequest):
    """The claims about a person cannot be used. `claim_names` are those that are wrong, as the provider names them."""

    def __init__(self, fault: ClaimFault, claim_names: Sequence[str]) -> None:
        super().__init__(_(CLAIM_FAULT_REASONS[fault].message, claims=", ".join(claim_names)))
        self.fault = fault
        self.claim_names = tuple(claim_names)
        self.cause = f"claims-{fault}"
        """A short word for the log."""


def read_claims(
    issuer: str, token_claims: Mapping[str, object], userinfo: Mapping[str, object], names: ClaimNames
) -> Claims:
    """Read the claims about a person from the verified ID token and userinfo; the token wins if both have a claim.

    Raises UnusableClaims, naming the claims that are missing, malformed, or different in the two.
    """
    if userinfo and userinfo.get("sub") != token_claims.get("sub"):
        raise UnusableClaims(ClaimFault.CONTRADICTORY, ["sub"])
    values = {field: _look_up(field, names, token_claims, userinfo) for field in CLAIM_FIELDS}
    values |= {"issuer": issuer, "subject": token_claims.get("sub")}
    values |= {"is_email_verified": _is_email_verified(names, token_claims, userinfo)}
    if values["membership"] == MembershipCategory.EXTERNAL:
        values |= {field: values[field] or "" for field in OPTIONAL_FOR_EXTERNAL}
    if missing := [names.claim_name_of_field(field) for field, value in values.items() if value is None]:
        raise UnusableClaims(ClaimFault.MISSING, missing)
    return _validate_claims(values, names)


def _look_up(
    field: str, names: ClaimNames, token_claims: Mapping[str, object], userinfo: Mapping[str, object]
) -> object:
    """Return a claim from token or userinfo. Raises UnusableClaims if both differ in a claim that must agree."""
    path = names.claim_name_of_field(field)
    in_token, in_userinfo = _dig(token_claims, path), _dig(userinfo, path)
    if field in CLAIMS_THAT_MUST_AGREE and in_token is not None and in_userinfo is not None and in_token != in_userinfo:
        raise UnusableClaims(ClaimFault.CONTRADICTORY, [path])
    return in_userinfo if in_token is None else in_token


def _is_email_verified(names: ClaimNames, token_claims: Mapping[str, object], userinfo: Mapping[str, object]) -> bool:
    """Tell whether the answer from which the address is taken says, with `true` and nothing like it, that it is
    verified."""
    source = userinfo if _dig(token_claims, names.email) is None else token_claims
    return _dig(source, names.email_verified) is True


def _dig(source: Mapping[str, object], path: str) -> object:
    """Return a claim by its name or path. An address is a name as a whole, though it has dots; every other dot is a
    step, so that each claim has one place: a second one may be open to other people at the provider."""
    if "://" in path:
        return source.get(path)
    value: object = source
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _validate_claims(values: Mapping[str, object], names: ClaimNames) -> Claims:
    normalized = dict(values)
    normalized["membership"] = _parse_membership(values["membership"], names)
    normalized["roles"] = _filter_known_roles(values["roles"], names)
    try:
        claims = Claims.model_validate(normalized)
    except ValidationError as error:
        fields = {str(fault["loc"][0]) for fault in error.errors()}
        raise UnusableClaims(
            ClaimFault.MALFORMED, sorted(names.claim_name_of_field(field) for field in fields)
        ) from None
    if claims.entity and not is_entity_of_category(claims.membership, claims.entity):
        raise UnusableClaims(ClaimFault.UNKNOWN_ENTITY, [names.entity])
    return claims


def _parse_membership(value: object, names: ClaimNames) -> MembershipCategory:
    try:
        return MembershipCategory(str(value))
    except ValueError:
        raise UnusableClaims(ClaimFault.MALFORMED, [names.membership]) from None


def _filter_known_roles(value: object, names: ClaimNames) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > MAX_ROLES:
        raise UnusableClaims(ClaimFault.MALFORMED, [names.roles])
    roles = {role for role in value if isinstance(role, str) and len(role) <= MAX_ROLE_LENGTH}
    if len(roles) < len({str(role) for role in value}):
        raise UnusableClaims(ClaimFault.MALFORMED, [names.roles])
    if unknown := roles - KNOWN_ROLES:
        log.info("claims.roles_unknown", roles=sorted(unknown))
    return frozenset(roles & KNOWN_ROLES)
