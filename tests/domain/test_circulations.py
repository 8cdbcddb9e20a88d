"""Circulated versions: exactly the text as it was then, for every seat of the body and no one else."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.domain.circulations import queries
from app.domain.circulations.actions import circulation
from app.domain.circulations.inputs import NewCirculation
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.inputs import Adoption, OutputCover
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs as texts
from tests.world import World


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=0)


def list_version_numbers(world: World, who: str, output: Output) -> list[int]:
    """Return the numbers of the versions that a person sees."""
    with transaction(world.read) as session:
        try:
            return [row[0].number for row in queries.list_circulated_versions(session, world.actor(who), output.id)]
        except NotFound:
            return []


def test_versions_are_numbered_and_seen_only_by_seats_of_the_body(world: World, meeting: Meeting) -> None:
    output = world.output(meeting)
    assert list_version_numbers(world, "amina", output) == list_version_numbers(world, "laurent", output) == []

    world.circulated(output)
    world.circulated(output, "Another text.")

    for who in ("amina", "joseph", "rafael", "laurent", "ines"):
        assert list_version_numbers(world, who, output) == [2, 1]
    for who in ("wambui", "chen", "sofia", "marc"):
        assert list_version_numbers(world, who, output) == []


def test_a_version_does_not_change_with_the_draft(world: World, meeting: Meeting) -> None:
    output = world.output(meeting, title="First title")
    first = world.circulated(output, "One.", "Two.")

    with world.acting("ines") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        other = OutputCover(kind="decision", original="en", titles={"en": "Second title"})
        outputs.replace_draft_output_cover(session, actor, stored_output, other, version=stored_output.version)
        outputs.put_output_file(session, actor, stored_output, world.file("en", "Other words"))

    with transaction(world.read) as session:
        shown = queries.get_visible_circulated_version(session, world.actor("amina"), output.id, 1)
        assert (shown.titles, shown.kind) == ({"en": "First title"}, "report")
        assert queries.read_paragraphs(session, shown, "en") == ["One.", "Two."]
        assert queries.get_circulated_text(session, shown, "en").sha256 == world.file("en", "One.\nTwo.").sha256
        assert (
            shown.text_digest
            == first.text_digest
            != texts.compute_text_digest(session, session.get_one(Output, output.id))
        )


@pytest.mark.parametrize("table", ["circulated_version", "circulated_text"])
def test_nothing_of_a_version_can_be_changed_or_removed(world: World, meeting: Meeting, table: str) -> None:
    world.circulated(world.output(meeting))

    for statement in (f"UPDATE {table} SET kind = 'x'", f"DELETE FROM {table}"):
        change = statement.replace("kind = 'x'", "name = 'x'") if table == "circulated_text" else statement
        with pytest.raises(ProgrammingError, match="permission denied"), transaction(world.write) as session:
            session.execute(text(change))


def test_only_the_text_that_was_read_is_circulated(world: World, meeting: Meeting) -> None:
    output = world.output(meeting)
    with transaction(world.read) as session:
        read = texts.compute_text_digest(session, session.get_one(Output, output.id))
    with world.acting("ines") as (session, actor):
        outputs.put_output_file(session, actor, session.get_one(Output, output.id), world.file("en", "Other words"))

    with pytest.raises(Conflict, match="changed after you opened"), world.acting("laurent") as (session, actor):
        circulation.circulate_draft(session, actor, session.get_one(Output, output.id), NewCirculation(text=read))
    assert list_version_numbers(world, "laurent", output) == []


def test_the_same_text_is_not_circulated_twice(world: World, meeting: Meeting) -> None:
    output = world.output(meeting)
    world.circulated(output)

    with pytest.raises(Conflict, match="Nothing has changed since version 1"):
        world.circulated(output)
    assert list_version_numbers(world, "laurent", output) == [1]


@pytest.mark.parametrize("who", ["amina", "joseph", "wambui"])
def test_only_chair_and_secretariat_circulate(world: World, meeting: Meeting, who: str) -> None:
    output = world.output(meeting)

    with pytest.raises(Forbidden):
        world.circulated(output, by=who)
    assert list_version_numbers(world, "laurent", output) == []


def test_an_adopted_text_is_not_circulated_again_and_its_versions_stay(world: World, meeting: Meeting) -> None:
    output = world.output(meeting)
    world.circulated(output)
    with world.acting("laurent") as (session, actor):
        stored_output = session.get_one(Output, output.id)
        text_then = texts.compute_text_digest(session, stored_output)
        outputs.adopt_output(
            session, actor, stored_output, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text_then)
        )

    with pytest.raises(Conflict, match="adopted"):
        world.circulated(output)
    assert list_version_numbers(world, "amina", output) == [1]


def test_delegations_are_shown_the_latest_version_of_each_draft_once(world: World, meeting: Meeting) -> None:
    unseen, twice, adopted = (world.output(meeting, title=title) for title in ("Unseen", "Twice", "Adopted"))
    world.circulated(adopted)
    world.circulated(twice)
    world.circulated(twice, "Another text.")
    with world.acting("laurent") as (session, actor):
        output = session.get_one(Output, adopted.id)
        text_then = texts.compute_text_digest(session, output)
        outputs.adopt_output(
            session, actor, output, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text_then)
        )

    def list_circulated(who: str) -> list[tuple[str, int]]:
        with transaction(world.read) as session:
            rows = queries.list_circulated_drafts(session, world.actor(who), limit=9)
            return [(row[0].titles["en"], row[0].number) for row in rows]

    assert list_circulated("amina") == list_circulated("laurent") == [("Twice", 2)]
    assert list_circulated("chen") == []
    assert unseen.status == "draft"
