"""The life of a meeting through HTTP: its steps, sessions, practical information and letter of invitation."""

import re
from collections.abc import Callable
from datetime import timedelta

import pypdfium2
from sqlalchemy import select

from app.core.db import transaction
from app.core.i18n import LANGUAGES
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import get_today_at_meeting
from tests.browser import Browser
from tests.pango import needs_pango
from tests.web.meetings.test_meetings import FORM, read_meeting
from tests.world import World

Open = Callable[..., Browser]
LINK = "https://meet.example.org/room-22"


def pdf_text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage() for page in document]
    words = "\n".join(page.get_text_range() for page in pages)
    for page in pages:
        page.close()
    document.close()
    return words


def get_field_value(page: str, field: str) -> str:
    return re.search(rf'name="{field}"[^>]* value="([^"]*)"', page)[1]


def test_a_meeting_is_planned_and_then_convened_on_its_page(world: World, english: Open) -> None:
    ines, amina = english("ines"), english("amina")
    planned = ines.post("/meetings", FORM | {"life": "planned"}).headers["Location"]
    path = planned.partition("?")[0]

    assert "The meeting has been saved as a draft." in ines.get(planned).text
    assert (amina.get(path).status_code, english("laurent").get(path).status_code) == (404, 200)
    assert path not in amina.get("/meetings").text
    assert path in ines.get("/meetings").text
    page = ines.get(f"{path}/convene").text
    assert "All members of the group can then see the meeting" in page
    answer = ines.post(f"{path}/convene", {"version": "1"})
    assert answer.headers["Location"] == f"{path}?done=moved-on"
    assert "Convened" in amina.get(path).text
    assert ines.post(f"{path}/convene", {"version": "2"}).status_code == 409


def test_the_page_offers_the_possible_steps(world: World, english: Open) -> None:
    meeting = world.meeting()
    path = f"/meetings/{meeting.id}"

    def offered(who: str) -> set[str]:
        page = english(who).get(path).text
        return {
            name
            for name in ("convene", "open", "begin", "undo-begin", "close", "cancel")
            if f'href="{path}/{name}"' in page
        }

    assert [offered(who) for who in ("ines", "laurent", "amina")] == [{"begin", "cancel"}, {"begin"}, set()]
    world.moved(meeting, "begin")
    assert [offered(who) for who in ("ines", "laurent", "amina")] == [
        {"undo-begin", "close", "cancel"},
        {"undo-begin", "close"},
        set(),
    ]


def test_beginning_early_is_asked_and_the_first_day_moves_to_today(world: World, english: Open) -> None:
    meeting, laurent = world.meeting(opens_in=25), english("laurent")
    path = f"/meetings/{meeting.id}"

    page = laurent.get(f"{path}/begin").text
    assert 'name="early" value="yes">' in page  # not chosen before
    assert "<li>Registration closes: " in page
    assert f'href="{path}/edit"' not in page
    assert f'href="{path}/edit"' in english("ines").get(f"{path}/begin").text
    today = world.meeting(number=41, opens_in=0)
    assert "Deadlines after the opening" not in laurent.get(f"/meetings/{today.id}/begin").text
    unasked = laurent.post(f"{path}/begin", {"version": meeting.version})
    assert (unasked.status_code, 'id="f-early-error"' in unasked.text) == (400, True)
    assert laurent.post(f"{path}/begin", {"version": meeting.version, "early": "yes"}).status_code == 303

    now = read_meeting(world, meeting)
    assert (now.life, now.opens_on) == ("in_session", get_today_at_meeting(meeting))
    assert f'href="{path}/undo-begin"' in laurent.get(path).text
    assert f'href="{path}/undo-begin"' not in english("amina").get(path).text
    assert laurent.post(f"{path}/undo-begin", {"version": now.version}).status_code == 303
    assert read_meeting(world, meeting).opens_on == meeting.opens_on


def test_cancelling_needs_a_reason_and_everybody_reads_it(world: World, english: Open) -> None:
    path = f"/meetings/{world.meeting().id}"
    ines = english("ines")

    refused = ines.post(f"{path}/cancel", {"version": "1", "reason": ""})
    assert refused.status_code == 400
    assert 'id="f-reason-error"' in refused.text
    ines.post(f"{path}/cancel", {"version": "1", "reason": "The host withdrew <its> offer."})

    page = english("amina").get(path).text
    assert "The host withdrew &lt;its&gt; offer." in page
    assert "/contributions/new" not in page
    assert "Cancelled" in english("amina").get("/meetings").text


def test_during_a_meeting_the_form_asks_only_for_place_and_last_day(world: World, english: Open) -> None:
    meeting = world.moved(world.meeting(), "begin")
    path, ines = f"/meetings/{meeting.id}/edit", english("ines")
    page = ines.get(path).text
    assert 'name="closes_on"' in page
    assert 'name="opens_on"' not in page

    later = (meeting.closes_on + timedelta(days=1)).isoformat()
    answer = ines.post(path, FORM | {"place": "Room B", "closes_on": later, "version": meeting.version})

    now = read_meeting(world, meeting)
    assert answer.status_code == 303
    assert (now.closes_on.isoformat(), now.opens_on, now.place["en"]) == (later, meeting.opens_on, "Room B")
    assert ines.post(path, FORM | {"version": meeting.version}).status_code == 409


def test_a_refused_change_changes_nothing(world: World, english: Open) -> None:
    meeting = world.meeting()
    planned_sessions = [world.session_of(meeting, day=day) for day in (0, 2)]
    opens = meeting.opens_on + timedelta(days=-1)
    version = read_meeting(world, meeting).version
    days = {"opens_on": opens.isoformat(), "closes_on": opens.isoformat(), "version": version}

    answer = english("ines").post(f"/meetings/{meeting.id}/edit", FORM | days)

    assert answer.status_code == 409
    assert "Some sessions would fall outside" in answer.text
    assert (read_meeting(world, meeting).opens_on, read_meeting(world, meeting).version) == (meeting.opens_on, version)
    with transaction(world.read) as session:
        ordered = select(MeetingSession.starts_at).order_by(MeetingSession.starts_at)
        assert session.scalars(ordered).all() == [each.starts_at for each in planned_sessions]


def test_a_computed_deadline_stays_empty_in_the_form_and_follows_the_opening(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=60)
    ines, path = english("ines"), f"/meetings/{meeting.id}/edit"
    assert get_field_value(ines.get(path).text, "registration_due_on") == ""

    own_deadline = (meeting.opens_on - timedelta(days=3)).isoformat()
    days = {"opens_on": meeting.opens_on.isoformat(), "closes_on": meeting.closes_on.isoformat()}
    ines.post(path, FORM | days | {"registration_due_on": own_deadline, "version": 1})

    page = ines.get(path).text
    assert get_field_value(page, "registration_due_on") == own_deadline
    assert get_field_value(page, "posting_due_on") == ""


def test_sessions_are_created_moved_and_cancelled(world: World, english: Open) -> None:
    meeting = world.meeting()
    path, laurent = f"/meetings/{meeting.id}", english("laurent")
    new = {"on": meeting.opens_on.isoformat(), "starts": "09:30", "ends": "12:30"}

    assert 'value="09:30"' in laurent.get(f"{path}/sessions").text
    assert laurent.post(f"{path}/sessions", new).headers["Location"] == f"{path}/sessions?done=session"
    for change, words in (
        ({}, "another session at that time"),
        ({"ends": "08:00"}, "ends before"),
        ({"starts": "x"}, "09:30."),
    ):
        answer = laurent.post(f"{path}/sessions", new | change)
        assert answer.status_code == 400
        assert words in answer.text
    with transaction(world.read) as session:
        session_row = session.scalars(select(MeetingSession)).one()
    assert "09:30–12:30" in english("amina").get(path).text
    assert f'action="/sessions/{session_row.id}"' in laurent.get(f"/sessions/{session_row.id}/edit").text

    moved = new | {"starts": "10:00", "version": "1"}
    assert laurent.post(f"/sessions/{session_row.id}", moved).status_code == 303
    stale = laurent.post(f"/sessions/{session_row.id}", moved)
    assert stale.status_code == 409
    assert 'value="10:00"' in stale.text
    assert laurent.post(f"/sessions/{session_row.id}", moved | {"ends": "x", "version": "2"}).status_code == 400
    assert laurent.post(f"/sessions/{session_row.id}/cancel", {"version": "2"}).status_code == 303
    page = english("amina").get(path).text
    assert "10:00–12:30" in page
    assert "Cancelled" in page
    assert english("amina").post(f"{path}/sessions", new).status_code == 403
    assert english("chen").get(f"/sessions/{session_row.id}/edit").status_code == 404


def test_practical_information_is_saved_in_six_languages_and_a_stale_save_shows_both_texts(
    world: World, english: Open
) -> None:
    meeting = world.meeting()
    path, ines = f"/meetings/{meeting.id}", english("ines")
    texts = {f"text_{code}": f"Text {code} <b>" for code in LANGUAGES}
    assert 'name="text_zh"' in ines.get(f"{path}/practical").text

    answer = ines.post(f"{path}/practical", texts | {"remote_link": LINK, "version": "1"})

    assert answer.headers["Location"] == f"{path}?done=informed"
    for code in LANGUAGES:
        assert f"Text {code} &lt;b&gt;" in english("amina").get(f"{path}?lang={code}").text
    late = ines.post(f"{path}/practical", texts | {"text_en": "Mine", "remote_link": LINK, "version": "1"})
    assert late.status_code == 409
    assert "Mine" in late.text
    assert "Text en &lt;b&gt;" in late.text
    for wrong in ("http://meet.example.org", "javascript:alert(1)", "https://me@example.org/"):
        refused = ines.post(f"{path}/practical", {"remote_link": wrong, "version": "2"})
        assert refused.status_code == 400
        assert 'id="f-remote_link-error"' in refused.text
    assert read_meeting(world, meeting).remote_link == LINK


def test_the_link_is_shown_to_registered_participants_only(world: World, english: Open) -> None:
    meeting = world.meeting()
    path = f"/meetings/{meeting.id}"
    english("ines").post(f"{path}/practical", {"remote_link": LINK, "version": "1"})
    addresses = (path, f"{path}/participants", f"{path}/documents", f"{path}/agenda", "/")

    def is_link_shown(who: str) -> bool:
        browser = english(who)
        return any(LINK in browser.get(address).text for address in addresses)

    assert [is_link_shown(who) for who in ("ines", "laurent", "amina", "rafael")] == [True, True, False, False]
    assert "shown to registered participants" in english("rafael").get(path).text
    world.participant(meeting, None, person=world.person("rafael").id, entity="BRA", by="ines")
    assert [is_link_shown(who) for who in ("amina", "rafael")] == [False, True]


def test_the_timeline_shows_every_deadline_and_every_session_not_cancelled(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=40)
    for day in (0, 1):
        world.session_of(meeting, day=day)

    page = english("amina").get(f"/meetings/{meeting.id}").text
    drawing = page.split("<svg viewBox")[1].split("</svg>")[0]

    words = ("Proposals for the agenda", "Contributions due", "All documents posted", "Registration closes")
    for each in words:
        assert each in drawing
        assert each in page.split("</svg>")[-1]
    assert drawing.count('<rect class="fill"') == 2
    assert drawing.count("<circle") == 3  # two of them fall on one day


@needs_pango
def test_the_invitation_states_time_place_and_mode_in_each_language(world: World, english: Open) -> None:
    meeting = world.planned()
    world.session_of(meeting)
    path = f"/meetings/{meeting.id}/invitation"
    assert "Draft, not sent" in pdf_text(english("laurent").get(f"{path}/en.pdf").content)
    world.moved(meeting, "convene")
    amina = english("amina")

    answer = amina.get(f"{path}/en.pdf")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="CWG-Internet 24 invitation EN.pdf"'
    words = pdf_text(answer.content)
    for each in ("Invitation: CWG-Internet, meeting 24", "Geneva", "09:30", "Registration closes", "How to register"):
        assert each in words
    assert "Draft, not sent" not in words
    assert all(amina.get(f"{path}/{code}.pdf").status_code == 200 for code in LANGUAGES)
    assert amina.get(f"{path}/xx.pdf").status_code == 404
    world.moved(meeting, "cancel")
    assert amina.get(f"{path}/en.pdf").status_code == 404


def test_a_delegate_prepares_a_contribution_once_the_meeting_is_convened(world: World, english: Open) -> None:
    meeting = world.moved(world.planned(), "convene")

    page = english("amina").get(f"/meetings/{meeting.id}").text

    assert "Start a contribution" in page
    with transaction(world.read) as session:
        assert session.get_one(Meeting, meeting.id).life == "convened"
