"""Translations out and in: the ZIP of what was ticked, and twenty files at once, matched by name and added after one
confirmation; and files that are not what they seem."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date

import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import select, text

from app.core.db import transaction
from app.core.interchange.xliff import XliffUnit, render_xliff
from app.domain.documents.models import Document, LanguageVersion
from app.domain.translations.inputs import DueTranslationFilter, TranslationKey
from app.domain.translations.queries import due
from tests.browser import Browser
from tests.files import make_docx
from tests.world import World

Open = Callable[..., Browser]
HERE, ADD = "/translations/received", "/translations/received/add"
FRENCH = "Le présent document expose les coûts du transit et propose que le groupe les examine à sa prochaine réunion. "
SPANISH = "El presente documento expone los costos del tránsito y propone que el grupo los examine en su reunión. "
XLIFF = (
    '<?xml version="1.0"?>{prolog}<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en"'
    ' trgLang="{language}"><file id="{key}"><unit id="title"><segment><source>Costs</source>'
    "<target>{target}</target></segment></unit></file></xliff>"
)


def visible_text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def offer(browser: Browser, files: Mapping[str, bytes]):
    return browser.post(HERE, {}, files=[("files", (name, content)) for name, content in files.items()])


def list_choices(page: str) -> dict[str, str]:
    """What is chosen of each file, by its name."""
    rows = [
        re.search(r'<bdi>([^<]+)</bdi>.*<option value="([^"]+)" selected', row, re.DOTALL) for row in page.split("<tr>")
    ]
    return {row[1]: row[2] for row in rows if row}


def list_keys(world: World, **wanted: str) -> list[TranslationKey]:
    with world.acting("ines") as (session, actor):
        rows = due.list_due_translations(session, actor, DueTranslationFilter(**wanted, sort="symbol"), limit=50)
        return [due.get_key(row) for row in rows]


def list_versions(world: World) -> list[tuple[str, str | None]]:
    with transaction(world.read) as session:
        return [
            (version.language, version.title)
            for version in session.scalars(select(LanguageVersion).where(LanguageVersion.language != "en"))
        ]


def count_waiting(world: World) -> tuple[int, int]:
    with world.acting("ines") as (session, _):
        tables = ("received_translation", "upload")
        first, second = (session.scalar(text(f"SELECT count(*) FROM portal.{table}")) for table in tables)
        return first, second


@pytest.fixture
def document(world: World) -> Document:
    _, document = world.registered(world.meeting(), title="Costs of transit")
    world.works_in("en", "fr", "es")
    return document


def test_what_was_ticked_leaves_as_a_zip_whose_names_are_matched_when_they_come_back(
    world: World, document: Document, english: Open
) -> None:
    ines = english("ines")
    keys = list_keys(world)

    answer = ines.get("/translations.zip?" + "&".join(f"pick={key}" for key in keys))

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    stems = ["CWG-Internet-22-1_ES", "CWG-Internet-22-1_FR"]
    assert archive.namelist() == ["list.csv", *(f"{stem}{end}" for stem in stems for end in (".docx", ".xlf"))]
    (listed, _) = csv.DictReader(io.StringIO(archive.read("list.csv").decode("utf-8-sig")))
    assert (listed["symbol"], listed["language"], listed["file"]) == ("CWG-Internet 22/1", "es", f"{stems[0]}.docx")
    root = fromstring(archive.read(f"{stems[1]}.xlf"), forbid_dtd=True)
    assert (root.get("version"), root.get("srcLang"), root.get("trgLang")) == ("2.0", "en", "fr")
    assert root.find(".//{*}source").text == "Costs of transit"
    assert root.find("{*}file").get("id") == str(next(key for key in keys if key.language == "fr"))
    offer(ines, {f"{stem}.docx": archive.read(f"{stem}.docx") for stem in stems})
    assert sorted(list_choices(ines.get(HERE).text)) == [f"{stem}.docx" for stem in stems]


def test_twenty_files_at_once_are_matched_by_name_and_added_after_one_confirmation(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    for _ in range(10):
        world.registered(meeting)
    world.works_in("en", "fr", "es")
    texts = {"F": FRENCH, "ES": SPANISH}
    files = {
        f"22-{number}-{mark}.docx": make_docx(f"{words * 3} {number}")
        for number in range(1, 11)
        for mark, words in texts.items()
    }

    assert offer(ines, files).headers["Location"] == f"{HERE}#h-waiting"

    page = ines.get(HERE).text
    chosen = list_choices(page)
    assert chosen.keys() == files.keys()
    assert all(value.endswith((".fr", ".es")) for value in chosen.values())
    assert list_versions(world) == [], "nothing is added before the confirmation"
    assert "Received: 20" in visible_text(ines.get("/translations").text)
    answer = ines.post(ADD, {"to": list(chosen.values())})
    assert answer.headers["Location"] == "/translations?done=translations-added"
    assert sorted(list_versions(world)) == [("es", None)] * 10 + [("fr", None)] * 10
    assert "No translations are due." in ines.get("/translations").text
    assert count_waiting(world) == (0, 0)


def test_what_is_offered_and_what_leaves_is_in_the_order_of_registration(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    for _ in range(10):
        world.registered(meeting)
    world.works_in("en", "fr")
    symbols = [f"CWG-Internet 22/{number}" for number in range(1, 11)]

    offer(ines, {"report.docx": make_docx(FRENCH * 4)})
    offered = re.findall(r"<option[^>]*>(CWG-Internet \d+/\d+) – French", ines.get(HERE).text)
    answer = ines.get("/translations.zip?" + "&".join(f"pick={key}" for key in list_keys(world)))

    assert offered == symbols
    table = zipfile.ZipFile(io.BytesIO(answer.content)).read("list.csv").decode("utf-8-sig")
    assert [row["symbol"] for row in csv.DictReader(io.StringIO(table))] == symbols


def test_what_speaks_against_a_name_is_said_and_left_to_the_person(
    world: World, document: Document, english: Open
) -> None:
    ines = english("ines")
    offer(ines, {"22-1-F.docx": make_docx(SPANISH * 4), "report.docx": make_docx(FRENCH * 4)})

    page = ines.get(HERE).text

    assert "The text is in Spanish, the file name says French." in page
    assert "No translation that is due has this symbol and language." in page
    chosen = list_choices(page)
    assert all(value.endswith("=") for value in chosen.values()), "nothing goes anywhere by itself"
    assert "CWG-Internet 22/1 – French" in page
    (french,) = list_keys(world, language="fr")
    upload = chosen["report.docx"].partition("=")[0]
    assert ines.post(ADD, {"to": [f"{upload}={french}"]}).status_code == 303
    assert list_versions(world) == [("fr", None)]
    assert list_choices(ines.get(HERE).text).keys() == {"22-1-F.docx"}, "what is not added stays"
    offer(ines, {"CWG-Internet-22-1_FR.docx": make_docx(FRENCH * 5)})
    assert "CWG-Internet 22/1 already has a text in French." in ines.get(HERE).text
    ines.post(f"{HERE}/discard", {})
    assert count_waiting(world) == (0, 0)


def test_two_files_for_one_translation_are_not_added(world: World, document: Document, english: Open) -> None:
    ines = english("ines")
    offer(ines, {"22-1-F.docx": make_docx(FRENCH * 4), "CWG-Internet 22-1 fr.docx": make_docx(FRENCH * 5)})

    answer = ines.post(ADD, {"to": list(list_choices(ines.get(HERE).text).values())})

    assert (answer.status_code, "Two files are meant for the same translation." in answer.text) == (409, True)
    assert list_versions(world) == []


def test_titles_of_xliff_files_come_back_with_their_file_or_alone(
    world: World, document: Document, english: Open
) -> None:
    ines = english("ines")
    keys = {key.language: key for key in list_keys(world)}
    with_title = {
        code: XLIFF.format(prolog="", language=code, key=keys[code], target=title).encode()
        for code, title in {"fr": "Le coût du transit", "es": "Los <mrk id='m1' type='term'>costos</mrk>"}.items()
    }
    offer(ines, {"a.xlf": with_title["fr"], "22-1-F.docx": make_docx(FRENCH * 4), "b.xlf": with_title["es"]})

    page = ines.get(HERE).text

    assert "Le coût du transit" in page
    assert ines.post(ADD, {"to": list(list_choices(page).values())}).status_code == 303
    assert list_versions(world) == [("fr", "Le coût du transit")]
    with transaction(world.read) as session:
        titles = session.get_one(Document, document.id).titles
    assert titles == {"en": "Costs of transit", "fr": "Le coût du transit", "es": "Los costos"}


BOMB = zipped({"22-1-F.docx": b"\0" * 40_000_000})
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bomb.zip", BOMB, "unpacks to more than 50 times its size"),
        ("out.zip", zipped({"../../etc/22-1-F.docx": b"x"}), "a name that points outside"),
        ("nested.zip", zipped({"inner.zip": zipped({"22-1-F.docx": b"x"})}), "contains another ZIP file"),
        ("cut.zip", zipped({"22-1-F.docx": b"x" * 900})[:-9], "bytes after the end"),
        ("no.zip", b"not at all an archive", "its end is missing"),
        ("22-1-F.xlf", XLIFF.format(prolog=ENTITIES, language="fr", key="", target="&b;").encode(), "XML entities"),
        ("22-1-F.xlf", b"<html/>", "This is not an XLIFF 2.0 file."),
        ("22-1-F.xlf", b"", "This is not an XLIFF 2.0 file."),
        ("22-1-F.docx", zipped({"22-1-F.docx": b"x"}), "not a"),
        ("22-1-F.exe", b"MZ" + b"\0" * 90, "neither a PDF nor a Word document"),
    ],
    ids=[
        "bomb",
        "outside",
        "nested",
        "cut",
        "no archive",
        "entities",
        "no xliff",
        "empty",
        "archive as docx",
        "program",
    ],
)
def test_a_file_that_is_not_what_it_seems_is_refused_with_its_reason_and_leaves_no_trace(
    world: World, document: Document, english: Open, name: str, content: bytes, reason: str
) -> None:
    ines = english("ines")

    answer = offer(ines, {name: content, "22-1-ES.docx": make_docx(SPANISH * 4)})

    assert reason in visible_text(answer.text)
    assert "These files were not accepted and were not saved" in answer.text
    assert list_choices(answer.text).keys() == {"22-1-ES.docx"}, "the others are received"
    assert count_waiting(world) == (1, 1)


def test_a_zip_of_files_in_folders_is_unpacked_without_what_a_system_adds(
    world: World, document: Document, english: Open
) -> None:
    ines = english("ines")
    untranslated = render_xliff("?", "22/1", [XliffUnit("title", "A")], source_language="en", target_language="es")
    packed = zipped(
        {
            "fr/22-1-F.docx": make_docx(FRENCH * 4),
            "__MACOSX/fr/._22-1-F.docx": b"\0\5",
            ".DS_Store": b"\0",
            "list.csv": b"of the portal's own ZIP",
            "notes/22-1-ES.xlf": untranslated,
        }
    )

    answer = offer(ines, {"back.zip": packed})

    assert "These files were not accepted" not in answer.text
    page = ines.get(HERE).text
    assert list_choices(page).keys() == {"22-1-F.docx", "22-1-ES.xlf"}
    assert "The file contains no translated title." in page


def test_each_secretary_sees_their_own_files_and_no_one_else_any(
    world: World, document: Document, english: Open
) -> None:
    ines, daniel = english("ines"), english("daniel")
    offer(ines, {"22-1-F.docx": make_docx(FRENCH * 4)})
    chosen = list_choices(ines.get(HERE).text)
    assert len(chosen) == 1

    assert list_choices(daniel.get(HERE).text) == {}
    assert daniel.post(ADD, {"to": list(chosen.values())}).status_code == 400
    for who in ("amina", "laurent", "joseph"):
        other = english(who)
        assert other.get(HERE).status_code == 404
        assert offer(other, {"22-1-F.docx": make_docx(FRENCH * 4)}).status_code == 404
        assert other.post(ADD, {"to": list(chosen.values())}).status_code == 404
        assert other.get(f"/translations.zip?pick={list_keys(world)[0]}").status_code == 404
    assert count_waiting(world) == (1, 1)
    assert list_versions(world) == []


def test_a_form_that_chooses_nothing_says_what_to_do(world: World, document: Document, english: Open) -> None:
    ines = english("ines")
    assert "Select a file first." in ines.post(HERE, {}).text
    offer(ines, {"report.docx": make_docx(FRENCH * 4)})
    answer = ines.post(ADD, {"to": list(list_choices(ines.get(HERE).text).values())})
    assert (answer.status_code, "Choose for at least one file where it goes." in answer.text) == (400, True)
    assert ines.post(ADD, {"to": ["x=y"]}).status_code == 400
    assert ines.get("/translations.zip").status_code == 400


def test_a_button_pressed_without_a_selection_shows_the_list_and_what_to_do(document: Document, english: Open) -> None:
    ines = english("ines")
    for address in ("/translations/assign", "/translations.zip"):
        answer = ines.get(address)
        assert answer.status_code == 400
        assert "Select at least one translation." in answer.text
        assert document.symbol in answer.text, "the list is there to select from"


def test_several_translations_are_assigned_on_one_page(world: World, document: Document, english: Open) -> None:
    ines = english("ines")
    page = ines.get("/translations?tick=all").text
    picked = re.findall(r'name="pick" value="([^"]+)"[^>]* checked', page)
    assert len(picked) == 2
    form = ines.get("/translations/assign?" + "&".join(f"pick={key}" for key in picked)).text
    assert re.findall(r'name="pick" value="([^"]+)"', form) == picked

    nothing = ines.post("/translations/assign", {"pick": picked})
    assert (nothing.status_code, "enter a name or enter a due date" in nothing.text) == (400, True)
    both = {"translator": str(world.person("daniel").id), "translator_name": "Bureau Lefèvre"}
    refused = ines.post("/translations/assign", {"pick": picked, **both})
    assert (refused.status_code, 'value="Bureau Lefèvre"' in refused.text) == (400, True)
    done = ines.post(
        "/translations/assign", {"pick": picked, "translator_name": "Bureau Lefèvre", "due_on": str(date(2026, 1, 2))}
    )

    assert done.headers["Location"] == "/translations?done=translations-assigned"
    shown = visible_text(ines.get("/translations").text)
    assert shown.count("Bureau Lefèvre") == shown.count("Overdue ") == 2
