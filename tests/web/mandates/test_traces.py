"""What became of what cites a clause: the drawing and the list say the same, to each reader what they may see."""

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event

from app.core.storage import open_store
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import Decision
from app.domain.floor import queries as floor
from app.domain.floor.actions import session as sitting
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
CLAUSE = "wtsa-res-75/2008-resolves-1"


def test_the_drawing_has_a_box_for_each_thing_of_the_list(world: World, english: Open) -> None:
    amina, olga = english("amina"), english("olga")
    empty = amina.get(f"/mandates/{CLAUSE}/trace").text
    assert "<svg" not in empty.partition("<main")[2]
    assert "Nothing that you can access cites this clause." in empty
    assert f"/mandates/{CLAUSE}/trace" not in amina.get(f"/mandates/{CLAUSE}").text

    meeting = world.meeting()
    documents = [world.registered(meeting, title=title, mandates=(CLAUSE,))[1] for title in ("One", "Two")]
    item = world.item(meeting)
    for document in documents:
        world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    world.draft(meeting, title="A draft of Kenya", mandates=(CLAUSE,))

    assert f'href="/mandates/{CLAUSE}/trace"' in amina.get(f"/mandates/{CLAUSE}").text
    page = amina.get(f"/mandates/{CLAUSE}/trace").text.partition("<main")[2]
    boxes = re.findall(r'<text class="strong"[^>]*>([^<]*)</text>', page)
    assert boxes == ["resolves 1", documents[1].symbol, "Agenda item 1", documents[0].symbol, "A draft of Kenya"]
    assert len(re.findall(r'<path class="axis"', page)) == 5, "three from the clause, and two to the item"
    assert page.count('">Agenda item 1</a>') == 2, "the list has it under both"
    assert english("rafael").get(f"/mandates/{CLAUSE}/trace").text.count("A draft of Kenya") == 0
    assert documents[0].symbol not in olga.get(f"/mandates/{CLAUSE}/trace").text


def test_a_chain_is_whole_from_the_clause_to_what_an_output_was_forwarded_as(
    world: World, english: Open, portal: object, tmp_path: Path
) -> None:
    meeting, shelf = world.meeting(), open_store(f"file://{tmp_path}/released")
    document = world.registered(meeting, title="Costs", mandates=(CLAUSE,))[1]
    item = world.item(meeting)
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    decision, meeting = decide(world, meeting, item, document)
    made_from = {"sources": frozenset({document.id}), "decisions": frozenset({decision.id}), "mandates": (CLAUSE,)}
    output = world.for_the_parent(meeting, shelf, **made_from)
    forwarded = world.forwarded(output, world.parent_meeting())
    rafael = english("rafael")
    world.seat("rafael", "delegate", body="wg-wsis")

    page = rafael.get(f"/mandates/{CLAUSE}/trace").text.partition("<main")[2]
    steps = list_steps(page)

    chain = [document.symbol, "Agenda item 1", "Decision 1", f"Made into {output.symbol}"]
    assert [(depth, name) for depth, name in steps if name in chain] == list(enumerate(chain))
    assert [name for depth, name in steps if depth == 0] == [document.symbol], "what came of another has no own place"
    assert {name for depth, name in steps if depth == 4} >= {f"Forwarded as {forwarded.symbol}"}
    assert "The group agreed to send the figures" in page.partition('class="branches"')[2]
    assert "The group agreed to send" in page.partition("</svg>")[0], "the box has the words of the decision"
    assert page.count(f'<a href="/outputs/{output.id}"') == 2, "a box and a line, both with a link"
    before = count_statements(portal, rafael)
    for number in range(3):
        world.registered(meeting, title=f"More {number}", mandates=(CLAUSE,))
    assert before == count_statements(portal, rafael) <= 10


def decide(world: World, meeting: Meeting, item: object, document: object) -> tuple[Decision, Meeting]:
    """Decide under an item on a document, in words of two lines; the meeting comes back as it is now."""
    world.sitting(meeting, item)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        text = "The group agreed to send the figures to its parent group.\nIt will come back to them."
        new = NewDecision(text=text, lang="en", documents=frozenset({document.id}))
        version = floor.find_open_sitting(session, there).version
        return sitting.record_decision(session, actor, there, new, version=version), there


def list_steps(page: str) -> list[tuple[int, str]]:
    """Return what the nested list names first in each line, with its depth."""
    depth, found = -1, []
    for tag, name in re.findall(r"(<ul class=\"branches\">|</ul>|<li>)(?:<a[^>]*>(?:<bdi[^>]*>)?([^<]*))?", page):
        depth += {"<li>": 0, "</ul>": -1}.get(tag, 1)
        if tag == "<li>":
            found.append((depth, name))
    return found


def count_statements(portal: object, browser: Browser) -> int:
    """Count the statements of a request for the page of the trace."""
    sent: list[str] = []
    engine = portal.app.state.portal.engine

    def note(*details: object) -> None:
        sent.append(str(details[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert browser.get(f"/mandates/{CLAUSE}/trace").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(sent)
