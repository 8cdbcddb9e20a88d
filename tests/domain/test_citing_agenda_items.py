"""Agenda items cite mandates and action lines: merged, undone, reverted, released, compared, copied with it."""

from uuid import UUID

import pytest

from app.core.db import transaction
from app.core.errors import BadRequest, Stale
from app.domain.agendas.actions import copying
from app.domain.agendas.models import AgendaChange, AgendaItem, ReleasedAgendaItem
from app.domain.agendas.rules.merging import CITATION_FIELDS, find_changed_fields
from app.domain.meetings.models import Meeting
from tests.domain.test_agendas_merged import Draft
from tests.domain.test_agendas_reverted import list_differences, released, reverting_one
from tests.domain.test_citations import FIRST, SECOND, retire_clause
from tests.world import World, record_rows


@pytest.fixture
def draft(world: World) -> Draft:
    return Draft(world)


def list_cited(draft: Draft) -> dict[str, tuple[list[str], list[str]]]:
    return {title: (item.mandates, item.action_lines) for title, item in draft.items().items()}


def test_citations_are_in_the_order_of_the_register_and_merged_with_other_fields(draft: Draft) -> None:
    draft.at_once(
        draft.saving(draft.first, mandates=(SECOND, "pp-res-102", FIRST)),
        draft.saving(draft.first, action_lines=("C5", "C2"), notes="Short."),
    )

    assert list_cited(draft)["One"] == (["pp-res-102", FIRST, SECOND], ["C2", "C5"])
    assert draft.items()["One"].notes == "Short."
    with pytest.raises(Stale):
        draft.change("laurent", draft.saving(draft.first, mandates=(FIRST,)), draft.seen)
    before = draft.version
    draft.change("laurent", draft.saving(draft.first), draft.version)
    assert draft.version == before


@pytest.mark.parametrize("wanted", [{"mandates": ("invented",)}, {"action_lines": ("C99",)}])
def test_what_is_not_in_the_register_is_not_cited(draft: Draft, wanted: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(BadRequest):
        draft.change("laurent", draft.saving(draft.first, **wanted), draft.version)
    assert list_cited(draft)["One"] == ([], [])


def test_a_snapshot_from_before_items_cited_anything_can_be_merged_and_undone(draft: Draft) -> None:
    draft.change("laurent", draft.saving(draft.first, notes="A note."), draft.version)
    with transaction(draft.world.write) as session:
        change = session.get_one(AgendaChange, (draft.meeting.id, draft.version))
        full, old = change.before, {name: value for name, value in change.before.items() if name != "items"}
        strip = [{key: each[key] for key in each if key not in CITATION_FIELDS} for each in change.before["items"]]
        change.before = old | {"items": strip}
        assert change.before != full
        assert not find_changed_fields(change.before, full)
        record_rows(session)

    draft.change("layla", draft.saving(draft.first, mandates=(FIRST,), notes=""), draft.seen)
    assert list_cited(draft)["One"] == ([FIRST], [])
    draft.change("laurent", draft.undoing(), draft.version)
    draft.change("laurent", draft.undoing(), draft.version)
    assert list_cited(draft)["One"] == ([], [])
    assert draft.items()["One"].notes == ""


def test_a_release_keeps_what_its_items_cited_and_a_change_of_it_is_a_difference(draft: Draft) -> None:
    draft.change("laurent", draft.saving(draft.first, mandates=(FIRST,), action_lines=("C5",)), draft.version)
    released(draft)
    draft.change("laurent", draft.saving(draft.first, mandates=(SECOND,), action_lines=("C5",)), draft.version)

    with transaction(draft.world.read) as session:
        row = session.query(ReleasedAgendaItem).filter_by(item_id=draft.first).one()
        assert (row.mandates, row.action_lines) == ([FIRST], ["C5"])
    assert list_differences(draft) == [("changed", draft.first)]
    draft.change("laurent", reverting_one("changed", draft.first), draft.version)
    assert list_cited(draft)["One"] == ([FIRST], ["C5"])
    assert list_differences(draft) == []


def test_a_copy_cites_what_can_still_be_cited(draft: Draft) -> None:
    world = draft.world
    draft.change("laurent", draft.saving(draft.first, mandates=(FIRST, SECOND), action_lines=("C5",)), draft.version)
    released(draft)
    retire_clause(world, FIRST)
    draft.change("laurent", draft.saving(draft.first, notes="Kept."), draft.version)
    assert list_cited(draft)["One"] == ([FIRST, SECOND], ["C5"])

    target = world.meeting(number=31, opens_in=90)
    with world.acting("ines") as (session, actor):
        meeting, source = (session.get_one(Meeting, each.id) for each in (target, draft.meeting))
        copying.copy_agenda(session, actor, meeting, source, version=0, session_of_source={})
    assert list_copied(world, target.id) == [([SECOND], ["C5"]), ([], []), ([], [])]


def list_copied(world: World, meeting: UUID) -> list[tuple[list[str], list[str]]]:
    with transaction(world.read) as session:
        rows = session.query(AgendaItem).filter_by(meeting_id=meeting).order_by(AgendaItem.position)
        return [(row.mandates, row.action_lines) for row in rows]
