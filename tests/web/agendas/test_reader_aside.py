"""At the side of an agenda: the documents of the reader's State, and the list of all in the order of the agenda."""

from collections.abc import Callable

from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.document_history import withdraw_document
from tests.world import World

Open = Callable[..., Browser]
OWN = "Your delegation on this agenda"


def make_agenda(world: World) -> tuple[Meeting, str, str]:
    """A released agenda with a document of Brazil under its first item, and under its second one of Kenya that Brazil
    co-sponsors."""
    meeting = world.meeting()
    first, second = world.item(meeting, "First"), world.item(meeting, "Second")
    _, joint = world.registered_with_cosponsor(meeting)
    _, brazil = world.registered(meeting, by="rafael", title="Of Brazil")
    world.allocated(meeting, joint, second)
    world.allocated(meeting, brazil, first)
    world.agenda_released(meeting)
    return meeting, joint.symbol, brazil.symbol


def read_own(page: str) -> str:
    return page.partition(OWN)[2].partition("</section>")[0]


def test_a_delegation_finds_what_it_submitted_or_cosponsors_and_others_find_none(world: World, english: Open) -> None:
    meeting, joint, brazil = make_agenda(world)
    path = f"/meetings/{meeting.id}/agenda"

    of_kenya, of_brazil = (read_own(english(who).get(path).text) for who in ("amina", "rafael"))

    assert f">{joint.partition(' ')[2]}<" in of_kenya
    assert ">Item 2<" in of_kenya
    assert ("Of Brazil" in of_kenya, "co-sponsored" in of_kenya) == (False, False)
    assert of_brazil.index(f">{brazil.partition(' ')[2]}<") < of_brazil.index("co-sponsored")
    assert OWN not in english("haruka").get(path).text
    assert OWN not in english("ines").get(path).text


def test_documents_are_listed_in_the_order_of_the_agenda(world: World, english: Open) -> None:
    meeting, joint, brazil = make_agenda(world)

    page = english("haruka").get(f"/meetings/{meeting.id}/agenda/documents").text.partition("<table")[2]

    assert page.index(brazil) < page.index(joint)
    assert "Draft agenda" not in english("haruka").get(f"/meetings/{meeting.id}/agenda/documents?lang=ar").text
    assert english("olga").get(f"/meetings/{meeting.id}/agenda/documents").status_code == 404


def test_documents_of_the_secretariat_are_of_no_state(world: World, english: Open) -> None:
    meeting = world.meeting()
    document = world.registered(meeting, by="ines")[1]
    assert document.entity == "ITU"
    world.allocated(meeting, document, world.item(meeting))
    world.agenda_released(meeting)

    page = english("ines").get(f"/meetings/{meeting.id}/agenda").text

    assert document.symbol.partition(" ")[2] in page
    assert OWN not in page


def test_a_document_that_was_withdrawn_is_left_out(world: World, english: Open) -> None:
    meeting = world.meeting()
    document = world.registered(meeting)[1]
    world.allocated(meeting, document, world.item(meeting))
    world.agenda_released(meeting)
    path = f"/meetings/{meeting.id}/agenda"
    assert OWN in english("amina").get(path).text

    withdraw_document(world, document)

    assert OWN not in english("amina").get(path).text
