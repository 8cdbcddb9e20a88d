"""Editing of the register of organizations. None is ever deleted, since documents and people name them."""

from sqlalchemy.dialects.postgresql import insert

from app.core import journal
from app.core.db import WriteSession
from app.core.errors import BadRequest, require_version
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.organizations import events, queries, rules
from app.domain.organizations.inputs import NewOrganization, OrganizationEnd, OrganizationEntry
from app.domain.organizations.models import Organization


def create_organization(session: WriteSession, actor: Actor, new: NewOrganization) -> Organization:
    """Add an organization to the register. Raises BadRequest if its code is taken."""
    rules.EDIT.require(actor, None)
    statement = insert(Organization).values(code=new.code, version=1, **_values(new))
    if session.scalar(statement.on_conflict_do_nothing().returning(Organization.code)) is None:
        raise BadRequest(_("This code cannot be used. Enter another code."))
    journal.record_event(session, actor, events.OrganizationAdded(new.code))
    return queries.get_organization(session, new.code)


def change_organization(
    session: WriteSession, actor: Actor, organization: Organization, entry: OrganizationEntry, *, version: int
) -> None:
    """Change what the register says of an organization, for all pages that name it. Raises Stale, BadRequest."""
    rules.EDIT.require(actor, organization)
    require_version(organization.version, version)
    _require_order(organization, entry)
    changed = {name: value for name, value in _values(entry).items() if getattr(organization, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(organization, name, value)
    organization.version += 1
    journal.record_event(session, actor, events.OrganizationChanged(organization.code, organization.version))


def end_organization(
    session: WriteSession, actor: Actor, organization: Organization, end: OrganizationEnd, *, version: int
) -> None:
    """End an organization: from the next day it cannot be chosen, and what names it keeps its name. Raises Stale,
    BadRequest."""
    rules.END.require(actor, organization)
    require_version(organization.version, version)
    if organization.from_on and end.until_on < organization.from_on:
        raise BadRequest(_("The last day is before the first day."))
    organization.until_on = end.until_on
    organization.version += 1
    journal.record_event(session, actor, events.OrganizationEnded(organization.code, end.until_on))


def restore_organization(session: WriteSession, actor: Actor, organization: Organization) -> None:
    """Put an ended organization in force again."""
    rules.RESTORE.require(actor, organization)
    organization.until_on = None
    organization.version += 1
    journal.record_event(session, actor, events.OrganizationRestored(organization.code))


def _require_order(organization: Organization, entry: OrganizationEntry) -> None:
    """Raise BadRequest if the first day would be after the last."""
    if organization.until_on and entry.from_on and organization.until_on < entry.from_on:
        raise BadRequest(_("The last day is before the first day."))


def _values(entry: OrganizationEntry) -> dict[str, object]:
    return {
        "kind": entry.kind.value,
        "names": entry.names,
        "confirmed": [language for language in LANGUAGES if language in entry.confirmed],
        "contact": entry.contact or "",
        "address": entry.address or "",
        "from_on": entry.from_on,
    }
