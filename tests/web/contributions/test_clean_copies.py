"""The page of a clean copy: what it says before and after, who gets there, and what happens to the original."""

import re
from collections.abc import Callable

import pytest
from pikepdf import Array, Dictionary, Name
from sqlalchemy import select

from app.core.clamav import ScanState
from app.core.cleaning import clean_copy
from app.core.cleaning.removals import can_be_removed
from app.core.db import set_row_security_entity, transaction
from app.core.i18n import LANGUAGES
from app.core.inspection import report_schema
from app.core.journal import JournalLine
from app.domain.contributions.models import Contribution, ContributionFile, OriginalFile
from tests.browser import Browser
from tests.core.test_cleaning import (
    SECRET,
    clean,
    make_paper,
    read_everything,
    read_text,
    with_changes,
    with_comments,
    with_people,
)
from tests.domain.test_cosponsors import reload_draft
from tests.files import make_docx, with_catalogue_entries, with_field
from tests.web.contributions.test_waiting_files import busy, send_file
from tests.world import World

Opening = Callable[..., Browser]
__all__ = ["busy"]


def clean_page(draft: Contribution, language: str = "en") -> str:
    return f"/contributions/{draft.id}/files/{language}/clean"


def hand_in(browser: Opening, world: World, content: bytes, name: str = "paper.docx") -> Contribution:
    """A draft of Kenya with this file, which was inspected."""
    draft = world.draft(world.meeting(), file=False)
    assert send_file(browser("amina"), draft, content, name).status_code == 303
    return reload_draft(world, draft)


def save(amina: Browser, draft: Contribution, version: int) -> int:
    return amina.post(clean_page(draft), {"version": str(version)}).status_code


def find_file(world: World, table: type[ContributionFile] | type[OriginalFile] = ContributionFile) -> ContributionFile:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return session.scalar(select(table))


def test_a_delegate_saves_a_clean_copy_and_uses_the_original_again(browser: Opening, world: World) -> None:
    original = with_comments()
    draft, amina = hand_in(browser, world, original), browser("amina")
    before = find_file(world)
    assert f'href="{clean_page(draft)}"' in amina.get(f"/contributions/{draft.id}/edit").text

    preview = amina.get(clean_page(draft))
    assert "Comments and marks of readers, with their names: 1." in preview.text
    assert "Save the clean copy" in preview.text
    assert find_file(world).sha256 == before.sha256

    answer = amina.post(clean_page(draft), {"version": str(draft.version)})
    assert answer.headers["Location"] == f"{clean_page(draft)}?done=cleaned"
    page = amina.get(answer.headers["Location"]).text
    assert "What was removed" in page
    assert "Comments and marks of readers, with their names: 1." in page
    assert "The file was replaced by its clean copy." in page
    content = amina.get(f"/contributions/{draft.id}/files/en").content
    assert SECRET not in read_everything(content)
    assert read_text(content) == read_text(original)
    assert amina.get(f"/contributions/{draft.id}/files/en/original").content == original
    for there in ("", "/edit", "/check"):
        assert "This is a clean copy." in amina.get(f"/contributions/{draft.id}{there}").text
    file = find_file(world)
    assert file.name == before.name
    assert not any(can_be_removed(report_schema.parse_finding(each)) for each in file.findings)

    version = str(reload_draft(world, draft).version)
    again = amina.post(f"/contributions/{draft.id}/files/en/original", {"version": version})
    assert again.headers["Location"] == f"/contributions/{draft.id}/edit?done=original-again"
    assert amina.get(f"/contributions/{draft.id}/files/en").content == original
    after = find_file(world)
    names = ("sha256", "size", "name", "findings", "began_at", "received_at", "verdict", "examined_at")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]
    assert find_file(world, OriginalFile) is None
    assert amina.get(f"/contributions/{draft.id}/files/en/original").status_code == 404
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).order_by(JournalLine.seq.desc()).limit(2)).all()
    assert [line.event for line in lines] == ["contribution:original-restored", "contribution:file-cleaned"]
    assert lines[1].facts["original"] == before.sha256


def test_the_page_says_what_stays(browser: Opening, world: World) -> None:
    def change(document: object) -> None:
        document.docinfo["/Author"] = SECRET
        mark = Dictionary(Subtype=Name.Redact, Rect=[0, 0, 9, 9])
        document.pages[0].obj.Annots = Array([document.make_indirect(mark)])

    draft = hand_in(browser, world, make_paper(change), "paper.pdf")

    page = browser("amina").get(clean_page(draft)).text

    assert "Names of people and organizations in the properties of the file: 1." in page
    assert "Content was marked for redaction but is still in the document." in page.partition("What remains")[2]


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        # python-docx puts a small picture of the first page into what it writes
        (lambda: clean(make_docx())[0], "paper.docx", "This file contains nothing"),
        (lambda: with_signature(), "paper.pdf", "its digital signature would become invalid"),
    ],
)
def test_a_file_without_a_clean_copy_has_no_button(
    browser: Opening, world: World, content: Callable[[], bytes], name: str, reason: str
) -> None:
    draft, amina = hand_in(browser, world, content(), name), browser("amina")
    edit = amina.get(f"/contributions/{draft.id}/edit").text
    assert clean_page(draft) not in edit
    assert (reason in edit) is (name == "paper.pdf")

    page = amina.get(clean_page(draft))
    assert reason in page.text
    assert "Save the clean copy" not in page.text
    answer = amina.post(clean_page(draft), {"version": str(draft.version)})
    assert answer.status_code == 409
    assert reason in answer.text
    assert reload_draft(world, draft).version == draft.version
    assert find_file(world, OriginalFile) is None


def with_signature() -> bytes:
    def change(document: object) -> None:
        document.docinfo["/Author"] = SECRET
        signature = Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3]), Contents=b"signed")
        with_catalogue_entries(X=signature)(document)

    return make_paper(change)


def test_others_get_neither_the_page_nor_the_original(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    asked = f"/contributions/{draft.id}/sponsors"
    assert amina.post(asked, {"entity": "BRA"}).status_code == 303
    version = reload_draft(world, draft).version
    original = f"/contributions/{draft.id}/files/en/original"
    assert "Save a clean copy" not in browser("rafael").get(f"/contributions/{draft.id}").text
    assert save(amina, draft, version) == 303
    assert amina.get(original).status_code == amina.get(clean_page(draft)).status_code == 200

    for who, expected in (("rafael", 403), ("haruka", 404), ("ines", 404)):
        other = browser(who)
        answers = [
            other.get(clean_page(draft)),
            other.get(original),
            other.post(clean_page(draft), {"version": str(version + 1)}),
            other.post(original, {"version": str(version + 1)}),
        ]
        assert [answer.status_code for answer in answers] == [expected] * 4
    shown = browser("rafael").get(f"/contributions/{draft.id}").text
    assert "paper.docx" in shown
    assert "clean copy" not in shown.casefold()
    assert find_file(world, OriginalFile) is not None


def test_the_database_gives_originals_to_their_writers_alone(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    assert amina.post(f"/contributions/{draft.id}/sponsors", {"entity": "BRA"}).status_code == 303
    assert save(amina, draft, reload_draft(world, draft).version) == 303

    found = {}
    for entity in ("KEN", "BRA", "JPN", "ITU"):
        with transaction(world.read) as session:
            set_row_security_entity(session, entity)
            files = len(session.scalars(select(ContributionFile)).all())
            found[entity] = (files, len(session.scalars(select(OriginalFile)).all()))
    assert found == {"KEN": (1, 1), "BRA": (1, 0), "JPN": (0, 0), "ITU": (0, 0)}


def test_the_original_is_gone_once_the_draft_is_submitted(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    assert save(amina, draft, draft.version) == 303
    clean = find_file(world).sha256
    assert find_file(world, OriginalFile).sha256 != clean

    version = str(reload_draft(world, draft).version)
    sent = {"version": version, "answers": ["en.title"]}
    assert amina.post(f"/contributions/{draft.id}/submit", sent).status_code == 303

    assert find_file(world, OriginalFile) is None
    assert find_file(world).sha256 == clean
    assert amina.get(f"/contributions/{draft.id}/files/en/original").status_code in (404, 409)
    version = str(reload_draft(world, draft).version)
    assert amina.post(f"/contributions/{draft.id}/take-back", {"version": version}).status_code == 303
    assert amina.get(f"/contributions/{draft.id}/files/en/original").status_code == 404


@pytest.mark.parametrize("change", ["replace", "remove"])
def test_the_original_is_gone_with_the_file(browser: Opening, world: World, change: str) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    assert save(amina, draft, draft.version) == 303
    assert find_file(world, OriginalFile) is not None

    if change == "replace":
        assert send_file(amina, draft, make_docx("Another."), "b.docx").status_code == 303
    else:
        assert amina.post(f"/contributions/{draft.id}/files/en/remove").status_code == 303

    assert find_file(world, OriginalFile) is None


def test_who_saw_an_older_draft_changes_nothing(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    seen = find_file(world).sha256

    assert save(amina, draft, draft.version - 1) == 409
    assert find_file(world).sha256 == seen
    assert save(amina, draft, draft.version) == 303
    stale = amina.post(f"/contributions/{draft.id}/files/en/original", {"version": str(draft.version)})
    assert stale.status_code == 409
    assert find_file(world, OriginalFile) is not None


def test_a_file_that_changes_while_its_copy_is_made_stays(
    browser: Opening, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    run_task = clean_copy.run_task

    def run_and_change(*given: object, **options: object) -> None:
        run_task(*given, **options)
        monkeypatch.setattr(clean_copy, "run_task", run_task)
        assert send_file(browser("amina"), draft, make_docx("Another."), "b.docx").status_code == 303

    monkeypatch.setattr(clean_copy, "run_task", run_and_change)

    assert save(amina, draft, draft.version) == 409
    assert find_file(world).name == "b.docx"
    assert find_file(world, OriginalFile) is None


@pytest.mark.usefixtures("busy")
def test_a_file_that_waits_for_its_inspection_has_no_clean_copy(browser: Opening, world: World) -> None:
    draft, amina = world.draft(world.meeting(), file=False), browser("amina")
    assert send_file(amina, draft, with_people(), "paper.docx").status_code == 303
    draft = reload_draft(world, draft)
    assert clean_page(draft) not in amina.get(f"/contributions/{draft.id}/edit").text

    assert "A file is still being checked." in amina.get(clean_page(draft)).text
    assert save(amina, draft, draft.version) == 409


def test_a_file_that_waits_for_the_virus_scanner_has_no_clean_copy(browser: Opening, world: World) -> None:
    draft, amina = hand_in(browser, world, with_people()), browser("amina")
    assert clean_page(draft) in amina.get(f"/contributions/{draft.id}/edit").text
    world.scanned(find_file(world).sha256, ScanState.WAITING)

    assert clean_page(draft) not in amina.get(f"/contributions/{draft.id}/edit").text
    assert save(amina, draft, draft.version) == 409


def test_a_copy_that_the_inspection_refuses_is_not_saved(
    browser: Opening, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the service that makes copies were in the hands of an attacker."""
    draft, amina = hand_in(browser, world, with_people()), browser("amina")
    seen = find_file(world).sha256

    def answer_with_attack(_task: str, _source: object, answer: object, **_options: object) -> None:
        answer.write(with_field('DDEAUTO c:\\a "b"') + b'\n{"removed": {"people": 1}}')

    monkeypatch.setattr(clean_copy, "run_task", answer_with_attack)

    answer = amina.post(clean_page(draft), {"version": str(draft.version)})
    assert answer.status_code == 400
    assert "No clean copy was saved" in answer.text
    assert find_file(world).sha256 == seen
    assert find_file(world, OriginalFile) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_there_in_six_languages(browser: Opening, world: World, language: str) -> None:
    draft, amina = hand_in(browser, world, with_changes()), browser("amina")
    amina.client.cookies.set("cwg_lang", language)

    page = amina.get(clean_page(draft))

    assert page.status_code == 200
    assert re.search(rf'<html[^>]* lang="{language}"', page.text)
    assert (language == "en") is ("Save the clean copy" in page.text)
