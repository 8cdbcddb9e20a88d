"""What became of what cites a clause: the drawing and the list say the same, to each reader what they may see."""

import re
from collections.abc import Callable

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
