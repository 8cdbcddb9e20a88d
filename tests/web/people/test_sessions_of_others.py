"""A secretary or a focal point ends all sessions of a person: on the page of people, with a page that asks."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core.db import transaction
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
PEOPLE = "/people/cwg-internet"


def address(world: World, who: str) -> str:
    return f"/persons/{world.person(who).id}/end-sessions"


@pytest.mark.parametrize(("who", "whose"), [("joseph", "amina"), ("ines", "amina"), ("ines", "laurent")])
def test_they_end_the_sessions_of_those_in_their_charge(world: World, english: Open, who: str, whose: str) -> None:
    concerned, other, responsible = english(whose), english("rafael"), english(who)
    assert concerned.get("/account").status_code == 200
    assert address(world, whose) in responsible.get(PEOPLE).text
    page = responsible.get(address(world, whose)).text
    assert world.person(whose).name in page
    assert "can sign in again" in page
    assert concerned.get("/account").status_code == 200

    answer = responsible.post(address(world, whose), {})

    assert answer.headers["Location"] == "/people?done=person-sessions-ended"
    assert concerned.get("/account").status_code == 401
    assert [each.get("/account").status_code for each in (other, responsible)] == [200, 200]
    with transaction(world.read) as session:
        line = session.execute(
            text("SELECT person, facts FROM portal.journal_line WHERE event = 'person:sessions-ended'")
        ).one()
    assert line[0] == world.person(who).id
    assert line[1]["person"] == str(world.person(whose).id)
    assert line[1]["sessions"] >= 1


@pytest.mark.parametrize("who", ["joseph", "amina", "laurent", "wambui", "marc"])
def test_others_and_a_focal_point_of_another_state_get_the_answer_for_an_unknown_person(
    world: World, english: Open, who: str
) -> None:
    """Rafael is of Brazil."""
    concerned, other = english("rafael"), english(who)
    unknown = "/persons/00000000-0000-0000-0000-000000000009/end-sessions"

    for path in (address(world, "rafael"), unknown):
        assert other.get(path).status_code == 404
        assert other.post(path, {}).status_code == 404
    assert concerned.get("/account").status_code == 200
    assert english("ines").get(address(world, "rafael")).status_code == 200
