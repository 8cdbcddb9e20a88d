"""Circulated versions through HTTP: who sees which version, the history, and the differences between two versions."""

import html
import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from app.core.db import transaction
from app.core.file_service import client
from app.core.file_service.client import FileServiceOptions
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
DRAFT, SHOWN = "A title that is worked on", "A title circulated to the delegations"


def visible_text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=0)


@pytest.fixture
def output(world: World, meeting: Meeting) -> Output:
    return world.output(meeting, title=SHOWN)


def retitle_draft(world: World, output: Output) -> None:
    """Change the title of the draft, which only its editors see."""
    with world.acting("ines") as (session, actor):
        output_row = session.get_one(Output, output.id)
        output_row.titles = {"en": DRAFT}
        drafting.put_output_file(session, actor, output_row, world.file("en", "Words that are worked on"))


def get_digest(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return outputs.compute_text_digest(session, session.get_one(Output, output.id))


def test_the_chair_circulates_the_text_that_the_form_shows(world: World, output: Output, browser: Open) -> None:
    laurent, amina = browser("laurent"), browser("amina")
    url = f"/outputs/{output.id}"
    assert f'href="{url}/circulate"' in laurent.get(url).text
    form = laurent.get(f"{url}/circulate").text
    assert "Circulate version 1 to the delegations" in form
    assert amina.get(f"{url}/versions").status_code == 404

    sent = {"note": "Please look at paragraph 2.", "comments_by": "2027-03-01", "text": get_digest(world, output)}
    answer = laurent.post(f"{url}/circulate", sent)

    assert answer.headers["Location"] == f"{url}/versions/1?done=circulated"
    page = visible_text(amina.get(f"{url}/versions/1").text)
    dashboard = visible_text(amina.get("/").text)
    assert f"{SHOWN} A draft has been circulated to the delegations: version 1" in dashboard
    assert "1 Mar 2027" in dashboard
    assert "1 March 2027, 23:59 in Geneva" in page
    assert "circulated to the delegations" not in visible_text(browser("wambui").get("/").text)
    assert SHOWN in page
    assert "Please look at paragraph 2." in page
    assert amina.get(f"{url}/versions").headers["Location"] == f"{url}/versions/1"
    file = amina.get(f"{url}/versions/1/files/en")
    assert file.content == b"".join(world.store.iter_chunks(world.file("en", SHOWN).sha256))


def test_a_refused_circulation_gives_the_reason_and_keeps_the_input(
    world: World, output: Output, browser: Open
) -> None:
    laurent, url = browser("laurent"), f"/outputs/{output.id}"
    wrong = laurent.post(
        f"{url}/circulate", {"note": "Typed", "comments_by": "soon", "text": get_digest(world, output)}
    )
    stale = laurent.post(f"{url}/circulate", {"note": "Typed", "comments_by": "", "text": "0" * 64})

    assert (wrong.status_code, stale.status_code) == (400, 409)
    assert 'id="f-comments_by-error"' in wrong.text
    assert "Typed</textarea>" in wrong.text
    assert "Typed</textarea>" in stale.text
    assert get_digest(world, output) in stale.text
    assert laurent.get(f"{url}/versions").status_code == 404


def test_delegates_see_circulated_versions_and_never_the_draft(
    world: World, meeting: Meeting, output: Output, browser: Open
) -> None:
    world.circulated(output, "One.", "Two.")
    retitle_draft(world, output)
    amina, url = browser("amina"), f"/outputs/{output.id}"
    pages = {
        path: amina.get(path).text
        for path in ("/outputs", f"/meetings/{meeting.id}", f"{url}/versions/1", f"{url}/versions/differences")
    }

    assert DRAFT in browser("laurent").get(url).text
    for path, page in pages.items():
        assert SHOWN in page, path
        assert DRAFT not in page, path
    assert amina.get(url).status_code == 404
    assert amina.get(f"{url}/files/en").status_code == 404
    assert "One." in pages[f"{url}/versions/1"]


@pytest.mark.parametrize("who", ["wambui", "chen", "sofia", "marc"])
def test_without_a_seat_a_version_is_not_found(world: World, output: Output, browser: Open, who: str) -> None:
    world.circulated(output, "One.")
    reader, nothing = browser(who), uuid4()

    for path in ("versions", "versions/1", "versions/1/files/en", "versions/differences"):
        existing, unknown = reader.get(f"/outputs/{output.id}/{path}"), reader.get(f"/outputs/{nothing}/{path}")
        assert existing.status_code == unknown.status_code == 404
        assert existing.content == unknown.content
        assert browser("amina").get(f"/outputs/{output.id}/{path}").status_code in (200, 303)


def test_any_two_versions_can_be_compared(
    world: World, output: Output, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.circulated(output, "The cost is high.", "States agree.")
    world.circulated(output, "The cost is very high.", "States agree.")
    world.circulated(output, "The cost is very high.", "States agree.", "A third paragraph.")
    amina, url = browser("amina"), f"/outputs/{output.id}/versions/differences"

    latest, both = amina.get(url).text, amina.get(f"{url}?from=1&to=3").text

    assert "1 paragraph differs." in visible_text(latest)
    assert "A third paragraph." in latest
    assert "very </ins>" not in latest
    assert re.search(r"<ins><span class=\"vh\">\[added: </span>very ", both)
    assert "2 paragraphs differ." in visible_text(both)
    assert amina.get(f"{url}?from=1&to=4").status_code == 404
    assert "These are the same text." in amina.get(f"{url}?from=2&to=2").text
    monkeypatch.setattr(client, "_configured", FileServiceOptions("/nowhere"))
    page = amina.get(url).text
    assert "The differences cannot be shown at the moment." in page
    assert all(f'href="/outputs/{output.id}/versions/{number}?language=en"' in page for number in (2, 3))


def test_a_text_that_is_still_being_extracted_is_marked_so(world: World, output: Output, browser: Open) -> None:
    world.circulated(output)

    page = browser("amina").get(f"/outputs/{output.id}/versions/1").text

    assert "The text is still being processed" in page
    assert f"/outputs/{output.id}/versions/1/files/en" in page


def test_the_page_of_an_adopted_output_links_to_its_versions(
    world: World, meeting: Meeting, output: Output, browser: Open
) -> None:
    world.circulated(output, "One.")
    procedure = world.silence(output)
    amina, version = browser("amina"), f"/outputs/{output.id}/versions/1"
    assert version in amina.get(f"/silence/{procedure.id}").text
    assert f"/silence/{procedure.id}" in amina.get(version).text
    with world.acting("laurent") as (session, actor):
        output_row = session.get_one(Output, output.id)
        text = outputs.compute_text_digest(session, output_row)
        drafting.adopt_output(
            session, actor, output_row, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text)
        )

    assert version in amina.get(f"/outputs/{output.id}").text
    assert "The text was adopted CWG-Internet 22/OUT/1" in visible_text(amina.get(version).text)
    assert "Drafts submitted to the delegations" not in amina.get("/outputs").text


def test_the_latest_circulated_version_is_listed_first(world: World, meeting: Meeting, browser: Open) -> None:
    for title in ("First", "Second", "Third"):
        world.circulated(world.output(meeting, title=title))

    page = browser("amina").get("/outputs").text

    assert page.index("Third") < page.index("Second") < page.index("First")
