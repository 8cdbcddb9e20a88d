"""The minimum duration of silence in a group: set by its secretariat, on record, for procedures opened afterwards."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.errors import BadRequest
from app.core.journal import JournalLine
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
URL = "/bodies/cwg-internet/silence"
SHOWN = {"shown_to": "every-delegation"}


def test_the_secretariat_sets_the_minimum_on_record_and_shorter_procedures_are_refused(
    world: World, english: Open
) -> None:
    meeting, ines = world.meeting(opens_in=-1), english("ines")
    running = world.silence(world.output(meeting), hours=73)
    page = ines.get(URL).text
    assert f'href="{URL}">Settings for silence procedures</a>' in ines.get("/people/cwg-internet").text
    assert ("<h1>Settings for silence procedures</h1>" in page, 'value="72"' in page) == (True, True)

    answer = ines.post(URL, {"hours": "120"} | SHOWN)

    assert answer.headers["Location"] == "/people/cwg-internet?done=silence-settings"
    assert 'value="120"' in ines.get(URL).text
    with pytest.raises(BadRequest, match="at least 120 hours"):
        world.silence(world.output(meeting), hours=119)
    assert world.silence(world.output(meeting), hours=121).until > running.until
    with transaction(world.read) as session:
        (facts,) = session.scalars(select(JournalLine.facts).where(JournalLine.event == "body:silence-set"))
    assert facts == {"was": 72, "hours": 120}


@pytest.mark.parametrize("hours", ["71", "0", "-72", "1441", "", "three days", "72.5"])
def test_fewer_than_72_hours_or_no_number_is_refused_and_the_input_kept(
    world: World, english: Open, hours: str
) -> None:
    answer = english("ines").post(URL, {"hours": hours} | SHOWN)

    assert (answer.status_code, 'id="f-hours-error"' in answer.text) == (400, True)
    assert f'value="{hours}"' in answer.text or hours == ""
    assert world.body().silence_hours == 72


def test_a_save_changes_only_the_setting_that_its_author_changed(world: World, english: Open) -> None:
    ines = english("ines")
    shown = dict(re.findall(r'name="(was_\w+)" value="([^"]*)"', ines.get(URL).text))
    english("daniel").post(URL, {"hours": "120"} | SHOWN)

    ines.post(URL, shown | {"hours": "72", "shown_to": "own-delegation"})

    body = world.body()
    assert (body.silence_hours, body.positions_shown_to) == (120, "own-delegation")


def test_setting_the_same_minimum_again_records_nothing(world: World, english: Open) -> None:
    english("ines").post(URL, {"hours": "72"} | SHOWN)

    with transaction(world.read) as session:
        assert session.scalars(select(JournalLine).where(JournalLine.event == "body:silence-set")).all() == []
