"""The one strict reader of what an identity provider says about a person: read, or refused by name; never guessed.

Claims say what somebody may be at the most; what they are is in our roster. Who they are is (issuer, subject) and
nothing else: mail addresses and names are for display (ASVS 6.8.1).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
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

from app.core.errors import Unacceptable
from app.core.i18n import say

log = structlog.get_logger(__name__)

ROLES_AT_MOST = 500
LONGEST_ROLE = 100
ALPHA_3 = re.compile(r"[A-Z]{3}")


class Membership(StrEnum):
    """The categories of ITU membership, and of people beside it."""

    MEMBER_STATE = "member_state"
    RES99 = "res99"
    SECTOR_MEMBER = "sector_member"
    ASSOCIATE = "associate"
    ACADEMIA = "academia"
    ITU_STAFF = "itu_staff"
    EXTERNAL = "external"


# Roles that mean something to this house; they are the capacities and offices of the roster, and grant none of them.
KNOWN_ROLES = frozenset(
    {"delegate", "head_of_delegation", "focal_point", "chair", "vice_chair", "secretary"}
    | {"general_secretariat", "tsb", "br", "bdt"}
)
NAMED_BY_ALPHA_3 = frozenset({Membership.MEMBER_STATE, Membership.RES99})


def _printable(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("has signs that cannot be shown")
    return value


Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
MaybeWord = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_printable)]
Address = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"), AfterValidator(_printable)]
Locale = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$")]
Entity = Annotated[str, StringConstraints(pattern=r"^([A-Z0-9][A-Z0-9-]{1,31})?$")]


class Claims(BaseModel):
    """Who signed in, as their identity provider describes them (the claims contract)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    issuer: Word
    subject: Subject
    name: Word
    email: Address
    locale: Locale
    membership: Membership
    entity: Entity
    entity_name: MaybeWord
    roles: frozenset[str]

    @field_validator("entity", "entity_name")
    @classmethod
    def only_external_people_belong_to_nobody(cls, value: str, told: ValidationInfo) -> str:
        if not value and told.data.get("membership") is not Membership.EXTERNAL:
            raise ValueError("is empty")
        return value

    @field_validator("entity")
    @classmethod
    def states_are_named_by_alpha_3(cls, value: str, told: ValidationInfo) -> str:
        if told.data.get("membership") in NAMED_BY_ALPHA_3 and not ALPHA_3.fullmatch(value):
            raise ValueError("is no ISO 3166 alpha-3 code")
        return value


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Where each claim is found: a name, or a path with dots such as `realm_access.roles`."""

    membership: str = "membership"
    entity: str = "entity"
    entity_name: str = "entity_name"
    roles: str = "roles"
    name: str = "name"
    email: str = "email"
    locale: str = "locale"

    def where(self, field: str) -> str:
        """The provider's name for a field of ours."""
        found = {"subject": "sub", "issuer": "iss"}.get(field) or getattr(self, field)
        return str(found)


FIELDS = ("name", "email", "locale", "membership", "entity", "entity_name", "roles")
# What decides rights must not depend on which of two answers is believed.
MUST_AGREE = ("membership", "entity")
MAY_BE_EMPTY_FOR_EXTERNAL = ("entity", "entity_name")


def read_claims(
    issuer: str, token_claims: Mapping[str, object], userinfo: Mapping[str, object], names: ClaimNames
) -> Claims:
    """What is said about the person, from the verified ID token and userinfo; the token wins where both speak.

    Raises Unacceptable, naming the claims: missing, malformed, or told differently by the two.
    """
    if userinfo and userinfo.get("sub") != token_claims.get("sub"):
        raise _contradictory(["sub"])
    found = {field: _look_up(field, names, token_claims, userinfo) for field in FIELDS}
    found |= {"issuer": issuer, "subject": token_claims.get("sub")}
    if found["membership"] == Membership.EXTERNAL:
        found |= {field: found[field] or "" for field in MAY_BE_EMPTY_FOR_EXTERNAL}
    if missing := [names.where(field) for field, value in found.items() if value is None]:
        raise Unacceptable(
            say(
                "Your sign-in service did not tell us everything that we need. Missing: %(claims)s. "
                "Please ask the people who run it, or the secretariat, to add what is missing.",
                claims=", ".join(missing),
            )
        )
    return _checked(found, names)


def _look_up(
    field: str, names: ClaimNames, token_claims: Mapping[str, object], userinfo: Mapping[str, object]
) -> object:
    place = names.where(field)
    in_token, in_userinfo = _dig(token_claims, place), _dig(userinfo, place)
    if field in MUST_AGREE and in_token is not None and in_userinfo is not None and in_token != in_userinfo:
        raise _contradictory([place])
    return in_userinfo if in_token is None else in_token


def _dig(source: Mapping[str, object], place: str) -> object:
    """By the whole name first: some providers name claims by addresses, which have dots of their own."""
    if place in source:
        return source[place]
    found: object = source
    for step in place.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def _checked(found: Mapping[str, object], names: ClaimNames) -> Claims:
    given = dict(found)
    given["membership"] = _membership(found["membership"], names)
    given["roles"] = _known_roles(found["roles"], names)
    try:
        return Claims.model_validate(given)
    except ValidationError as error:
        fields = {str(fault["loc"][0]) for fault in error.errors()}
        raise _malformed(sorted(names.where(field) for field in fields)) from None


def _membership(value: object, names: ClaimNames) -> Membership:
    try:
        return Membership(str(value))
    except ValueError:
        raise _malformed([names.membership]) from None


def _known_roles(value: object, names: ClaimNames) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > ROLES_AT_MOST:
        raise _malformed([names.roles])
    given = {role for role in value if isinstance(role, str) and len(role) <= LONGEST_ROLE}
    if len(given) < len({str(role) for role in value}):
        raise _malformed([names.roles])
    if unknown := given - KNOWN_ROLES:
        log.info("claims.roles_unknown", roles=sorted(unknown))
    return frozenset(given & KNOWN_ROLES)


def _malformed(places: Iterable[str]) -> Unacceptable:
    return Unacceptable(
        say(
            "Your sign-in service told us something that we cannot use. Please ask the people who run it, "
            "or the secretariat, to correct: %(claims)s.",
            claims=", ".join(places),
        )
    )


def _contradictory(places: Iterable[str]) -> Unacceptable:
    return Unacceptable(
        say(
            "Your sign-in service told us two different things, so you were not signed in. Please ask the people who "
            "run it, or the secretariat, to correct: %(claims)s.",
            claims=", ".join(places),
        )
    )
