"""The minimum duration of silence in a group: confirmed by a second secretary, for procedures opened afterwards."""

from collections.abc import Callable

import pytest

from app.core.errors import BadRequest
from tests.browser import Browser
from tests.web.bodies.test_bodies import fill_change
from tests.world import World

Open = Callable[..., Browser]
URL = "/bodies/cwg-internet/edit"


def test_the_minimum_that_was_confirmed_refuses_shorter_procedures(world: World, english: Open) -> None:
    meeting, ines = world.meeting(opens_in=-1), english("ines")
    running = world.silence(world.output(meeting), hours=73)
    assert f'href="{URL}">Propose a change of the group</a>' in ines.get("/people/cwg-internet").text

    proposed = ines.post(URL, fill_change(ines, silence_hours="120")).headers["Location"].split("?")[0]
    world.silence(world.output(meeting), hours=119)
    assert english("daniel").post(f"{proposed}/confirm").status_code == 303

    with pytest.raises(BadRequest, match="at least 120 hours"):
        world.silence(world.output(meeting), hours=119)
    assert world.silence(world.output(meeting), hours=121).until > running.until


@pytest.mark.parametrize("hours", ["71", "0", "-72", "1441", "", "three days", "72.5"])
def test_fewer_than_72_hours_or_no_number_is_refused_and_the_input_kept(
    world: World, english: Open, hours: str
) -> None:
    ines = english("ines")
    answer = ines.post(URL, fill_change(ines, silence_hours=hours))

    assert (answer.status_code, 'id="f-silence_hours-error"' in answer.text) == (400, True)
    assert f'value="{hours}"' in answer.text or hours == ""
    assert world.body().silence_hours == 72
