"""Lists of late contributions, silence procedures and action points, narrowed and sorted by links. Each order that is
asked for differs from the one without asking."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import Decision
from app.domain.floor import queries as floors
from app.domain.floor.actions.session import record_decision
from app.domain.meetings.models import Meeting
from app.domain.reports.actions.action_points import add_action_point
from app.domain.reports.inputs import NewActionPoint
from tests.browser import Browser
from tests.world import World

Open = Callable[[str], Browser]
TITLES = ("Zebra", "Antelope", "Mole")


def list_shown(page: str, *words: str) -> list[str]:
    """Those of these words that the page shows in its main part, in its order."""
    main = page.partition("<main")[2]
    return sorted((each for each in words if each in main), key=main.index)


def test_late_contributions_are_narrowed_and_sorted(world: World, browser: Open) -> None:
    first, second = world.meeting(opens_in=0), world.meeting(opens_in=0, number=23)
    world.submitted(second, title="Antelope", by="rafael")
    world.submitted(first, title="Zebra")
    world.submitted(second, title="Mole", by="haruka")
    ines = browser("ines")

    def show(query: str) -> list[str]:
        return list_shown(ines.get(f"/late?{query}").text, *TITLES)

    assert show("") == ["Mole", "Zebra", "Antelope"]
    assert show("sort=received") == ["Antelope", "Zebra", "Mole"]
    assert show("sort=title") == ["Antelope", "Mole", "Zebra"]
    assert show("sort=source") == ["Antelope", "Mole", "Zebra"]
    assert show("sort=-source") == ["Zebra", "Mole", "Antelope"]
    assert show("words=zeb") == ["Zebra"]
    assert show("source=BRA") == ["Antelope"]
    assert show(f"meeting={first.id}") == ["Zebra"]
    nothing = ines.get("/late?words=lion").text
    assert "No late contributions match these filters." in nothing
    assert 'href="/late"' in nothing


def test_late_contributions_are_listed_and_offered_as_choices_in_ones_own_groups_alone(
    world: World, browser: Open
) -> None:
    world.submitted(world.meeting(opens_in=0), title="Zebra", by="haruka")
    world.seat("haruka", "chair", body="wg-wsis")
    shown, not_shown = (browser(who).get("/late").text for who in ("ines", "haruka"))

    assert list_shown(shown, "Zebra", 'value="JPN"') == ['value="JPN"', "Zebra"]
    assert list_shown(not_shown, "Zebra", 'value="JPN"') == []


def test_lists_are_narrowed_to_one_of_the_groups_of_their_reader(world: World, browser: Open) -> None:
    world.seat("ines", "secretary", body="wg-wsis")
    world.seat("amina", "delegate", body="wg-wsis")
    here, there = world.meeting(), world.meeting(number=44, body="wg-wsis")
    for meeting, title in ((here, "Zebra"), (there, "Antelope")):
        world.registered(meeting, title=title)
        world.submitted(meeting, title=f"{title} submitted")
        world.output(meeting, title=f"{title} adopted")
    ines = browser("ines")

    for path in ("/documents", "/contributions", "/outputs"):
        whole = ines.get(path).text
        assert set(list_shown(whole, "Zebra", "Antelope")) == {"Zebra", "Antelope"}, path
        assert '<option value="cwg-internet">CWG-Internet</option>' in whole, path
        assert list_shown(ines.get(f"{path}?group=wg-wsis").text, "Zebra", "Antelope") == ["Antelope"], path
        assert list_shown(ines.get(f"{path}?group=unknown").text, "Zebra", "Antelope") == [], path
    assert ines.get("/documents?group=Not+a+code").status_code == 400
    of_one_group = browser("rafael").get("/documents?group=wg-wsis").text
    assert list_shown(of_one_group, "Zebra", "Antelope", "f-group") == []


def test_silence_procedures_are_narrowed_and_sorted(world: World, browser: Open) -> None:
    meeting = world.meeting(opens_in=-1)
    world.silence(world.output(meeting, title="Zebra", kind="report"), hours=80)
    broken = world.silence(world.output(meeting, title="Antelope", kind="conclusions"), hours=120)
    world.silence(world.output(meeting, title="Mole", kind="recommendation"), hours=100)
    world.position(broken, "rafael", "breaks")
    amina = browser("amina")

    def show(query: str) -> list[str]:
        return list_shown(amina.get(f"/silence?{query}").text, *TITLES)

    assert show("") == ["Mole", "Antelope", "Zebra"]
    assert show("sort=deadline") == ["Zebra", "Mole", "Antelope"]
    assert show("sort=-deadline") == ["Antelope", "Mole", "Zebra"]
    assert show("sort=kind") == ["Antelope", "Mole", "Zebra"]
    assert show("sort=-kind") == ["Zebra", "Mole", "Antelope"]
    assert show("sort=status") == ["Antelope", "Mole", "Zebra"]
    assert show("sort=-status") == ["Mole", "Zebra", "Antelope"]
    assert show("words=ZEB") == ["Zebra"]
    assert show("kind=recommendation") == ["Mole"]
    assert show("status=open&sort=deadline") == ["Zebra", "Mole"]
    assert show("status=broken") == ["Antelope"]
    assert show("status=due") == []
    with clock.shifted_clock(timedelta(hours=81)):
        rafael = browser("rafael")
        shown = [list_shown(rafael.get(f"/silence?status={status}").text, *TITLES) for status in ("due", "open")]
    assert shown == [["Zebra"], ["Mole"]]
    assert "No procedures match these filters." in amina.get("/silence?status=adopted").text


@pytest.fixture
def meeting(world: World) -> Meeting:
    """A meeting with three action points: of Kenya with no due date, of Brazil due in two days, of Japan tomorrow."""
    made = world.meeting(opens_in=0)
    world.sitting(made)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, made.id)
        now = floors.find_open_sitting(session, there)
        assert now
        record_decision(session, actor, there, NewDecision(text="It was agreed.", lang="en"), version=now.version)
        decision = session.scalars(select(Decision)).one()
        today = clock.now().date()
        for text, owner, days in (("Zebra", "KEN", None), ("Antelope", "BRA", 2), ("Mole", "JPN", 1)):
            due_on = today + timedelta(days=days) if days else None
            new = NewActionPoint(text=text, lang="en", owner=owner, due_on=due_on)
            add_action_point(session, actor, there, decision, new)
    return made


def test_action_points_are_narrowed_and_sorted(world: World, browser: Open, meeting: Meeting) -> None:
    amina, path = browser("amina"), f"/meetings/{meeting.id}/actions"

    def show(query: str, who: Browser = amina) -> list[str]:
        return list_shown(who.get(f"{path}?{query}").text, *TITLES)

    assert show("") == ["Zebra", "Antelope", "Mole"]
    assert show("sort=due") == ["Mole", "Antelope", "Zebra"]
    assert show("sort=owner") == ["Antelope", "Mole", "Zebra"]
    assert show("owner=KEN") == ["Zebra"]
    assert show("words=zeb") == ["Zebra"]
    assert show("progress=open&sort=due") == ["Mole", "Antelope", "Zebra"]
    assert show("progress=overdue") == []
    with clock.shifted_clock(timedelta(days=3)):
        assert show("progress=overdue", browser("rafael")) == ["Antelope", "Mole"]
    later = f"/meetings/{world.meeting(opens_in=10, number=23).id}/actions"
    assert list_shown(amina.get(later).text, *TITLES) == ["Zebra", "Antelope", "Mole"]
    assert list_shown(amina.get(f"{later}?sort=due&words=e").text, *TITLES) == ["Mole", "Antelope", "Zebra"]
    assert list_shown(amina.get(f"{later}?owner=KEN").text, *TITLES) == ["Zebra"]
    nothing = amina.get(f"{path}?progress=done").text
    assert "No action points of this meeting match these filters." in nothing


@pytest.mark.parametrize("query", ["status=none", "sort=name", "sort=deadline&sort=kind"])
def test_a_choice_that_no_page_offers_is_refused(world: World, browser: Open, query: str) -> None:
    world.meeting()
    assert browser("amina").get("/silence").status_code == 200
    assert browser("amina").get(f"/silence?{query}").status_code == 400
