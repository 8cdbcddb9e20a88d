"""The page on which a contribution is checked before it is submitted: preview, and questions about its files."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from app.core import clock
from app.core.db import transaction
from app.core.i18n import LazyText as _
from app.core.inspection import Finding, FindingLevel
from app.domain.contributions.actions import arrivals, drafting
from app.domain.contributions.models import Contribution
from app.web.forms.findings import format_sentence
from tests.browser import Browser
from tests.core.test_cleaning import with_changes
from tests.domain.test_cosponsors import reload_draft
from tests.domain.test_file_questions import CHANGES, submit
from tests.files import make_docx
from tests.web.contributions.test_waiting_files import send_file
from tests.world import World

Opening = Callable[..., Browser]
FRENCH = "Le groupe de travail est invité à prendre note des résultats de cette étude sur les coûts de la connexion."


def hand_in(browser: Opening, world: World, content: bytes, **cover: object) -> Contribution:
    draft = world.draft(world.meeting(), file=False, title="Costs of fibre", **cover)
    assert send_file(browser("amina"), draft, content, "paper.docx").status_code == 303
    return reload_draft(world, draft)


def read_main(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")]).split())


def test_each_question_is_answered_and_the_secretariat_reads_the_answers(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    here = f"/contributions/{draft.id}"
    page = amina.get(f"{here}/check").text
    fields = re.findall(r'name="answers" value="([^"]+)" id="[^"]+" form="f-submit"( checked)?', page)
    assert fields == [("en.tracked-changes", ""), ("en.title", "")]
    assert f'href="{here}/files/en/clean"' in page
    assert f'href="{here}/edit#f-file"' in page

    sent = {"version": str(draft.version), "answers": ["en.title"]}
    refused = amina.post(f"{here}/submit", sent)

    assert refused.status_code == 400
    summary = refused.text[refused.text.index("error-summary") :]
    assert re.search(r'href="#f-answers-en-tracked-changes">[^<]*“paper.docx”: [^<]*tracked changes', summary)
    assert "answers-en-title" not in summary[: summary.index("</ul>")]
    assert re.search(r'value="en.title" [^>]*checked', refused.text)
    assert not re.search(r'value="en.tracked-changes" [^>]*checked', refused.text)

    sent["answers"] = ["en.title", "en.tracked-changes"]
    assert amina.post(f"{here}/submit", sent).status_code == 303
    assert amina.post(f"{here}/submit", sent).headers["Location"].startswith(f"{here}/receipt")
    for address in (here, f"{here}/register", "/contributions"):
        read = read_main(browser("ines").get(address).text)
        assert "Answer at submission: register the file as it is." in read, address
        assert "Answer at submission: keep the title on the cover." in read, address


def test_what_was_not_answered_is_shown_to_the_secretariat(browser: Opening, world: World) -> None:
    draft = world.draft(world.meeting(), file=False)
    late = replace(world.file(), findings=[CHANGES.to_json()])
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        put = partial(drafting.put_contribution_file, session, actor, row, began_at=clock.now(), is_inspected=False)
        put(replace(late, findings=[]))
    submit(world, draft)
    with transaction(world.work) as session:
        waiting = arrivals.claim_waiting_file(session, slots=2)
        assert waiting is not None
        assert arrivals.accept_waiting_file(session, waiting, late)

    assert "There was no answer at submission." in browser("ines").get("/contributions").text


def test_a_file_is_moved_to_the_language_found_in_it(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, make_docx(FRENCH, title="Costs of fibre")), browser("amina")
    here = f"/contributions/{draft.id}"
    page = amina.get(f"{here}/check").text
    assert "Change the language to French" in page
    form = page[page.index(f'action="{here}/files/en/language"') :]
    assert 'name="to" value="fr"' in form[: form.index("</form>")]

    stale = amina.post(f"{here}/files/en/language", {"version": str(draft.version - 1), "to": "fr"})
    assert stale.status_code == 409
    assert amina.post(f"{here}/files/en/language", {"version": str(draft.version), "to": "xx"}).status_code == 400
    assert browser("rafael").post(f"{here}/files/en/language", {"version": "2", "to": "fr"}).status_code == 404
    answer = amina.post(f"{here}/files/en/language", {"version": str(draft.version), "to": "fr"})

    page = amina.get(answer.headers["Location"]).text
    assert "The language of the file was changed." in page
    assert "Original: French" in read_main(page)
    assert 'name="answers"' not in page


def test_the_title_of_the_file_is_used(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, make_docx("A text.", title="Prices of fibre")), browser("amina")
    assert "Use the title of the file" in amina.get(f"/contributions/{draft.id}/check").text

    answer = amina.post(f"/contributions/{draft.id}/files/en/title", {"version": str(draft.version)})

    assert reload_draft(world, draft).title == "Prices of fibre"
    assert 'name="answers"' not in amina.get(answer.headers["Location"]).text
    assert amina.post(f"/contributions/{draft.id}/files/fr/title", {"version": "9"}).status_code in (404, 409)


def test_a_finding_names_no_part_of_the_file_that_its_author_never_sees() -> None:
    finding = Finding(FindingLevel.DECIDE, _("The document contains comments."), "word/comments.xml", _("Check them."))

    assert format_sentence(finding).translate("en") == "The document contains comments. Check them."
    named = replace(finding, where="word/media/image1.emf")
    assert "(word/media/image1.emf)" in format_sentence(named).translate("en")


def test_the_preview_shows_the_cover_and_the_first_page(browser: Opening, world: World) -> None:
    draft, amina = world.draft(world.meeting(), abstract="An abstract.", contact="secretary@ke"), browser("amina")
    here = f"/contributions/{draft.id}"

    before = read_main(amina.get(f"{here}/check").text)
    assert "Symbol and date: assigned at registration" in before
    assert "The first page is being prepared." in before
    assert "Refers to None" in before
    assert "An abstract." in before

    world.rendered(world.file().sha256, "The first paragraph.", *["Many words. " * 20] * 39, "The last paragraph.")
    page = amina.get(f"{here}/check").text

    assert "<iframe" not in page
    assert "The first paragraph." in page
    assert "The last paragraph." not in page
    folded = re.search(r'<details class="more"><summary>Digest<.*?</details>', page, re.DOTALL)
    assert folded
    assert "sha256" in folded[0]
    assert page.count("sha256") == 1
    for field in ("title", "purpose", "action", "refers_to", "contact", "abstract", "original", "item", "access"):
        assert re.search(rf'href="{here}/edit#f-{field}">Change<span class="vh">: ', page), field
