"""Queries on addressees: those of an output, and the parties that one can be addressed to."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, select

from app.core import clock
from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.addressees.inputs import NewAddressee
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.rules import is_in_force
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import select_known_bodies
from app.domain.organizations.models import Organization


@list_of_thing
def list_addressee_rows(output_id: KeyParameter) -> Select[OutputAddressee]:
    """List the rows of the addressees of an output, in their order."""
    rows = select(OutputAddressee).where(OutputAddressee.output_id == output_id)
    return rows.order_by(OutputAddressee.position)


def select_organizations() -> Select[Organization]:
    """Select the organizations of the register, by code, also ended ones."""
    return select(Organization).order_by(Organization.code)


def select_other_bodies(actor: Actor, body_id: UUID) -> Select[Body]:
    """Select the bodies that the actor knows of but this one, in their order."""
    return select_known_bodies(actor).where(Body.id != body_id)


def find_organization(session: ReadSession, code: str) -> Organization | None:
    """Find an organization in force."""
    found = session.get(Organization, code)
    return found if found and is_in_force(found, clock.now().date()) else None


def find_known_body(session: ReadSession, actor: Actor, body_id: UUID, other: UUID) -> Body | None:
    """Find a body that the actor knows of and that is not this one."""
    return session.scalar(select_other_bodies(actor, body_id).where(Body.id == other))


def index_organizations(session: ReadSession, rows: Sequence[OutputAddressee]) -> Mapping[str, Organization]:
    """Return the organizations among addressees by code, also ended ones."""
    codes = [row.organization for row in rows if row.organization]
    found = session.scalars(select(Organization).where(Organization.code.in_(codes))) if codes else ()
    return {each.code: each for each in found}


def index_bodies(session: ReadSession, rows: Sequence[OutputAddressee | NewAddressee]) -> Mapping[UUID, Body]:
    """Return the bodies among addressees by id."""
    ids = [row.body_id for row in rows if row.body_id]
    found = session.scalars(select(Body).where(Body.id.in_(ids))) if ids else ()
    return {each.id: each for each in found}
