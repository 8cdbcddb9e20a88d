"""What became of a document, as pages show it: from the decision that names it to the desk of its delegation."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import event, select

from app.core import clock
from app.core.db import transaction
from app.domain.decisions.models import Decision
from app.domain.document_outcomes.rules.outcomes import ActionPointOutcome, OutcomeStage
from app.domain.floor import queries as floor
from app.domain.releases.actions.copy import slug_of_symbol
from app.http.localization import Localizer
from app.web.views.documents.outcome_words import LONGEST_QUOTATION, cut_to_first_line, describe_outcome
from app.web.views.documents.outcomes import BOX_COLUMNS, break_into_lines
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def visible_text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def section_of(page: str) -> str:
    return visible_text("<main" + page.partition('id="outcomes"')[2].partition("</section>")[0])


def test_the_documents_of_an_item_are_ticked_and_their_pages_show_the_decision(world: World, english: Open) -> None:
    meeting = world.meeting()
    document, other = (world.registered(meeting, title=title)[1] for title in ("Costs of transit", "Another"))
    item = world.item(meeting, "Connectivity")
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    before = section_of(english("amina").get(f"/documents/{document.id}").text)
    sitting, chair, url = world.sitting(meeting, item), english("laurent"), f"/meetings/{meeting.id}/decisions"

    form = chair.get(f"{url}/new").text
    box = chair.get(f"/meetings/{meeting.id}/floor").text
    ticked = re.findall(r'name="documents" value="([^"]+)" checked', form)
    with transaction(world.read) as session:
        version = floor.find_open_sitting(session, meeting).version
    typed = {"text": "It was agreed.", "how": "consensus", "version": str(version)}
    wrong = chair.post(f"{url}/new", typed | {"documents": str(meeting.id)})
    taken = chair.post(f"{url}/new", typed | {"documents": ticked})
    shown = section_of(english("rafael").get(f"/documents/{document.id}").text)
    own = visible_text(english("amina").get("/contributions").text)

    assert ticked == [str(document.id)]
    assert f'value="{other.id}"' in form
    assert f'name="documents" value="{document.id}" checked' in box
    assert (wrong.status_code, taken.status_code) == (400, 303)
    assert "is not of this meeting" in wrong.text
    assert "It was agreed." in wrong.text
    assert "It is before the meeting under agenda item 1." in before
    assert "Agenda item 1" in shown
    assert re.search(r"Decision 1 By consensus · decided on \d+ \w+ It was agreed\.", shown)
    assert "What is decided on it" not in shown
    assert "Decision 1, By consensus" in own
    assert document.symbol in visible_text(english("rafael").get(url).text)
    assert sitting.meeting_id == meeting.id

    with transaction(world.read) as session:
        decision = session.scalars(select(Decision)).one()
    correcting = f"{url}/{decision.id}/correct"
    assert f'value="{document.id}" checked' in chair.get(correcting).text
    again = chair.post(correcting, {"text": "Agreed.", "how": "consensus", "version": "1", "documents": str(other.id)})
    assert again.status_code == 303
    assert "Decision 1" not in section_of(english("rafael").get(f"/documents/{document.id}").text)
    assert "Decision 1" in section_of(english("rafael").get(f"/documents/{other.id}").text)


def test_the_drawing_and_the_nested_list_say_the_same_in_each_direction(world: World, english: Open) -> None:
    meeting = world.meeting()
    document = world.registered(meeting)[1]
    item = world.item(meeting, "Connectivity")
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    path = f"/documents/{document.id}/outcomes"

    page = english("rafael").get(path).text
    arabic = english("rafael").get(f"{path}?lang=ar").text

    boxes, of_arabic = (re.findall(r'class="box" x="([\d.]+)"', each) for each in (page, arabic))
    assert [float(x) for x in boxes] == [0, 238]
    assert [float(x) for x in of_arabic] == [238, 0]
    assert f'href="/meetings/{meeting.id}/agenda#item-{item.id}"' in page.partition('class="branches"')[2]
    assert ">Agenda item 1</text>" in page


def test_who_may_not_see_a_document_finds_no_outcomes_either(world: World, english: Open) -> None:
    meeting = world.meeting()
    document = world.registered(meeting)[1]

    slug = slug_of_symbol(document.symbol)

    answers = {
        english("olga").get(f"/documents/{each}/outcomes").status_code for each in (document.id, slug, meeting.id)
    }
    here, by_symbol = (
        visible_text(english("rafael").get(f"/documents/{each}/outcomes").text) for each in (document.id, slug)
    )

    assert answers == {404}
    assert "What became of it" in here
    assert by_symbol == here


def test_the_page_of_a_registered_contribution_shows_its_outcomes_within_ten_statements(
    world: World, english: Open, portal: object
) -> None:
    meeting = world.meeting()
    contribution, document = world.registered(meeting)
    world.allocated(meeting, document, world.item(meeting))
    world.agenda_released(meeting)
    amina, engine, sent = english("amina"), portal.app.state.portal.engine, []

    def note(*details: object) -> None:
        sent.append(str(details[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        counts = {}
        for path in (f"/contributions/{contribution.id}", f"/documents/{document.id}", "/contributions", "/"):
            sent.clear()
            page = amina.get(path)
            counts[path] = len(sent)
            assert page.status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert {path: count for path, count in counts.items() if count > 10} == {}
    assert "Agenda item 1" in section_of(amina.get(f"/contributions/{contribution.id}").text)


def test_the_words_of_a_decision_are_cut_at_a_word_and_say_that_more_follows() -> None:
    assert cut_to_first_line("Agreed.") == "Agreed."
    assert cut_to_first_line("Agreed.\n\nAnd more.") == "Agreed. …"
    long = cut_to_first_line("A word " * 60)
    assert len(long) <= LONGEST_QUOTATION + 1
    assert long.endswith(("word…", "A…"))
    assert cut_to_first_line("字" * 400) == "字" * LONGEST_QUOTATION + "…"


def test_a_box_has_what_the_list_has_in_lines_that_fit_and_none_breaks_a_word() -> None:
    words = "Delivery to Council Working Group on the World Summit on the Information Society"
    lines = break_into_lines(words, 3)
    assert " ".join(lines) == words
    assert all(len(line) <= BOX_COLUMNS for line in lines)
    assert break_into_lines(words, 2)[-1].endswith("…")
    chinese = "工作组" * 12
    assert break_into_lines(chinese, 3) == [chinese[:13], chinese[13:26], chinese[26:]]  # each takes two columns
    assert break_into_lines("", 2) == []


def test_a_task_says_whether_it_is_completed_or_overdue() -> None:
    today = clock.now().date()
    due, past = today + timedelta(days=5), today - timedelta(days=1)
    said = {
        (progress, day): str(describe_outcome(task_of(progress, day), ZoneInfo("UTC"), Localizer("en")).details[-1])
        for progress, day in (("open", due), ("open", past), ("done", past), ("open", None))
    }
    assert said == {
        ("open", due): "Not completed",
        ("open", past): "Overdue",
        ("done", past): "Done",
        ("open", None): "Not completed",
    }


def task_of(progress: str, due_on: date | None) -> ActionPointOutcome:
    """Return an action point of a decision."""
    return ActionPointOutcome(
        origin_id=uuid4(),
        key="action-1",
        stage=OutcomeStage.FOLLOW_UP,
        at=clock.now(),
        meeting_id=uuid4(),
        point_id=uuid4(),
        owner="KEN",
        owner_name="",
        due_on=due_on,
        progress=progress,
    )
