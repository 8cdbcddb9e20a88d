"""A contribution made from the Word template: downloaded from the page, filled in, uploaded, and read back."""

import io
import shutil
import subprocess
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Page, expect

from app.core.rendering.contribution_template import MARKS
from app.web.views.contributions.word_template import list_template_words
from tests.core.test_contribution_template import FILLED, fill_all, fill_in
from tests.journeys.chromium import chromium, faults, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit

ITEM = "Connecting schools"
PARAGRAPHS = ("A kilometre of fibre costs more than a school has in a year.", "Costs fall where States build together.")
WANTED = ("ADD", "SUP")
CASES = [pytest.param("en", True, id="with-scripts"), pytest.param("fr", False, id="without-scripts")]
needs_soffice = pytest.mark.skipif(not shutil.which("soffice"), reason="there is no soffice on this machine")


def download_template(page: Page, language: str) -> bytes:
    """Follow the link of the page to the Word template in a language."""
    with page.expect_download() as download:
        page.locator(f"main a[hreflang={language}][href$='.docx']").click()
    return Path(download.value.path()).read_bytes()


def write_contribution(template: bytes, language: str) -> bytes:
    """Fill in the fields of a template, add a paragraph in its style, and delete the proposals that are not needed."""
    purpose = list_template_words(language).purposes[0]
    values = fill_all(language) | {"source": "Kenya", "purpose": purpose, "item": "1", "paragraph": PARAGRAPHS[1]}
    document = docx.Document(io.BytesIO(fill_in(template, values)))
    style, is_wanted = "Contribution paragraph", True
    next(each for each in document.paragraphs if each.style.name == style).insert_paragraph_before(PARAGRAPHS[0], style)
    for paragraph in document.paragraphs:
        _, is_proposal, mark = str(paragraph.style.name).partition("Proposal ")
        is_wanted = mark in WANTED if is_proposal and mark in MARKS else is_wanted
        if not is_wanted:
            paragraph._p.getparent().remove(paragraph._p)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def save_with_libreoffice(file: Path) -> None:
    """Open a Word document in LibreOffice, and save it as one."""
    saved, profile = file.parent / "saved", file.parent / "profile"
    program = ("soffice", f"-env:UserInstallation=file://{profile}", "--headless")
    command = (*program, "--convert-to", "docx:MS Word 2007 XML", "--outdir", saved, file)
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    file.write_bytes((saved / file.name).read_bytes())


def expect_fields_in_form(page: Page, language: str) -> None:
    """The form of the draft has what was in the fields of the file, and the proposals that were kept."""
    filled = FILLED[language]
    for name in ("title", "abstract", "action", "contact"):
        expect(page.locator(f"[name={name}]")).to_have_value(filled[name])
    expect(page.locator("[name=original]")).to_have_value(language)
    expect(page.locator("[name=purpose][value=decision]")).to_be_checked()
    expect(page.locator("[name=item] option:checked")).to_contain_text(ITEM)
    for row, mark in enumerate(WANTED):
        for name, value in (("kind", mark), ("title", filled["proposal"]), ("concerns", filled["provision"])):
            expect(page.locator(f"[name=proposal_{name}]").nth(row)).to_have_value(value)
    expect(page.locator("[name=proposal_title]").nth(len(WANTED))).to_have_value("")


def expect_on_cover(page: Page, language: str) -> None:
    """The page says who submits, and what was read in the file."""
    filled = FILLED[language]
    for words in ("Kenya", filled["title"], *filled["abstract"].split("\n"), filled["action"], filled["proposal"]):
        expect(page.locator("main")).to_contain_text(words)


@needs_chromium
@needs_soffice
@pytest.mark.thorough
@pytest.mark.parametrize(("language", "scripts"), CASES)
def test_a_contribution_made_from_the_word_template_is_read_back_and_registered(
    place: Place, tmp_path: Path, language: str, scripts: bool
) -> None:
    """With scripts as Word fills it in, without as LibreOffice saves that."""
    meeting, file = place.world.meeting(number=22), tmp_path / "contribution.docx"
    place.world.item(meeting, ITEM)
    place.world.agenda_released(meeting)
    with chromium() as browser:
        amina, ines = (Visit(browser, place.portal, who, scripts=scripts) for who in ("amina", "ines"))
        page = amina.page

        # The template is on the page that asks for the file; after that, nothing has to be typed.
        amina.press("Submit a contribution")
        file.write_bytes(write_contribution(download_template(page, language), language))
        if not scripts:
            save_with_libreoffice(file)
        page.set_input_files("[name=file]", file)
        amina.press("Continue")
        expect_fields_in_form(page, language)
        key = page.url.split("/")[-2]

        # The check page shows the cover as it will be registered, and has no question on the file.
        amina.press("Continue to check")
        expect_on_cover(page, language)
        expect(page.locator("main input[name=answers]")).to_have_count(0)
        assert not scripts or faults(page) == []  # axe is a script
        amina.submit(key)
        amina.wait_for_file_check(f"/contributions/{key}")

        # What the secretariat registers has the same cover, its paragraphs as text, and an address for each proposal.
        ines.go(f"/contributions/{key}")
        ines.press("Register the contribution")
        ines.press("Register the contribution")  # on its check page
        amina.go("/documents")
        amina.follow(f"main a:has-text('{FILLED[language]['title']}')")
        expect_on_cover(page, language)
        for words in PARAGRAPHS:
            expect(page.locator("main")).to_contain_text(words)
        expect(page.locator("#proposals li")).to_have_count(len(WANTED))
        for row, mark in enumerate(WANTED):
            expect(page.locator("#proposals li").nth(row)).to_contain_text(mark)
