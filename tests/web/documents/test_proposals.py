"""Proposals on pages: lines of a form, the check page, addresses, a meeting's list, corrections."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from app.core.db import set_row_security_entity, transaction
from app.domain.contributions.models import Contribution
from app.domain.documents.inputs import ProposalInput
from app.domain.documents.models import Document, EditionStep
from app.domain.documents.queries import documents
from tests.browser import Browser
from tests.document_history import add_edition, change_access, withdraw_document
from tests.web.documents.test_register import visible_text
from tests.world import World

Open = Callable[..., Browser]
PAPER = {"title": "Repair of routes", "original": "en", "purpose": "discussion"}
TWO = (
    ProposalInput(title="Routes are repaired", kind="ADD", concerns="No. 42"),
    ProposalInput(title="Figures <b>stay</b>"),
)


def proposal_form(*typed: tuple[str, str, str, str]) -> dict[str, list[str]]:
    """A form with these lines: number, mark, title, provision concerned."""
    columns = zip(*typed, strict=True)
    names = ("proposal_number", "proposal_kind", "proposal_title", "proposal_concerns")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def save_draft(world: World, browser: Browser, typed: dict[str, list[str]]) -> list[str]:
    """Save a draft with these lines; returns the titles of its proposals."""
    meeting = world.meeting()
    answer = browser.post(f"/meetings/{meeting.id}/contributions", {"key": str(uuid4())} | PAPER | typed)
    assert answer.status_code == 303
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return [str(each["title"]) for each in session.query(Contribution).one().proposals]


@pytest.mark.parametrize(
    ("numbers", "order"),
    [
        (("1", "2", "3", "", ""), "a b c d"),
        (("1", "2", "3", "2", ""), "a d b c"),
        (("3", "2", "3", "4", ""), "b c a d"),
        (("1", "2", "1", "4", ""), "c a b d"),
        (("1", "2", "3", "no number", "-1"), "a b c d"),
        (("1", "2", "3", "²", "999999999"), "a b c d"),
    ],
)
def test_a_typed_number_moves_a_line(world: World, browser: Open, numbers: tuple[str, ...], order: str) -> None:
    typed = [(number, "", title, "") for number, title in zip(numbers, ("a", "b", "c", "d", ""), strict=True)]

    assert save_draft(world, browser("amina"), proposal_form(*typed)) == order.split()


def test_empty_lines_are_left_out_and_the_form_always_offers_more(world: World, browser: Open) -> None:
    amina = browser("amina")
    typed = proposal_form(("1", "MOD", "First", "Art. 1"), ("", "", " ", ""), ("", "", "Second", ""))
    assert save_draft(world, amina, typed) == ["First", "Second"]

    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        draft_path = f"/contributions/{session.query(Contribution).one().id}"
    form = amina.get(f"{draft_path}/edit").text
    assert re.findall(r'name="proposal_title" value="([^"]*)"', form) == ["First", "Second", "", "", ""]
    assert '<option value="MOD" selected>' in form
    assert "Proposals in the document 1. First MOD Art. 1 2. Second" in visible_text(
        amina.get(f"{draft_path}/check").text
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("", "ADD", "", "No. 42"), "Row 2: Enter a title or short text for each proposal."),
        (("", "", "x" * 301, ""), "Row 2: Must be 300 characters or fewer."),
        (("", "XXX", "A title", ""), "Row 2: Select one of the options."),
    ],
)
def test_an_invalid_line_is_shown_again_with_its_input(
    world: World, browser: Open, line: tuple[str, str, str, str], words: str
) -> None:
    amina, draft = browser("amina"), world.draft(world.meeting())
    here = f"/contributions/{draft.id}"

    sent = {"version": str(draft.version)} | PAPER | proposal_form(("1", "ADD", "Kept <i>as typed</i>", ""), line)
    answer = amina.post(here, sent)

    assert answer.status_code == 400
    assert 'href="#f-proposals"' in answer.text
    assert words in answer.text
    assert 'value="Kept &lt;i&gt;as typed&lt;/i&gt;"' in answer.text
    many = sent | proposal_form(*[("", "", "One of many", "")] * 201)
    assert "at most 200 proposals" in amina.post(here, many).text
    torn = sent | {"proposal_kind": ["ADD"]}
    assert amina.post(here, torn).status_code == 400


def test_each_proposal_has_an_address_on_its_document_and_is_found_by_its_symbol(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    rafael, url = browser("rafael"), f"/documents/{document.id}"

    shown = rafael.get(url).text
    assert '<li id="proposal-1"' in shown
    assert "KEN/1/1 Routes are repaired ADD No. 42 KEN/1/2 Figures <b>stay</b>" in visible_text(shown)
    results = rafael.get("/search?q=ken/1/2").text
    assert f'href="{url}#proposal-2">KEN/1/2</a>' in results
    assert "Figures &lt;b&gt;stay&lt;/b&gt;" in results
    change_access(world, document, "public")
    assert "KEN/1/2" in browser().get(f"/public{url}").text
    withdraw_document(world, document)
    assert "Routes are repaired" not in rafael.get(url).text
    assert "No results found." in rafael.get("/search?q=KEN/1/2").text


def test_a_revision_starts_with_the_proposals_and_an_addendum_with_none(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    amina, url = browser("amina"), f"/documents/{document.id}/follow"

    def begins(step: str) -> list[str]:
        return re.findall(r'name="proposal_title" value="([^"]*)"', amina.get(f"{url}/{step}").text)

    assert begins("rev")[:2] == ["Routes are repaired", "Figures &lt;b&gt;stay&lt;/b&gt;"]
    assert begins("add") == ["", "", ""]
    assert begins("corr") == []
    sent = (
        {"key": str(uuid4()), "note": "New.", "title": "A part"} | PAPER | proposal_form(("", "NOC", "Of the part", ""))
    )
    draft_path = amina.post(f"{url}/add", sent).headers["Location"].split("/edit")[0]
    assert "1. Of the part NOC" in visible_text(amina.get(f"{draft_path}/check").text)


def test_a_meeting_lists_proposals_with_filters_by_source_and_kind(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.documents.proposals.PAGE_SIZE", 2)
    meeting = world.meeting()
    url, rafael = f"/meetings/{meeting.id}/proposals", browser("rafael")
    assert "No document of this meeting contains proposals." in rafael.get(url).text
    world.registered(meeting, proposals=TWO)
    world.registered(meeting, by="rafael", proposals=(ProposalInput(title="Brazilian", kind="ADD"),))

    def symbols(query: str) -> list[str]:
        return re.findall(r"#proposal-\d+\">([^<]+)</a>", rafael.get(f"{url}{query}").text)

    assert symbols("") == ["KEN/1/1", "KEN/1/2"]
    assert symbols("?page=2") == ["BRA/2/1"]
    assert symbols("?source=BRA") == ["BRA/2/1"]
    assert symbols("?kind=ADD") == ["KEN/1/1", "BRA/2/1"]
    assert symbols("?kind=none") == ["KEN/1/2"]
    assert "No proposal matches these filters." in rafael.get(f"{url}?kind=NOC&source=KEN").text
    for nothing in ("kind=XXX", "source=%00"):
        assert rafael.get(f"{url}?{nothing}").status_code == 400
    shown = rafael.get(url).text
    assert ('<option value="BRA">Brazil</option>' in shown, "Japan" in shown) == (True, False)
    assert f'<a href="{url}" aria-current="page">Proposals' in shown


def test_the_secretariat_corrects_the_list_of_proposals_on_record(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    ines, url = browser("ines"), f"/documents/{document.id}"
    assert f'href="{url}/first/relist"' in ines.get(url).text
    assert "/relist" not in browser("amina").get(url).text
    assert 'value="Routes are repaired"' in ines.get(f"{url}/first/relist").text
    form = {"version": document.version, "reason": "One too many."} | proposal_form(
        ("", "ADD", "Routes are repaired", "")
    )

    assert ines.post(f"{url}/first/relist", form | {"reason": ""}).status_code == 400
    done = ines.post(f"{url}/first/relist", form)

    assert done.headers["Location"] == f"{url}/first?done=on-record"
    shown = visible_text(browser("rafael").get(url).text)
    assert "Before: KEN/1/1 ADD Routes are repaired (No. 42); KEN/1/2 Figures" in shown
    assert "After: KEN/1/1 ADD Routes are repaired Reason: One too many." in shown
    again = ines.post(f"{url}/first/relist", form | {"version": document.version + 1})
    assert (again.status_code, "No changes were made" in again.text) == (400, True)
    add_edition(world, document, EditionStep.REVISION)
    assert ines.get(f"{url}/first/relist").status_code == 404
    assert "/first/relist" not in ines.get(f"{url}/first").text
    assert ines.get(f"{url}/rev-1/relist").status_code == 200
    with transaction(world.read) as session:
        first = documents.get_edition(session, session.get_one(Document, document.id), EditionStep.TEXT, 0)
        assert len(first.proposals) == 2
