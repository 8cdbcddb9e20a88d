"""A Sector Member and a Member State submit to a study group under a Question, by the same pages; the Sector Member
finds nothing of the group that admits Member States only."""

import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import expect

from app.core.db import transaction
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from app.domain.search.actions import index_document
from tests.files import make_docx
from tests.journeys.chromium import chromium, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_joint import key_in
from tests.journeys.test_main_job import Visit

QUESTION = "Q6/3"
CANARY = "Canary of a closed group"
SOURCES = {"chen": "Lantern Telecom", "rafael": "Brazil"}
TITLES = {"chen": "Peering, seen by an operator", "rafael": "Peering, seen by a regulator"}


def submit_under_the_question(visit: Visit, meeting: str, file: Path, title: str) -> list[str]:
    """Submit a contribution from the page of a meeting; return the headings of the pages on the way."""
    visit.go(f"/meetings/{meeting}")
    visit.follow(f"main a[href='/meetings/{meeting}/contributions/new']")
    headings = [visit.page.locator("h1").inner_text()]
    visit.send(f"/meetings/{meeting}/contributions", file=file)
    key = key_in(visit.page.url)
    headings.append(visit.page.locator("h1").inner_text())
    visit.page.fill("[name=title]", title)
    visit.page.check(f"[name=questions][value='{QUESTION}']")
    visit.press("Continue to check")
    visit.wait_for_file_check(f"/contributions/{key}/check")
    expect(visit.page.locator("main")).to_contain_text(QUESTION)
    headings.append(visit.page.locator("h1").inner_text().replace(title, ""))
    visit.submit(key)
    headings.append(visit.page.locator("h1").inner_text())
    assert SOURCES[visit.who] in headings[-1]
    return [heading.replace(SOURCES[visit.who], "the source") for heading in headings]


def register_what_waits(secretary: Visit, title: str) -> None:
    """Open a contribution from the queue, and register it."""
    secretary.go("/registration")
    secretary.follow(f"main a:has-text('{title}')")
    secretary.press("Register the contribution")
    secretary.press("Register the contribution")  # on its check page


def filter_by_question(visit: Visit) -> list[str]:
    """Filter the list of documents by the Question, as a person does; return the titles that it shows."""
    page = visit.go("/documents")
    field = page.locator("main select[name=question]")
    field.evaluate("each => { const more = each.closest('details'); if (more) more.open = true; }")
    field.select_option(QUESTION)
    with page.expect_navigation():
        field.evaluate("each => each.form.requestSubmit()")
    assert f"question={quote(QUESTION, safe='')}" in page.url
    return page.locator("main table.list a.title, main table.list td a").all_inner_texts()


def look_for_the_closed_group(visit: Visit, meeting: Meeting, document: Document) -> dict[str, str]:
    """Return what lists, filter, search and the addresses of a group show: status and text, by address."""
    pages = {}
    for path in (
        *("/documents", "/documents?words=Canary", "/search?q=Canary", "/meetings", "/bodies"),
        *(f"/documents/{document.id}", f"/meetings/{meeting.id}", "/bodies/cwg-internet"),
    ):
        answer = visit.page.goto(visit.url + path)
        assert answer is not None
        pages[path] = f"{answer.status} {visit.page.inner_text('body')}"
    return pages


@needs_chromium
def test_a_sector_member_and_a_state_submit_under_a_question_and_the_member_finds_no_other_group(
    place: Place, tmp_path: Path
) -> None:
    world = place.world
    world.seat("daniel", "secretary", body="sg3")
    for who in TITLES:
        world.seat(who, "delegate", body="sg3")
    meeting = world.meeting(number=1, body="sg3", by="daniel")
    closed = world.meeting(number=22)
    _draft, canary = world.registered(closed, title=CANARY)
    with transaction(world.write) as session:
        index_document(session, canary.id)  # as the worker does it after a registration on the portal
    files = {who: tmp_path / f"{who}.docx" for who in TITLES}
    with chromium() as browser:
        chen, rafael, daniel, amina = (
            Visit(browser, place.portal, who, scripts=False) for who in ("chen", "rafael", "daniel", "amina")
        )

        ways = []
        for visit in (chen, rafael):
            files[visit.who].write_bytes(make_docx("The cost of a kilometre of fibre. " * 20, title=TITLES[visit.who]))
            ways.append(submit_under_the_question(visit, str(meeting.id), files[visit.who], TITLES[visit.who]))
        assert ways[0] == ways[1]
        for title in TITLES.values():
            register_what_waits(daniel, title)

        for visit in (chen, rafael):
            shown = " ".join(filter_by_question(visit))
            assert all(title in shown for title in TITLES.values()), shown
            assert CANARY not in shown
        chen.follow(f"main a:has-text('{TITLES['rafael']}')")
        expect(chen.page.locator("main")).to_contain_text(QUESTION)
        expect(chen.page.locator("main")).to_contain_text(re.compile(r"SG3 1/[12]"))

        seen = look_for_the_closed_group(amina, closed, canary)
        assert [path for path, page in seen.items() if CANARY not in page and "CWG-Internet" not in page] == []
        assert [path for path, page in seen.items() if not page.startswith("200 ")] == []
        hidden = look_for_the_closed_group(chen, closed, canary)
        assert [path for path, page in hidden.items() if CANARY in page or "CWG-Internet" in page] == []
        assert [path for path, page in hidden.items() if page.startswith("404 ")] == list(hidden)[-3:]
        values = chen.go("/documents").locator("main select option").all_inner_texts()
        assert QUESTION in " ".join(values)
        assert not [each for each in values if "CWG" in each]
