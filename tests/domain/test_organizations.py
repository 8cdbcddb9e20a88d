"""The register of organizations: its first entries, who edits it, and how a party that is no State is named."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden, Stale
from app.core.journal import JournalLine
from app.domain.identity.models.tables import Person
from app.domain.member_states import EntityName, is_known_state
from app.domain.organizations import actions, queries
from app.domain.organizations.inputs import NewOrganization, OrganizationEnd, OrganizationEntry, OrganizationFilter
from app.domain.organizations.models import Organization
from tests.world import ISSUER, World, record_rows

FIRST_DAY = date(2026, 1, 1)
LANTERN = NewOrganization(
    code="LANTERN-TELECOM", kind="sector_member", en="Lantern", fr="Lanterne", confirmed=("fr",), from_on=FIRST_DAY
)


def add(world: World, new: NewOrganization = LANTERN) -> None:
    with world.acting("ines") as (session, actor):
        actions.create_organization(session, actor, new)


def bring_name(
    world: World, name: str, *, entity: str = "LANTERN-TELECOM", subject: str = "one", hours: int = 1
) -> None:
    with transaction(world.write) as session:
        brought = {"membership": "sector_member", "entity": entity, "entity_name": name}
        person = Person(issuer=ISSUER, subject=subject, name=subject, email="", locale="en", roles=[], **brought)
        person.signed_in_at = clock.now() - timedelta(hours=hours)
        session.add(person)
        record_rows(session)


def find_names(world: World, code: str) -> tuple[str, str, str]:
    """How pages in English, French and Arabic name a party."""
    with transaction(world.read) as session:
        queries.provide_party_names(session).read()
        en, fr, ar = (EntityName(code).translate(language) for language in ("en", "fr", "ar"))
        return en, fr, ar


def test_the_register_begins_with_the_organizations_of_liaisons_and_none_has_the_code_of_a_state(world: World) -> None:
    with transaction(world.read) as session:
        rows = queries.list_organizations(session, OrganizationFilter(), clock.now().date())

    by_code = {row.code: row for row in rows}
    assert len(rows) == 24
    assert not [code for code in by_code if is_known_state(code)]
    assert (by_code["IETF"].names["en"], by_code["IETF"].confirmed) == ("Internet Engineering Task Force", ["en"])
    assert by_code["ISOC"].confirmed == []


def test_only_a_secretary_edits_the_register_and_nothing_is_overwritten_unseen(world: World) -> None:
    for who in ("amina", "joseph", "laurent", "olga"):
        with pytest.raises(Forbidden), world.acting(who) as (session, actor):
            actions.create_organization(session, actor, LANTERN)
    add(world)
    with pytest.raises(BadRequest, match="This code cannot be used"):
        add(world)
    entry = OrganizationEntry(kind="sector_member", en="Lantern Group", confirmed=("en",), from_on=FIRST_DAY)
    with world.acting("ines") as (session, actor):
        row = queries.get_organization(session, "LANTERN-TELECOM", lock=True)
        actions.change_organization(session, actor, row, entry, version=1)
    with pytest.raises(Stale), world.acting("daniel") as (session, actor):
        row = queries.get_organization(session, "LANTERN-TELECOM", lock=True)
        actions.change_organization(session, actor, row, entry, version=1)

    with transaction(world.read) as session:
        events = session.scalars(select(JournalLine.event).order_by(JournalLine.seq.desc()).limit(2)).all()
        row = queries.get_organization(session, "LANTERN-TELECOM")
        assert (row.names, row.confirmed, row.version) == ({"en": "Lantern Group"}, ["en"], 2)
    assert events == ["organization:changed", "organization:added"]


def test_an_organization_ends_and_can_be_put_in_force_again(world: World) -> None:
    add(world)
    with pytest.raises(BadRequest, match="before the first day"), world.acting("ines") as (session, actor):
        row = queries.get_organization(session, "LANTERN-TELECOM")
        actions.end_organization(session, actor, row, OrganizationEnd(until_on=date(2025, 1, 1)), version=1)
    with world.acting("ines") as (session, actor):
        row = queries.get_organization(session, "LANTERN-TELECOM")
        actions.end_organization(session, actor, row, OrganizationEnd(until_on=date(2026, 2, 1)), version=1)

    def list_codes(force: str) -> set[str]:
        with transaction(world.read) as session:
            return {
                each.code for each in queries.list_organizations(session, OrganizationFilter(force=force), FIRST_DAY)
            }

    with transaction(world.read) as session:
        later = queries.list_organizations(session, OrganizationFilter(force="ended"), date(2026, 2, 2))
    assert [each.code for each in later] == ["LANTERN-TELECOM"]
    assert "LANTERN-TELECOM" in list_codes("in-force")  # on its last days
    assert find_names(world, "LANTERN-TELECOM")[1] == "Lanterne"

    with pytest.raises(Conflict, match="already been ended"), world.acting("ines") as (session, actor):
        row = queries.get_organization(session, "LANTERN-TELECOM")
        actions.end_organization(session, actor, row, OrganizationEnd(until_on=date(2026, 3, 1)), version=2)
    with world.acting("ines") as (session, actor):
        actions.restore_organization(session, actor, queries.get_organization(session, "LANTERN-TELECOM"))
    with transaction(world.read) as session:
        assert session.get_one(Organization, "LANTERN-TELECOM").until_on is None


def test_a_party_is_named_as_the_register_confirms_it_otherwise_as_its_people_brought_it(world: World) -> None:
    bring_name(world, "Lantern before", subject="older", hours=2)
    bring_name(world, "Lantern from its people", subject="newest", hours=1)
    bring_name(world, "", subject="nameless", hours=0)
    assert find_names(world, "LANTERN-TELECOM") == ("Lantern from its people",) * 3
    add(world)
    assert find_names(world, "LANTERN-TELECOM") == ("Lanterne",) * 3  # the English name is to be confirmed


def test_a_name_to_be_confirmed_is_shown_in_the_register_alone(world: World) -> None:
    assert find_names(world, "ISOC") == ("ISOC",) * 3
    assert find_names(world, "IETF")[0] == "Internet Engineering Task Force"
    assert find_names(world, "KEN")[1] == "Kenya"


def test_members_that_have_people_and_no_entry_are_listed_until_they_are_added(world: World) -> None:
    bring_name(world, "Lantern Telecom")
    bring_name(world, "Acme Networks", entity="ACME", subject="two")
    with transaction(world.read) as session:
        assert {row.entity for row in queries.list_unregistered_members(session)} >= {"LANTERN-TELECOM", "ACME"}
        assert dict(queries.suggest_entry(session, "ACME")) == {
            "code": "ACME",
            "en": "Acme Networks",
            "kind": "sector_member",
        }
        assert dict(queries.suggest_entry(session, "IETF")) == {}
    add(world)
    with transaction(world.read) as session:
        entities = {row.entity for row in queries.list_unregistered_members(session)}
    assert "ACME" in entities
    assert "LANTERN-TELECOM" not in entities


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"en": None, "fr": None, "confirmed": ()}, "at least one language"),
        ({"confirmed": ("ru",)}, "marked as confirmed"),
        ({"code": "KEN"}, "cannot be used"),
        ({"code": "ITU"}, "cannot be used"),
        ({"code": "new"}, "cannot be used"),
        ({"address": "no address"}, "complete e-mail address"),
        ({"address": "x@y"}, "complete e-mail address"),
    ],
)
def test_an_entry_needs_a_name_and_a_code_that_is_no_states(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        NewOrganization(**LANTERN.model_dump() | change)
