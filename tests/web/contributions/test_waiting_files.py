"""Pages of a contribution with a file that arrived and is not inspected yet, or was refused afterwards."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.core.files import ingest
from app.core.storage import open_store
from app.domain.contributions.models import Contribution
from app.domain.files import queries
from app.settings import Settings
from app.worker.release import WorkerContext
from app.worker.waiting_files import inspect_next_file
from tests.browser import Browser
from tests.domain.test_cosponsors import reload_draft
from tests.files import make_docx, make_pdf, with_field
from tests.worker.test_waiting_files import pass_deadline
from tests.world import GRACE, World

Opening = Callable[..., Browser]
EXAMINED = "and is being checked. No one can download it until the check is complete."


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the portal has inspected gets no slot in time."""
    monkeypatch.setattr(ingest, "QUICK_WAIT_SECONDS", 0)


@pytest.fixture
def inspect_next(world: World, settings: Settings) -> Callable[[], bool]:
    """Inspect the next file as the worker does, which waits longer for a slot."""
    store = open_store(settings.store_url)
    context = WorkerContext(world.work, store, store, None, None, upload_grace=GRACE)

    return lambda: inspect_next_file(context)


def send_file(browser: Browser, draft: Contribution, data: bytes, name: str = "text.pdf") -> Any:
    return browser.post(f"/contributions/{draft.id}/files", {"language": "en"}, files={"file": (name, data)})


@pytest.mark.usefixtures("busy")
def test_a_delegate_hands_in_a_file_that_is_examined_afterwards(
    browser: Opening, world: World, inspect_next: Callable[[], bool]
) -> None:
    draft, amina = world.draft(world.meeting(), file=False), browser("amina")
    here = f"/contributions/{draft.id}"
    data = make_pdf()
    assert send_file(amina, draft, data).status_code == 303

    for page in (f"{here}/edit", here, f"{here}/check"):
        text = amina.get(page).text
        assert EXAMINED in text
        assert "data-waits" in text
        assert f'{here}/files/en"' not in text
    assert amina.get(f"{here}/files/en").status_code == 409
    assert "You do not need to wait. The file has been received" in amina.get(f"{here}/check").text
    assert amina.post(f"{here}/submit", {"version": str(reload_draft(world, draft).version)}).status_code == 303
    assert "Not yet when this receipt was issued" in amina.get(f"{here}/receipt").text
    assert browser("ines").get(here).status_code == 404

    assert inspect_next()
    assert EXAMINED not in amina.get(here).text
    assert amina.get(f"{here}/files/en").content == data
    assert browser("ines").get(here).status_code == 200


@pytest.mark.usefixtures("busy")
def test_a_draft_whose_file_is_examined_afterwards_keeps_the_title_that_its_author_saw(
    browser: Opening, world: World, inspect_next: Callable[[], bool]
) -> None:
    amina, file = browser("amina"), {"file": ("Costs.pdf", make_pdf(title="Costs of routes"))}
    made = amina.post(f"/meetings/{world.meeting().id}/contributions", {"key": str(uuid4())}, files=file)
    here = made.headers["location"].partition("/edit")[0]
    edit = amina.get(f"{here}/edit").text
    assert ('value="Costs"' in edit, "Taken from the name of the file" in edit, EXAMINED in edit) == (True, True, True)
    before = re.search(r'name="version" value="\d+"', edit)

    assert inspect_next()

    edit = amina.get(f"{here}/edit").text
    assert ('value="Costs"' in edit, "Costs of routes" in edit, EXAMINED in edit) == (True, True, False)
    assert before
    assert before[0] in edit  # the form that is open can still be saved


def find_offered_language(page: str) -> str:
    """The language that the form of a file begins with."""
    form = page[page.index('name="language"') :].partition("</select>")[0]
    chosen = re.search(r'<option value="(\w+)"[^>]*selected', form)
    assert chosen
    return chosen[1]


@pytest.mark.usefixtures("busy")
def test_a_delegate_reads_what_was_refused_and_until_when_it_can_be_replaced(
    browser: Opening, world: World, inspect_next: Callable[[], bool]
) -> None:
    meeting = world.meeting()
    draft, amina = world.draft(meeting, file=False), browser("amina")
    here = f"/contributions/{draft.id}"
    assert send_file(amina, draft, with_field('INCLUDETEXT "https://example.org/a.docx"'), "a.docx").status_code == 303
    assert amina.post(f"{here}/submit", {"version": str(reload_draft(world, draft).version)}).status_code == 303

    rejected = "A file named in this receipt was rejected afterwards"
    assert rejected not in amina.get(f"{here}/receipt").text
    assert inspect_next()
    assert rejected in amina.get(f"{here}/receipt").text
    text = amina.get(here).text
    assert "A file was rejected after it was received, for the following reason" in text
    assert "Replace only that file" not in text  # the deadline has not passed: all may be changed
    assert find_offered_language(amina.get(f"{here}/edit").text) == "en"  # that of the file to replace
    desk = amina.get("/").text
    assert "Read the reason, replace the file and submit the contribution again." in desk
    assert "The secretariat returned your contribution" not in desk
    pass_deadline(world, meeting)
    for page in (here, f"{here}/edit"):
        text = amina.get(page).text
        assert "A file was rejected after it was received, for the following reason" in text
        assert "Replace only that file and submit the contribution again by" in text
        assert "Replace the rejected file and submit the contribution again" in text
    assert "A file was rejected after it was received. Replace or remove the file." in amina.get(f"{here}/check").text
    assert send_file(amina, draft, make_docx(), "b.docx").status_code == 303
    while inspect_next():
        pass
    for page in (here, f"{here}/edit"):
        text = amina.get(page).text
        assert "The rejected file has been replaced or removed" in text
        assert "Submit the contribution again by" in text
        assert "A file was rejected after it was received" not in text


def test_who_hands_in_one_refused_file_after_the_other_pauses_and_keeps_what_was_typed(
    browser: Opening, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MAX_RECENT_REFUSALS", 2)
    draft, amina = world.draft(world.meeting(), file=False), browser("amina")
    assert [send_file(amina, draft, b"GIF89a", "a.gif").status_code for _ in range(2)] == [400, 400]

    answer = send_file(amina, draft, make_pdf())
    assert answer.status_code == 429
    assert "2 of your files were rejected within ten minutes" in answer.text
    of_brazil = world.draft(world.meeting(number=23), by="rafael", file=False)
    assert send_file(browser("rafael"), of_brazil, make_pdf()).status_code == 303


def test_what_is_refused_after_its_arrival_counts_for_who_handed_it_in(
    browser: Opening, world: World, inspect_next: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MAX_RECENT_REFUSALS", 2)
    draft, other = (world.draft(world.meeting(number=number), file=False) for number in (23, 24))
    world.seat("wambui", "delegate")
    amina, colleague = browser("amina"), browser("wambui")
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "QUICK_WAIT_SECONDS", 0)
        for each in (draft, other):
            sent = send_file(amina, each, with_field('INCLUDETEXT "https://example.org/a.docx"'), "a.docx")
            assert sent.status_code == 303
    assert inspect_next()
    assert send_file(amina, draft, make_pdf()).status_code == 303

    assert inspect_next()

    assert send_file(amina, draft, make_pdf(title="Another")).status_code == 429
    assert send_file(colleague, draft, make_pdf(title="Another")).status_code == 303
