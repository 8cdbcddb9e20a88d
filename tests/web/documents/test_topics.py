"""Topics on pages: chosen on a cover, shown, filtered by, maintained by the secretariat, revealing nothing secret."""

import csv
import io
import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from app.core.db import set_row_security_entity, transaction
from app.core.i18n import LANGUAGES
from app.domain.contributions.models import Contribution
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import EditionContent, NewDocument, ProposalInput
from app.domain.documents.models import Document
from app.domain.search.actions import index_document
from app.domain.topics.models import Topic
from tests.browser import Browser
from tests.document_history import change_access, withdraw_document
from tests.web.documents.test_lists import list_titles
from tests.web.documents.test_register import visible_text
from tests.world import World

Open = Callable[..., Browser]
PAPER = {"title": "Repair of routes", "original": "en", "purpose": "discussion"}
SPAM, PRIVACY = "Spam", "Privacy and the protection of personal data"
IN_ALL = dict.fromkeys(LANGUAGES, "Routing")


def ticked_topics(page: str) -> list[str]:
    return re.findall(r'name="topics" value="([^"]+)" checked', page)


def register_document(world: World, title: str, *topics: str, body: str = "cwg-internet", scope: str = "22") -> UUID:
    """Register and index a document with a proposal."""
    with world.acting("ines") as (session, actor):
        cover = EditionContent(
            original="en",
            titles={"en": title},
            topics=topics,
            proposals=(ProposalInput(title=f"{title}, proposed", kind="ADD"),),
            files=(world.file(),),
        )
        new = NewDocument(
            body_id=world.body(body).id, series="C", scope=scope, kind="contribution", entity="KEN", text=cover
        )
        document = register.register_document(session, actor, new)
        session.flush()
        index_document(session, document.id)
        return document.id


def test_topics_are_ticked_on_the_cover_saved_in_the_draft_and_shown_on_the_check_page(
    world: World, browser: Open
) -> None:
    meeting, amina = world.meeting(), browser("amina")
    sent = {"key": str(uuid4()), "topics": ["privacy", "spam"]} | PAPER
    draft_path = amina.post(f"/meetings/{meeting.id}/contributions", sent).headers["Location"].split("/edit")[0]

    edit = amina.get(f"{draft_path}/edit").text
    assert (edit.count('name="topics"'), ticked_topics(edit)) == (12, ["spam", "privacy"])
    shown = visible_text(amina.get(f"{draft_path}/check").text)
    assert f"Topics {SPAM}; {PRIVACY}" in shown
    assert "Спам" in amina.get(f"{draft_path}/check?lang=ru").text
    version = re.search(r'name="version" value="(\d+)"', amina.get(f"{draft_path}/edit?lang=en").text)[1]
    saved = amina.post(draft_path, PAPER | {"version": version}, headers={"Accept": "application/json"})
    assert saved.json() == {"version": int(version) + 1}
    assert ticked_topics(amina.get(f"{draft_path}/edit").text) == []


def test_an_invalid_topic_is_reported_at_the_boxes_and_the_input_kept(world: World, browser: Open) -> None:
    draft, amina = world.draft(world.meeting()), browser("amina")

    answer = amina.post(
        f"/contributions/{draft.id}", {"version": draft.version, "topics": ["spam", "invented"]} | PAPER
    )

    assert answer.status_code == 400
    assert 'href="#f-topics"' in answer.text
    assert (ticked_topics(answer.text), "Repair of routes" in answer.text) == (["spam"], True)
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        assert session.query(Contribution).one().topics == []


def test_a_document_shows_its_topics_and_a_revision_starts_with_them(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), topics=("spam",))
    url = f"/documents/{document.id}"

    assert f'<a href="/topics/spam">{SPAM}</a>' in browser("rafael").get(url).text
    assert ticked_topics(browser("amina").get(f"{url}/follow/rev").text) == ["spam"]
    for step in ("add", "corr"):
        assert 'name="topics"' not in browser("amina").get(f"{url}/follow/{step}").text
    change_access(world, document, "public")
    public = browser().get(f"/public{url}").text
    assert (SPAM in public, "/topics/" in public) == (True, False)
    withdraw_document(world, document)
    assert SPAM not in browser("rafael").get(url).text


def test_the_secretariat_corrects_topics_on_record(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), topics=("spam",))
    ines, url = browser("ines"), f"/documents/{document.id}"
    assert ticked_topics(ines.get(f"{url}/correct").text) == ["spam"]

    form = {"version": document.version, "language": "en", "abstract": "", "reason": "It is about both."}
    done = ines.post(f"{url}/correct", form | {"topics": ["spam", "privacy"]})

    assert done.status_code == 303
    shown = visible_text(browser("rafael").get(url).text)
    assert f"The topics were corrected Before: {SPAM} After: {SPAM}; {PRIVACY} Reason: It is about both." in shown
    refused = ines.post(f"{url}/correct", form | {"version": document.version + 1, "topics": ["invented"]})
    assert (refused.status_code, "can no longer be selected" in refused.text) == (400, True)


def test_lists_are_filtered_by_topic_and_show_it_as_links(world: World, browser: Open) -> None:
    meeting = world.meeting()
    register_document(world, "About both", "spam", "privacy")
    register_document(world, "About spam", "spam")
    register_document(world, "About nothing")
    rafael = browser("rafael")

    for url in ("/documents", f"/meetings/{meeting.id}/documents"):
        assert set(list_titles(rafael.get(f"{url}?topic=spam").text)) == {"About both", "About spam"}
        shown = rafael.get(f"{url}?topic=privacy&show=topics").text
        assert list_titles(shown) == ["About both"]
        assert f'<a href="/topics/spam">{SPAM}</a><br>' in shown
        assert list_titles(rafael.get(f"{url}?topic=children").text) == []
    for nothing in ("topic=No+code", "source=%00"):
        assert rafael.get(f"/documents?{nothing}").status_code == 400
    table = csv.DictReader(io.StringIO(rafael.get("/documents.csv?topic=spam&sort=title").content.decode("utf-8-sig")))
    assert [(row["Title"], row["Topics"]) for row in table] == [
        ("About both", f"{SPAM}; {PRIVACY}"),
        ("About spam", SPAM),
    ]
    assert ">2 in total<" in rafael.get("/search?q=about&topic=spam").text
    assert "No results found." in rafael.get("/search?q=about&topic=invented").text


def test_a_topic_has_a_page_with_its_documents(world: World, browser: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.views.documents.lines.PAGE_SIZE", 1)
    for title in ("First", "Second"):
        register_document(world, title, "spam")
    register_document(world, "Elsewhere", "privacy")
    rafael = browser("rafael")

    assert list_titles(rafael.get("/topics/spam").text) == ["Second"]
    assert list_titles(rafael.get("/topics/spam?page=2").text) == ["First"]
    assert "There are no documents on this topic that you can access." in rafael.get("/topics/children").text
    for nothing in ("invented", "SPAM", "a" * 50):
        assert rafael.get(f"/topics/{nothing}").status_code == 404
    listed = visible_text(rafael.get("/topics").text)
    assert f"{SPAM} Council Resolution 1305 2" in listed
    assert f"{PRIVACY} Council Resolution 1305 1" in listed


def test_the_secretariat_maintains_the_list_of_topics(world: World, browser: Open) -> None:
    ines = browser("ines")
    assert "Add a topic" in ines.get("/topics").text
    assert "Add a topic" not in browser("amina").get("/topics").text

    refused = ines.post("/topics", IN_ALL | {"code": "New Code", "ru": ""})
    assert refused.status_code == 400
    assert {'href="#f-code"', 'href="#f-ru"'} <= set(re.findall(r'href="#f-\w+"', refused.text))
    assert ines.post("/topics", IN_ALL | {"code": "new"}).status_code == 400
    assert ines.post("/topics", IN_ALL | {"code": "spam"}).status_code == 400
    assert ines.post("/topics", IN_ALL | {"code": "routing"}).headers["Location"] == "/topics/routing?done=topic-kept"
    assert 'value="Routing"' in ines.get("/topics/routing/edit").text
    ines.post("/topics/routing", IN_ALL | {"fr": "Acheminement", "version": "1"})
    assert ines.post("/topics/routing", IN_ALL | {"version": "1"}).status_code == 409
    assert "Acheminement" in browser("amina").get("/topics/routing?lang=fr").text

    assert ines.post("/topics/routing/retire").status_code == 303
    assert "This topic has been retired." in ines.get("/topics/routing").text
    assert 'value="routing"' not in browser("amina").get(f"/meetings/{world.meeting().id}/contributions/new").text
    assert ines.post("/topics/routing/retire").status_code == 409
    assert ines.post("/topics/routing/restore").status_code == 303
    with transaction(world.read) as session:
        assert session.get_one(Topic, "routing").retired_at is None


def surfaces(browser: Browser, meeting: UUID) -> list[object]:
    """The responses of every page that shows topics and proposals to one person."""
    addresses = [
        "/topics",
        "/topics/spam",
        "/documents?topic=spam&show=topics",
        "/documents.csv?topic=spam",
        f"/meetings/{meeting}/documents?topic=spam",
        f"/meetings/{meeting}/proposals",
        f"/meetings/{meeting}/proposals?source=KEN&kind=ADD",
        "/search?q=title&topic=spam",
        "/search?q=KEN/1/1",
        "/search?q=KEN/2/1",
    ]
    answers = [(address, browser.get(address)) for address in addresses]
    return [(address, answer.status_code, answer.content) for address, answer in answers]


@pytest.mark.parametrize("who", ["rafael", "laurent"])
def test_invisible_documents_change_nothing_under_any_topic(world: World, browser: Open, who: str) -> None:
    """Compare databases with and without drafts and documents of another body with the same topics and proposals."""
    meeting = world.meeting()
    register_document(world, "A title", "spam")
    one = browser(who)
    without = surfaces(one, meeting.id)

    world.draft(meeting, topics=("spam",), proposals=(ProposalInput(title="Secret", kind="ADD"),))
    world.submitted(meeting, topics=("spam",), proposals=(ProposalInput(title="Secret", kind="ADD"),))
    world.seat("ines", "secretary", body="wg-wsis")
    hidden = [
        register_document(world, "A hidden title", "spam", body="wg-wsis", scope=scope) for scope in ("22", "22", "44")
    ]

    assert surfaces(one, meeting.id) == without
    assert "A hidden title" in browser("ines").get("/topics/spam").text
    assert "A hidden title, proposed" in browser("ines").get("/search?q=KEN/2/1").text
    with transaction(world.read) as session:
        assert session.get_one(Document, hidden[0]).topics == ["spam"]


@pytest.mark.parametrize("who", ["wambui", "chen", "marc", None])
def test_without_a_seat_only_opened_documents_are_listed(world: World, browser: Open, who: str | None) -> None:
    register_document(world, "A title", "spam")
    assert "A title" in browser("joseph").get("/topics/spam").text

    for address in ("/topics", "/topics/spam", "/search?q=KEN/1/1"):
        answer = browser(who).get(address)
        assert answer.status_code == (401 if who is None else 200)
        assert "A title" not in answer.text
    if who:
        assert f"{SPAM} Council Resolution 1305 0" in visible_text(browser(who).get("/topics").text)
