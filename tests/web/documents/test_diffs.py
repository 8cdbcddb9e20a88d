"""The page of differences between two texts of a document."""

from collections.abc import Callable

import pytest

from app.core.file_service import client
from app.core.file_service.client import FileServiceOptions
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def prepare_two_texts(world: World, old: list[str], new: list[str]) -> str:
    _, document = world.registered(world.meeting())
    world.revised(document, "Another text.")
    world.rendered(world.file().sha256, *old)
    world.rendered(world.file("en", "Another text.").sha256, *new)
    return f"/documents/{document.id}"


def test_changed_words_are_marked_for_readers_and_screen_readers(world: World, english: Open) -> None:
    same = [f"Paragraph {number} stays." for number in range(9)]
    url = prepare_two_texts(
        world, [*same, "Costs are high & rising."], [*same, "Costs are low & rising.", "A new <b>end</b>."]
    )

    page = english("joseph").get(f"{url}/differences?from=first&to=rev-1&language=en").text

    assert 'Costs are <del><span class="vh">[removed: </span>high <span class="vh">]</span></del>' in page
    assert '<ins><span class="vh">[added: </span>low <span class="vh">]</span></ins>&amp; rising.' in page
    assert "A new &lt;b&gt;end&lt;/b&gt;." in page
    assert "2 paragraphs differ." in page
    assert "8 unchanged paragraphs</summary>" in page
    page = page[page.index('class="text changes') :]
    assert page.index("<details>") < page.index("Paragraph 0 stays.") < page.index("</details>")
    assert page.index("</details>") < page.index("Paragraph 8 stays.")


def test_the_page_of_a_document_links_to_differences_once_there_are_two_texts(world: World, english: Open) -> None:
    url = prepare_two_texts(world, ["One."], ["Two."])

    page, former = english("joseph").get(url).text, english("joseph").get(f"{url}/first").text

    assert f'href="{url}/differences?from=first&amp;to=rev-1"' in page
    assert "This text replaces" in page
    assert "This text replaces" not in former
    assert '<option value="rev-1" selected>' in english("joseph").get(f"{url}/differences").text


def test_for_texts_that_cannot_be_compared_the_page_says_why(world: World, english: Open) -> None:
    url = prepare_two_texts(world, ["One."], ["One."])
    joseph = english("joseph")

    assert "The wording is identical." in joseph.get(f"{url}/differences").text
    assert "These are the same text." in joseph.get(f"{url}/differences?to=first").text
    for address in ("?from=rev-7", "?language=fr", "?language=xx"):
        assert joseph.get(f"{url}/differences{address}").status_code == 404


def test_a_text_that_is_still_being_extracted_is_not_shown_as_equal(world: World, english: Open) -> None:
    _, document = world.registered(world.meeting())
    world.revised(document, "Another text.")

    page = english("joseph").get(f"/documents/{document.id}/differences").text

    assert "The two texts cannot be compared: one of them is still being processed" in page
    assert "The wording is identical." not in page


def test_while_texts_cannot_be_compared_the_page_offers_both(
    world: World, english: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, joseph = prepare_two_texts(world, ["One."], ["Two."]), english("joseph")
    assert "1 paragraph differs." in joseph.get(f"{url}/differences").text
    monkeypatch.setattr(client, "_configured", FileServiceOptions("/nowhere"))

    answer = joseph.get(f"{url}/differences")

    assert answer.status_code == 200
    assert "The differences cannot be shown at the moment." in answer.text
    for edition, words in (("first", "One."), ("rev-1", "Two.")):
        assert f'href="{url}/read/en?edition={edition}"' in answer.text
        assert words in joseph.get(f"{url}/read/en?edition={edition}").text
