"""Groups on pages: proposed, confirmed, changed and ended, and seen by those whom they admit."""

import re
from collections.abc import Callable
from html import unescape

from sqlalchemy import select

from app.core.db import transaction
from app.domain.bodies.models import Body
from app.domain.body_proposals.models import BodyProposal
from tests.browser import Browser
from tests.web.silence.test_silence import visible_text
from tests.world import World, record_rows

Open = Callable[..., Browser]
CHANGE = "/bodies/cwg-internet/edit"
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


def fill_change(browser: Browser, path: str = CHANGE, **values: str | list[str]) -> dict[str, str | list[str]]:
    """Fill in the form that changes a group: as it is now, but for these values, with a reason."""
    page = browser.get(path).text.partition("<main")[2]
    typed: dict[str, str | list[str]] = {}
    for found in re.finditer(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', found[0]))
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if name is None or (kind in ("checkbox", "radio") and " checked" not in found[0]):
            continue
        value = unescape(attributes.get("value", ""))
        typed[name] = [*typed.get(name, []), value] if kind == "checkbox" else value
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        typed[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return typed | {"reason": "The Council decided it."} | values


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
    assert "/bodies/eg-numbering/edit" in olga.get("/bodies/eg-numbering").text


def test_a_change_is_shown_before_and_after_and_confirmed_on_the_same_page(world: World, english: Open) -> None:
    ines, daniel = english("ines"), english("daniel")
    assert "Council Resolutions 1305, 1336 and 1344" in ines.get(CHANGE).text
    form = fill_change(ines, name_fr="Groupe sur l’Internet", legal_basis="Council Resolution 1336", deadline_days="21")
    wrong = ines.post(CHANGE, form | {"name_en": "", "name_fr": "", "posting_days": "many", "reason": ""})
    linked = set(re.findall(r'href="#(f-[^"]+)"', wrong.text))
    assert (wrong.status_code, linked >= {"f-posting_days", "f-reason"}) == (400, True)
    assert linked <= set(re.findall(r' id="([^"]+)"', wrong.text))
    assert "Council Resolution 1336<" in wrong.text or 'value="Council Resolution 1336"' in wrong.text

    page = ines.post(CHANGE, form).headers["Location"].split("?")[0]

    assert "A second secretary must confirm it" in ines.get(page).text
    assert f"{page}/confirm" not in ines.get(page).text
    assert f'href="{page}"' in ines.get(CHANGE).text
    assert "<form" not in ines.get(CHANGE).text.partition("<main")[2].partition("</main>")[0]
    assert f'href="{page}"' in daniel.get("/").text
    shown = visible_text(daniel.get(page).text)
    assert re.search(r"Legal basis .*Council Resolutions 1305.* Council Resolution 1336 ", shown)
    assert re.search(r"Contributions: days before a meeting .*12 .*21 ", shown)
    assert "Name (French)" in shown
    assert "Name (English)" not in shown
    assert "The Council decided it." in shown
    assert "The earlier state can only be restored by a new act." in shown
    assert "Council Resolutions 1305" in daniel.get("/bodies/cwg-internet").text

    assert daniel.post(f"{page}/confirm", {}).headers["Location"] == "/bodies/cwg-internet?done=body-confirmed"

    assert "Council Resolution 1336" in daniel.get("/bodies/cwg-internet").text
    assert "Groupe sur l’Internet" in daniel.get("/bodies/cwg-internet").text
    assert ines.post(CHANGE, form).status_code == 409  # it was filled in before that change
    assert "Legal basis" in visible_text(daniel.get(page).text)


def test_nothing_changed_is_said_and_a_proposal_about_another_group_than_now_can_only_be_declined(
    world: World, english: Open
) -> None:
    ines, daniel = english("ines"), english("daniel")
    same = ines.post(CHANGE, fill_change(ines))
    assert (same.status_code, "already as you entered it" in same.text) == (400, True)
    page = ines.post(CHANGE, fill_change(ines, deadline_days="21")).headers["Location"].split("?")[0]
    assert f"{page}/confirm" in daniel.get(page).text
    with transaction(world.write) as session:
        session.get_one(Body, world.body().id).legal_basis = "Another resolution"
        record_rows(session)

    shown = daniel.get(page).text

    assert "The group was changed after this was proposed." in shown
    assert f"{page}/confirm" not in shown
    assert daniel.post(f"{page}/confirm").status_code == 409
    assert daniel.post(f"{page}/decline", {"reason": "It is outdated."}).status_code == 303
    assert "It is outdated." in ines.get(page).text


def test_the_secretariat_admits_a_category_and_member_states_always(world: World, english: Open) -> None:
    ines = english("ines")
    bad = ines.post(CHANGE, fill_change(ines, admits=["member_state", "external"]))
    assert (bad.status_code, 'id="f-admits-error"' in bad.text) == (400, True)
    for who, status in (("amina", 403), ("laurent", 403), ("wambui", 404)):
        assert english(who).get(CHANGE).status_code == status
        assert english(who).post(CHANGE, fill_change(ines, admits=["res99"])).status_code == status

    page = ines.post(CHANGE, fill_change(ines, admits=["res99"])).headers["Location"].split("?")[0]
    assert world.body().admits == ["member_state"]
    assert english("daniel").post(f"{page}/confirm").status_code == 303

    assert world.body().admits == ["member_state", "res99"]


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
