"""The action plan: what was done under each clause of a seeded year, from what its reader may see."""

from datetime import date, timedelta

from app.core import clock
from app.core.db import transaction
from app.domain.meetings.actions import life_cycle
from app.domain.meetings.models import Meeting
from app.http.localization import Localizer
from app.web.views.mandates.progress import describe_progress, find_next_day, list_csv_rows, list_progress_lines
from tests.domain.test_citations import cite_by_item
from tests.world import World

FIRST, REPORT = "wtsa-res-75/2008-resolves-1", "wtsa-res-75/2008-instructs-the-director-of-tsb-1"


def list_lines(world: World, who: str, *, ended: int = 0) -> dict[str, object]:
    """The lines by clause, of a year that ended so many days ago."""
    last = clock.now().date() - timedelta(days=ended)
    with transaction(world.read) as session:
        lines = list_progress_lines(session, world.actor(who), last - timedelta(days=365), last, Localizer("en"))
    return {line.cited.code: line for line in lines}


def test_the_plan_of_a_year_counts_documents_and_adopted_outputs_by_clause(world: World) -> None:
    meeting = world.meeting()
    _, source = world.registered(meeting, mandates=(FIRST,))
    world.registered(meeting, mandates=(FIRST, REPORT))
    world.draft(meeting, mandates=(REPORT,))
    world.output(meeting, sources=frozenset([source.id]))
    world.adopted(world.meeting(opens_in=0, number=21), sources=frozenset([source.id]))
    plan = list_lines(world, "rafael")

    counted = {code: (line.progress.documents, line.progress.outputs) for code, line in plan.items()}
    assert counted.pop(FIRST) == (2, 1)
    assert counted.pop(REPORT) == (1, 0)
    assert set(counted.values()) == {(0, 0)}
    assert str(describe_progress(plan[FIRST])) == "Documents: 2. Outputs adopted: 1. Agenda items: 0."
    rows = {row[1]: row for row in list_csv_rows(list(plan.values()), Localizer("en"))}
    today = clock.now().date()
    assert rows["resolves 1"][3:] == ["ITU-T", 2, 1, 0, today.isoformat(), ""]
    assert rows["instructs the Director of TSB 1"][-1] == date(today.year + 1, 12, 31).isoformat()


def test_the_plan_counts_the_items_of_a_meeting_once_it_has_begun(world: World) -> None:
    meeting, coming = world.meeting(opens_in=0), world.meeting(number=31)
    cite_by_item(world, meeting, "Routes", mandates=(FIRST,))
    cite_by_item(world, coming, "Reports", mandates=(REPORT,))
    for each in (meeting, coming):
        world.agenda_released(each)
    assert list_lines(world, "rafael")[FIRST].progress.agenda_items == 0

    with world.acting("ines") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        life_cycle.change_meeting_life(session, actor, there, "begin", version=there.version)
    plan = list_lines(world, "rafael")
    assert plan[FIRST].progress.agenda_items == 1
    assert plan[FIRST].standing is None
    assert str(describe_progress(plan[FIRST])) == "Documents: 0. Outputs adopted: 0. Agenda items: 1."
    assert plan[REPORT].progress.agenda_items == 0
    assert list_lines(world, "marc")[FIRST].progress.agenda_items == 0
    assert list_lines(world, "rafael", ended=2)[FIRST].progress.agenda_items == 0


def test_the_plan_shows_only_what_its_reader_may_see(world: World) -> None:
    world.registered(world.meeting(), mandates=(FIRST,))

    assert list_lines(world, "rafael")[FIRST].progress.documents == 1
    assert list_lines(world, "marc")[FIRST].progress.documents == 0


def test_that_nothing_was_done_is_said_in_words(world: World) -> None:
    world.registered(world.meeting(), mandates=(FIRST,))
    plan = list_lines(world, "rafael", ended=30)
    assert str(plan[FIRST].standing) == "Nothing yet."
    with transaction(world.read) as session:
        tomorrow = clock.now().date() + timedelta(days=1)
        later = list_progress_lines(session, world.actor("rafael"), tomorrow, tomorrow, Localizer("en"))
    said = {line.cited.code: str(line.standing) for line in later}
    assert said[FIRST].startswith("Nothing since ")


def test_what_is_asked_yearly_is_due_at_the_end_of_a_year() -> None:
    last = date(2026, 11, 30)

    assert find_next_day("yearly", date(2026, 2, 1), last) == date(2027, 12, 31)
    assert find_next_day("yearly", date(2025, 2, 1), last) == date(2026, 12, 31)
    assert find_next_day("yearly", None, last) == date(2026, 12, 31)
    assert find_next_day("always", None, last) is None
