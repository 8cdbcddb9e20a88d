"""Queries for organizations, and the one way to find the name of a party that is no State."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import CompoundSelect, Row, Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.database.combined_lists import read_statements_together
from app.core.db import ReadSession, add_row_lock
from app.core.errors import NotFound
from app.core.i18n import DEFAULT_LANGUAGE
from app.domain.identity.models.claims import OTHER_MEMBERSHIPS, MembershipCategory
from app.domain.identity.models.tables import Person
from app.domain.member_states import set_names_of_other_parties
from app.domain.organizations.inputs import OrganizationFilter
from app.domain.organizations.models import Organization, OrganizationKind
from app.domain.organizations.rules import choose_name

ORGANIZATION_CODE_PATTERN = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")
NAMES_BY_PEOPLE = (
    select(Person.entity, Person.entity_name)
    .where(Person.membership.in_(OTHER_MEMBERSHIPS), Person.entity_name != "")
    .ext(distinct_on(Person.entity))
    .order_by(Person.entity, Person.signed_in_at.desc().nulls_last(), Person.id)
)
"""The names of members that are no States, as the person who signed in last brought them."""
REGISTERED_NAMES = select(Organization.code, Organization.names, Organization.confirmed)


def select_codes_of_parties() -> CompoundSelect[str]:
    """Select the codes of all parties that are no States: of ITU, of the register, and of other members that have
    people here."""
    of_people = select(Person.entity).where(Person.membership.in_((*OTHER_MEMBERSHIPS, MembershipCategory.ITU_STAFF)))
    return select(Organization.code.label("code")).union(of_people)


class PartyNames:
    """The names of parties that are no States, read in one statement when the first is asked for: what the register
    confirms, otherwise what their people brought. Where a code is shown, the name is no secret."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._names: Mapping[str, Mapping[str, str]] | None = None

    def find(self, code: str, language: str) -> str | None:
        """Find the name of a party by its code; None if it has none, or none was read before the transaction ended."""
        if self._names is None and self._session.in_transaction() and self._session.is_active:
            self.read()
        names = self._names.get(code) if self._names else None
        return choose_name(names, language) if names else None

    def list_codes(self) -> list[str]:
        """List the codes of all parties that are no States, also of those without a confirmed name."""
        return list(self._names if self._names is not None else self.read())

    def read(self) -> Mapping[str, Mapping[str, str]]:
        """Read the names, for all texts that are made from now on."""
        self._names = index_names_of_parties(self._session)
        return self._names


def provide_party_names(session: ReadSession) -> PartyNames:
    """Let all texts that are made from now on, in this request or job, name parties that are no States."""
    names = PartyNames(session)
    set_names_of_other_parties(names.find)
    return names


def index_names_of_parties(session: ReadSession) -> Mapping[str, Mapping[str, str]]:
    """Return the names of parties that are no States by code and language; none of an organization whose names are to
    be confirmed, unless its people brought one."""
    by_people, registered = read_statements_together(session, [NAMES_BY_PEOPLE, REGISTERED_NAMES])
    names: dict[str, Mapping[str, str]] = {row.entity: {DEFAULT_LANGUAGE: row.entity_name} for row in by_people}
    for row in registered:
        confirmed = {language: row.names[language] for language in row.confirmed}
        names[row.code] = confirmed or names.get(row.code, {})
    return names


def list_organizations(session: ReadSession, filters: OrganizationFilter, today: date) -> Sequence[Organization]:
    """List the organizations of the register, by code, narrowed by kind and by whether they are in force today."""
    statement = select(Organization).order_by(Organization.code)
    if filters.kind:
        statement = statement.where(Organization.kind == filters.kind)
    if filters.force:
        ended = Organization.until_on < today
        statement = statement.where(ended if filters.force == "ended" else or_(Organization.until_on.is_(None), ~ended))
    return session.scalars(statement).all()


def list_unregistered_members(session: ReadSession) -> Sequence[Row[str, str, str]]:
    """List the members that are no States, that have people here and that the register lacks: code, the name that their
    people brought, and category."""
    statement: Select[str, str, str] = NAMES_BY_PEOPLE.add_columns(Person.membership)
    return session.execute(statement.where(Person.entity.not_in(select(Organization.code)))).all()


def get_organization(session: ReadSession, code: str, *, lock: bool = False) -> Organization:
    """Return the organization with this code; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = select(Organization).where(Organization.code == code)
    if lock:
        statement = add_row_lock(statement)
    organization = session.scalar(statement) if ORGANIZATION_CODE_PATTERN.fullmatch(code) else None
    if organization is None:
        raise NotFound()
    return organization


def suggest_entry(session: ReadSession, code: str) -> Mapping[str, str]:
    """Return what is known of a member that the register lacks: code, name and kind; nothing for any other code."""
    row = next((row for row in list_unregistered_members(session) if row.entity == code), None)
    if row is None:
        return {}
    return {"code": row.entity, "en": row.entity_name, "kind": OrganizationKind(row.membership)}
