"""Citing on forms: found by typing, chosen, kept, shown on pages; and the pages of what is cited."""

import re
from collections.abc import Callable
from uuid import uuid4

from tests.browser import Browser
from tests.web.documents.test_register import visible_text
from tests.world import World

Open = Callable[..., Browser]
PAPER = {"title": "Repair of routes", "original": "en", "purpose": "discussion"}
FIRST = "wtsa-res-75/2008-resolves-1"


def list_boxes(page: str, *, ticked: bool = False) -> list[str]:
    return re.findall(r'name="mandates" value="([^"]+)"' + (" checked" if ticked else ""), page)


def test_a_mandate_is_found_by_typing_and_kept_in_the_draft(world: World, browser: Open) -> None:
    meeting, amina = world.meeting(), browser("amina")
    sent = {"key": str(uuid4()), "action_lines": ["C5"], "mandate_words": "102"} | PAPER
    draft = amina.post(f"/meetings/{meeting.id}/contributions", sent).headers["Location"].split("/edit")[0]
    page = amina.get(f"{draft}/edit").text
    assert list_boxes(page, ticked=True) == ["pp-res-102"]
    assert 'name="action_lines" value="C5" checked' in page
    assert f'<option value="{FIRST}">WTSA Resolution 75 (2008), resolves 1' in page

    version = {"version": re.search(r'name="version" value="(\d+)"', page)[1]}
    several = amina.post(draft, PAPER | version | {"mandates": ["pp-res-102"], "mandate_words": "75 resolves"})
    assert several.status_code == 400
    assert "Select what you mean from what was found" in several.text
    assert list_boxes(several.text, ticked=True) == ["pp-res-102"]
    assert FIRST in list_boxes(several.text)
    nothing = amina.post(draft, PAPER | version | {"mandate_words": "zebra"})
    assert "No mandate was found with these words." in nothing.text
    assert amina.post(draft, PAPER | version | {"mandates": ["invented"]}).status_code == 400
    assert amina.post(draft, PAPER | version | {"mandates": ["pp-res-102", FIRST]}).status_code == 303
    shown = visible_text(amina.get(f"{draft}/check").text)
    assert "PP Resolution 102" in shown
    assert "WTSA Resolution 75 (2008), resolves 1" in shown


def test_the_latest_of_the_own_state_are_offered_first(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.registered(meeting, mandates=(FIRST, "pp-res-130"))
    world.registered(meeting, by="rafael", mandates=("pp-dec-9",))
    draft = world.draft(meeting)

    assert list_boxes(browser("amina").get(f"/contributions/{draft.id}/edit").text) == ["pp-res-130", FIRST]


def test_what_cites_a_clause_is_listed_on_its_page_as_far_as_the_reader_may_see_it(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.draft(meeting, title="Secret of Kenya", mandates=(FIRST,))
    _, document = world.registered(meeting, title="Routes of all", mandates=(FIRST,), action_lines=("C5",))
    world.output(meeting, title="Output of routes", sources=frozenset([document.id]))
    cast = ("amina", "rafael", "laurent", "marc")
    pages = {who: visible_text(browser(who).get(f"/mandates/{FIRST}").text) for who in cast}

    assert [who for who, page in pages.items() if "Routes of all" in page] == ["amina", "rafael", "laurent"]
    assert [who for who, page in pages.items() if "Secret of Kenya" in page] == ["amina"]
    assert [who for who, page in pages.items() if "Output of routes" in page] == ["laurent"]
    assert "Nothing that you can access cites it." in pages["marc"]
    counted = visible_text(browser("amina").get("/mandates/wtsa-res-75").text)
    assert "ITU-T Continuously 2" in counted
    assert "Routes of all" in visible_text(browser("rafael").get("/action-lines/C5").text)
    assert "Routes of all" in browser("rafael").get("/documents?mandate=wtsa-res-75").text
    assert "Routes of all" not in browser("rafael").get("/documents?action_line=C2").text
    assert "WTSA Resolution 75 (2008), resolves 1" in visible_text(
        browser("rafael").get(f"/documents/{document.id}").text
    )


def test_the_history_names_what_was_cited_before_and_after_a_correction(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), mandates=("pp-res-102",), action_lines=("C5",))
    form = {"version": document.version, "language": "en", "abstract": "", "reason": "It cites a clause."}
    cited = {"mandates": ["pp-res-102", FIRST], "action_lines": ["C5", "C2"]}
    assert browser("ines").post(f"/documents/{document.id}/correct", form | cited).status_code == 303

    shown = visible_text(browser("rafael").get(f"/documents/{document.id}").text)
    changed = "Before: PP Resolution 102 After: PP Resolution 102; WTSA Resolution 75 (2008), resolves 1 Reason:"
    assert f"The mandates cited were corrected {changed} It cites a clause." in shown
    assert "The action lines cited were corrected Before: C5 After: C2; C5 Reason: It cites a clause." in shown


def test_what_is_to_be_confirmed_is_no_fact_outside_the_register(world: World, browser: Open) -> None:
    """A French reader is shown the confirmed English title of Resolution 101, and that of Decision 9 in Chinese."""
    _, document = world.registered(world.meeting(), mandates=("pp-res-101", "pp-dec-9"), action_lines=("C5",))
    page = browser("rafael").get(f"/documents/{document.id}?lang=fr").text

    assert "Réseaux fondés sur le protocole" not in page
    assert "Internet Protocol-based networks" in page
    assert "第四届世界电信政策论坛" in page
    assert "Fourth World Telecommunication Policy Forum" not in page
    assert "Établir la confiance" not in page


def test_an_output_cites_what_its_chair_chooses(world: World, browser: Open) -> None:
    laurent, output = browser("laurent"), world.output(world.meeting())
    form = {"kind": "report", "original": "en", "title_en": "T", "version": str(output.version)}

    saved = laurent.post(f"/outputs/{output.id}", form | {"mandates": [FIRST], "mandate_words": "pp-res-102"})
    assert saved.status_code == 303
    assert list_boxes(laurent.get(f"/outputs/{output.id}/edit").text, ticked=True) == ["pp-res-102", FIRST]
    assert "PP Resolution 102" in visible_text(laurent.get(f"/outputs/{output.id}").text)


OUTSIDE = ("until=0001-01-01", "until=9999-12-31")  # days before or after which there are none


def test_the_action_plan_is_a_page_a_table_and_a_word_document(world: World, browser: Open) -> None:
    world.registered(world.meeting(), mandates=(FIRST,))
    rafael = browser("rafael")
    page = visible_text(rafael.get("/mandates/progress").text)
    assert "WTSA Resolution 75, resolves 1" in page
    assert "Nothing yet." in page
    of_something = visible_text(rafael.get("/mandates/progress?show=done").text)
    assert "WTSA Resolution 75, resolves 1" in of_something
    assert ("resolves 2" in page, "resolves 2" in of_something) == (True, False)
    assert "Nothing yet." not in of_something
    assert rafael.get("/mandates/progress.csv?show=done").text.count("\r\n") == 2, "the headings and one clause"
    empty = visible_text(rafael.get("/mandates/progress?show=done&until=2020-01-01").text)
    assert "Nothing that you can access was done" in empty
    assert "décide 1" in visible_text(rafael.get("/mandates/progress?lang=fr").text)
    rafael.get("/mandates/progress?lang=en")
    table = rafael.get("/mandates/progress.csv").text
    assert "resolves 1" in table
    assert rafael.get("/mandates/progress/docx").content[:2] == b"PK"
    for wrong in ("from=2026-13-01", "from=2027-01-01&until=2026-01-01", "from=1900-01-01", *OUTSIDE):
        assert rafael.get(f"/mandates/progress?{wrong}").status_code == 400
        assert rafael.get(f"/mandates/progress.csv?{wrong}").status_code == 400
    reversed_days = rafael.get("/mandates/progress?from=2027-01-01&until=2026-01-01").text
    assert 'href="#f-from"' in reversed_days
    assert ('name="from" value="2027-01-01"' in reversed_days, 'name="until" value="2026-01-01"' in reversed_days) == (
        True,
        True,
    )
