"""The secretariat keeps who facilitates the action lines, on pages."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from app.core.db import transaction
from app.domain.mandates.models import Facilitation
from tests.browser import Browser
from tests.web.documents.test_register import visible_text
from tests.world import World

Open = Callable[..., Browser]
LINE = "/action-lines/C9"
NEW = {"organization": "OECD", "role": "partner", "from_on": "2026-01-01", "basis": "Geneva Plan", "confirmed": "yes"}


def find_entry(world: World, organization: str) -> UUID:
    with transaction(world.read) as session:
        of_line = select(Facilitation.id).where(Facilitation.action_line == "C9")
        return session.scalars(of_line.where(Facilitation.organization == organization)).one()


def test_a_facilitator_is_added_changed_and_ended(world: World, browser: Open) -> None:
    ines, marc = browser("ines"), browser("marc")
    refused = ines.post(f"{LINE}/facilitators", NEW | {"organization": ""})
    assert refused.status_code == 400
    assert 'href="#f-organization"' in refused.text
    late = ines.post(f"{LINE}/facilitators", NEW | {"until_on": "2025-01-01"})
    assert 'href="#f-until_on">The last day is before the first day.' in late.text
    assert ines.post(f"{LINE}/facilitators", NEW).status_code == 303
    assert "listed already" in ines.post(f"{LINE}/facilitators", NEW).text
    shown = visible_text(marc.get(LINE).text).partition("OECD Partner since ")[2]
    assert "2026 Geneva Plan" in shown[:60]
    entry = f"{LINE}/facilitators/{find_entry(world, 'OECD')}"
    assert 'value="OECD"' in ines.get(entry).text

    assert ines.post(entry, NEW | {"until_on": "2026-02-01", "version": "1"}).status_code == 303

    assert "OECD Ended" in visible_text(marc.get(LINE).text)
    assert "OECD" not in visible_text(marc.get("/action-lines").text)
    assert ines.post(entry, NEW | {"version": "1"}).status_code == 409


def test_an_organization_has_one_entry_that_has_not_ended(world: World, browser: Open) -> None:
    ines = browser("ines")
    new, unesco = f"{LINE}/facilitators", f"{LINE}/facilitators/{find_entry(world, 'UNESCO')}"
    assert ines.post(new, NEW | {"until_on": "2100-12-31"}).status_code == 303
    for address in (new, unesco):
        refused = ines.post(address, NEW | {"version": "1"})
        assert 'href="#f-organization">This organization is listed already.' in refused.text
    assert ines.post(unesco, NEW | {"until_on": "2026-02-01", "version": "1"}).status_code == 303


def test_others_change_nothing(world: World, browser: Open) -> None:
    entry = f"{LINE}/facilitators/{find_entry(world, 'UNESCO')}"
    for who in ("amina", "laurent", "olga"):
        other = browser(who)
        assert f'href="{entry}"' not in other.get(LINE).text
        for address in (f"{LINE}/facilitators/new", entry):
            assert other.get(address).status_code == 403
        assert other.post(entry, NEW).status_code in (403, 404)
    wrong_line = entry.replace("C9", "C5")
    assert browser("ines").get(wrong_line).status_code == 404
