"""Meetings through HTTP: what every seat reads, and what only the secretariat changes."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from app.core import clock
from app.core.db import transaction
from app.domain.agendas.actions.editing import choose_deputy_offices
from app.domain.agendas.queries.agenda_releases import count_documents_by_item
from app.domain.meetings.models import Meeting
from app.http.localization import Localizer
from app.web.views.meetings.ordinals import format_meeting_ordinal
from tests.browser import Browser
from tests.document_history import withdraw_document
from tests.world import World

Open = Callable[..., Browser]
FORM = {
    "body": "cwg-internet",
    "number": "23",
    "place": "Geneva",
    "zone": "Europe/Zurich",
    "opens_on": "2031-02-10",
    "closes_on": "2031-02-12",
    "life": "open",
}


def read_meeting(world: World, meeting: Meeting) -> Meeting:
    with transaction(world.read) as session:
        return session.get_one(Meeting, meeting.id)


def count_statements(browser: Browser, path: str) -> int:
    """Count the SQL statements that a page needs."""
    counted = []
    engine = browser.client.app.app.state.portal.engine
    listener = lambda *details: counted.append(details[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    assert browser.get(path).status_code == 200
    event.remove(engine, "before_cursor_execute", listener)
    return len(counted)


def test_a_delegate_sees_the_meeting_and_how_to_contribute(world: World, english: Open) -> None:
    meeting = world.meeting()
    amina = english("amina")

    assert f'href="/meetings/{meeting.id}"' in amina.get("/meetings").text
    page = amina.get(f"/meetings/{meeting.id}").text

    assert "CWG-Internet, meeting 22" in page
    assert f'href="/meetings/{meeting.id}/contributions/new"' in page
    assert "23:59 in Geneva" in page


def test_the_overview_has_the_ordinal_of_the_meeting_and_counts_the_documents_of_each_item(
    world: World, english: Open
) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Connectivity")
    documents = [world.registered(meeting, title=title)[1] for title in ("One", "Another")]
    for document in documents:
        world.allocated(meeting, document, item)
    amina, url = english("amina"), f"/meetings/{meeting.id}"
    assert "2 documents" not in amina.get(url).text  # not released yet
    world.agenda_released(meeting)

    page = amina.get(url).text

    assert "<h1>22nd meeting</h1>" in page
    assert "<h1>22e réunion</h1>" in amina.get(f"{url}?lang=fr").text
    assert f'<a href="{url}/documents?item={item.id}">2 documents</a>' in page
    assert page.count(f'href="{url}/contributions/new"') == 1
    with world.acting("olga") as (session, actor):
        assert count_documents_by_item(session, actor, meeting) == {}
    withdraw_document(world, documents[0])
    assert f'<a href="{url}/documents?item={item.id}">1 document</a>' in amina.get(url).text


@pytest.mark.parametrize(
    ("number", "language", "name"),
    [
        (21, "en", "21st meeting"),
        (23, "en", "23rd meeting"),
        (113, "en", "113th meeting"),
        (1, "fr", "1re réunion"),
        (22, "es", "22.ª reunión"),
        (22, "ru", "22-е собрание"),
        (22, "zh", "第22次会议"),
    ],
)
def test_a_meeting_is_named_by_its_ordinal_as_the_language_forms_it(number: int, language: str, name: str) -> None:
    formats = Localizer(language)

    assert formats.translate_text(format_meeting_ordinal(number, formats)) == name


def test_a_meeting_is_not_found_without_a_seat(world: World, english: Open) -> None:
    meeting = world.meeting()
    pages = [f"/meetings/{meeting.id}{tab}" for tab in ("", "/agenda", "/documents")]

    for path in ("/meetings", *pages):
        assert english("amina").get(path).status_code == 200
        assert english("wambui").get(path).status_code == 404
        assert english().get(path).status_code == 401
    assert english("amina").get(f"/meetings/{uuid4()}").status_code == 404


def test_delegates_and_the_secretariat_can_contribute_and_only_the_secretariat_can_change(
    world: World, english: Open
) -> None:
    path = f"/meetings/{world.meeting().id}"

    secretary, chair, delegate = (english(who).get(path).text for who in ("ines", "laurent", "amina"))

    assert "/contributions/new" in secretary
    assert f"{path}/edit" in secretary
    assert f"{path}/outputs/new" in chair
    assert f"{path}/agenda/edit" in chair
    assert f"{path}/edit" not in chair
    assert f"{path}/agenda/edit" not in delegate


def test_a_secretary_convenes_a_meeting(world: World, english: Open) -> None:
    ines = english("ines")
    assert "/meetings/new?body=cwg-internet" in ines.get("/meetings").text
    assert 'name="opens_on"' in ines.get("/meetings/new?body=cwg-internet").text

    answer = ines.post("/meetings", FORM)

    assert answer.status_code == 303
    assert "The meeting is convened." in ines.get(answer.headers["Location"]).text
    with transaction(world.read) as session:
        meeting = session.scalars(select(Meeting)).one()
    assert meeting.contributions_due_at.isoformat() == "2031-01-29T22:59:59+00:00"


def test_only_the_secretariat_convenes_a_meeting(world: World, english: Open) -> None:
    laurent = english("laurent")

    assert "/meetings/new" not in laurent.get("/meetings").text
    assert laurent.get("/meetings/new?body=cwg-internet").status_code == 403
    assert laurent.post("/meetings", FORM).status_code == 403
    assert english("ines").post("/meetings", FORM | {"body": "wg-wsis"}).status_code == 404
    with transaction(world.read) as session:
        assert session.scalar(select(func.count()).select_from(Meeting)) == 0


def test_an_invalid_form_is_shown_again_with_its_input(world: World, english: Open) -> None:
    world.meeting(number=23)
    wrong = [
        ({"closes_on": "2031-02-01"}, "The last day is before the first day.", "f-closes_on-error"),
        ({"zone": "Mars/Phobos"}, "Time zone: select one of the options.", "f-zone-error"),
        ({"place": ""}, "Enter the place of the meeting.", "f-place-error"),
        ({}, "A meeting with this number already exists.", "f-number-error"),
    ]

    for change, words, field in wrong:
        answer = english("ines").post("/meetings", FORM | {"place": "Tromsø <hall>"} | change)
        assert answer.status_code == 400
        assert words in answer.text
        assert f'id="{field}"' in answer.text
        assert 'value="2031-02-10"' in answer.text


def test_a_secretary_moves_the_deadline_and_the_number_stays(world: World, english: Open) -> None:
    meeting = world.meeting()
    opens = (meeting.opens_on + timedelta(days=7)).isoformat()
    page = english("ines").get(f"/meetings/{meeting.id}/edit").text
    assert 'value="Geneva"' in page
    assert 'name="number"' not in page

    change = FORM | {
        "number": "99",
        "opens_on": opens,
        "closes_on": opens,
        "contributions_due_on": opens,
        "version": meeting.version,
    }
    answer = english("ines").post(f"/meetings/{meeting.id}/edit", change)

    assert answer.headers["Location"] == f"/meetings/{meeting.id}?done=saved"
    now = read_meeting(world, meeting)
    assert (now.opens_on.isoformat(), now.number) == (opens, 22)
    assert english("laurent").get(f"/meetings/{meeting.id}/edit").status_code == 403
    assert english("laurent").post(f"/meetings/{meeting.id}/edit", change).status_code == 403


def test_documents_are_listed_with_source_language_and_item(world: World, english: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting, title="A registered title")
    item = world.item(meeting, "Contributions")

    page = english("rafael").get(f"/meetings/{meeting.id}/documents").text
    assert ">22/1</a></th>" in page
    assert "A registered title" in page
    assert "Kenya" in page
    assert "not yet" in page
    assert "/documents/CWG-Internet-22-1/files/en" in page

    world.allocated(meeting, document, item)
    item_link = f"agenda#item-{item.id}"
    assert item_link not in english("rafael").get(f"/meetings/{meeting.id}/documents").text
    world.agenda_released(meeting)
    assert item_link in english("rafael").get(f"/meetings/{meeting.id}/documents").text


def test_pages_need_a_constant_number_of_statements(world: World, english: Open) -> None:
    meeting = world.meeting()
    for title in ("First", "Second"):  # a page reads one thing more of a version after the first: its changes
        world.item(meeting, title)
        world.registered(meeting, title=title)
        world.agenda_released(meeting)
    amina = english("amina")
    paths = [
        "/meetings",
        f"/meetings/{meeting.id}",
        f"/meetings/{meeting.id}/agenda",
        f"/meetings/{meeting.id}/documents",
    ]
    amina.get("/meetings")
    before = [count_statements(amina, path) for path in paths]

    for number in (23, 24):
        world.meeting(number=number)
        world.item(meeting, f"Item {number}")
        world.registered(meeting, by="rafael", title=f"Title {number}")
        world.agenda_released(meeting)

    assert [count_statements(amina, path) for path in paths] == before


def list_readiness(page: str) -> dict[str, tuple[str, str]]:
    """Return, by label, the state and the address of each line of the readiness; empty without it."""
    lines = re.findall(r'<li data-state="([a-z_]+)"><span[^>]*>[^<]+</span> <a href="([^"]+)">([^<]+)</a>', page)
    return {label: (state, href) for state, href, label in lines}


def test_the_readiness_is_shown_to_editors_of_the_agenda_and_hidden_from_delegates(world: World, english: Open) -> None:
    meeting = world.meeting()
    path = f"/meetings/{meeting.id}"
    pages = {
        who: list_readiness(english(who).get(path).text) for who in ("laurent", "layla", "ines", "amina", "joseph")
    }
    of_secretariat = {"Contributions to register", "Titles of documents", "Letters of invitation"}

    assert set(pages["laurent"]) == set(pages["layla"]) == set(pages["ines"]) - of_secretariat
    assert len(pages["ines"]) == 11
    assert pages["amina"] == pages["joseph"] == {}

    with world.acting("laurent") as (session, actor):
        choose_deputy_offices(session, actor, session.get_one(Meeting, meeting.id), [])
    assert list_readiness(english("laurent").get(path).text) == pages["laurent"]
    assert list_readiness(english("ines").get(path).text) == {}


def test_the_readiness_says_what_is_done_and_links_to_what_is_left(world: World, english: Open) -> None:
    meeting = world.meeting()
    base = f"/meetings/{meeting.id}"
    before = list_readiness(english("ines").get(base).text)
    assert before["Sessions"] == ("to_do", f"{base}/sessions")
    assert before["Documents allocated to items"][0] == before["Titles of agenda items"][0] == "nothing_yet"
    assert before["Agenda released"] == ("to_do", f"{base}/agenda/release")

    item = world.item(meeting)
    _, document = world.registered(meeting)
    world.session_of(meeting)
    world.submitted(meeting)
    world.proposed(meeting)
    after = list_readiness(english("ines").get(base).text)
    assert after == {
        "Sessions": ("done", f"{base}/sessions"),
        "Time plan": ("to_do", f"{base}/agenda/edit"),
        "Delegations registered": ("to_do", f"{base}/participants"),
        "Letters of invitation": ("to_do", f"{base}/invitation"),
        "Proposals for agenda items": ("to_do", f"{base}/agenda/proposals"),
        "Contributions to register": ("to_do", "/contributions#h-queue"),
        "Late contributions to decide on": ("done", "/late"),
        "Documents allocated to items": ("to_do", f"{base}/agenda/edit#h-tray"),
        "Translations of documents": ("done", "/translations"),
        "Titles of documents": ("to_do", "/titles"),
        "Titles of agenda items": ("to_do", f"{base}/agenda/release#w-titles"),
        "Agenda released": ("to_do", f"{base}/agenda/release"),
    }
    for _state, href in after.values():
        page, _hash, anchor = href.partition("#")
        shown = english("ines").get(page)
        assert shown.status_code == 200
        assert not anchor or f'id="{anchor}"' in shown.text

    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    done = list_readiness(english("ines").get(base).text)
    assert done["Documents allocated to items"][0] == "done"
    assert done["Agenda released"] == ("done", f"{base}/agenda/versions")


def test_the_readiness_needs_the_same_statements_and_two_more_while_changes_wait(world: World, english: Open) -> None:
    meeting = world.meeting()
    path = f"/meetings/{meeting.id}"
    chair, deputy = english("laurent"), english("ines")
    chair.get(path)
    deputy.get(path)
    with_readiness = count_statements(deputy, path)
    world.item(meeting)
    world.session_of(meeting)
    world.registered(meeting)
    world.submitted(meeting)
    world.proposed(meeting)
    assert count_statements(deputy, path) == with_readiness
    world.agenda_released(meeting)
    for _ in range(2):
        world.item(meeting)
        assert count_statements(deputy, path) == with_readiness + 2

    with world.acting("laurent") as (session, actor):
        choose_deputy_offices(session, actor, session.get_one(Meeting, meeting.id), [])
    assert count_statements(deputy, path) == with_readiness - 2


def test_a_closed_meeting_is_drawn_and_listed_separately(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=5)
    amina = english("amina")
    assert 'id="h-past"' not in amina.get("/meetings").text

    with clock.shifted_clock(timedelta(days=30)):
        later = english("rafael")
        assert 'id="h-past"' in later.get("/meetings").text
        assert "Action for the chair and the secretariat" in later.get(f"/meetings/{meeting.id}").text


def test_the_timeline_is_mirrored_for_arabic(world: World, english: Open) -> None:
    path = f"/meetings/{world.meeting().id}"
    ltr, rtl = (english("amina").get(f"{path}?lang={language}").text for language in ("en", "ar"))

    def due(page: str) -> float:
        return float(page.split('class="dot ask" cx="')[1].split('"')[0])

    assert abs(due(ltr) + due(rtl) - 1136) < 0.2
