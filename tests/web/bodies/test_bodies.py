"""Groups on pages: proposed, confirmed, changed and ended, and seen by those whom they admit."""

import re
from collections.abc import Callable

from sqlalchemy import select

from app.core.db import transaction
from app.domain.body_proposals.models import BodyProposal
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
GROUP = {
    "prefix": "EG-Numbering",
    "name_en": "Expert Group on Numbering",
    "legal_basis": "Council Decision 999",
    "deadline_days": "12",
    "posting_days": "7",
    "proposal_days": "14",
    "registration_days": "1",
    "largest_file": "50",
    "admits": ["member_state", "associate"],
    "silence_hours": "72",
    "until_on": "2099-12-31",
}


def test_a_group_is_proposed_on_one_page_confirmed_on_another_and_then_has_its_own(world: World, english: Open) -> None:
    ines, daniel = english("ines"), english("daniel")
    form = GROUP | {"person": str(world.person("olga").id)}

    wrong = ines.post("/bodies", form | {"name_en": "", "prefix": "no prefix", "deadline_days": "many"})
    assert wrong.status_code == 400
    for words in ("Enter the name of the group in one language", "this is not written as described", "whole number"):
        assert words in wrong.text
    assert 'value="no prefix"' in wrong.text
    linked = set(re.findall(r'href="#(f-[^"]+)"', wrong.text))
    assert linked == {"f-name_en", "f-prefix", "f-deadline_days"}
    assert linked <= set(re.findall(r' id="([^"]+)"', wrong.text))

    page = ines.post("/bodies", form).headers["Location"].split("?")[0]
    assert "A second secretary must confirm it" in ines.get(page).text
    assert f"{page}/confirm" not in ines.get(page).text
    shown = daniel.get(page).text
    for words in (
        "Expert Group on Numbering",
        "to be confirmed",
        "Olga",
        "EG-Numbering admits: Member States, Associates",
    ):
        assert words in shown
    assert f'href="{page}"' in daniel.get("/").text

    assert daniel.post(f"{page}/confirm", {}).headers["Location"] == "/bodies/eg-numbering?done=body-confirmed"

    olga = english("olga")
    assert "EG-Numbering 1/INF/1" in olga.get("/bodies/eg-numbering").text
    assert olga.get("/people/eg-numbering").status_code == 200
    changed = {**form, "admits": "", "name_fr": "Groupe d’experts", "version": "1"}
    assert olga.post("/bodies/eg-numbering/edit", changed).status_code == 303
    assert olga.post("/bodies/eg-numbering/edit", changed).status_code == 409
    assert "Groupe d’experts" in olga.get("/bodies/eg-numbering").text


def test_those_see_a_group_whom_it_admits_and_others_do_not_find_it(english: Open) -> None:
    assert english("wambui").get("/bodies/cwg-internet").status_code == 200
    chen = english("chen").get("/bodies").text

    assert "SG3 admits: Member States" in chen
    assert "/bodies/cwg-internet" not in chen
    assert english("chen").get("/bodies/cwg-internet").status_code == 404
    assert english("chen").get("/bodies/unknown").status_code == 404


def test_a_declined_proposal_says_why_and_changes_nothing(world: World, english: Open) -> None:
    ines, daniel = english("ines"), english("daniel")
    page = ines.post("/bodies/cwg-internet/end", {"until_on": "2099-01-01", "reason": "It is merged."}).headers[
        "Location"
    ]
    page = page.split("?")[0]

    assert "After the last day of the group" in daniel.get(page).text
    assert daniel.post(f"{page}/decline", {"reason": ""}).status_code == 400
    assert daniel.post(f"{page}/decline", {"reason": "It goes on."}).status_code == 303

    assert "It goes on." in ines.get(page).text
    assert daniel.post(f"{page}/confirm", {}).status_code == 409
    with transaction(world.read) as session:
        assert session.scalars(select(BodyProposal.decided_by)).one() == world.person("daniel").id
