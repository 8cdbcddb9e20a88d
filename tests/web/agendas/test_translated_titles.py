"""Agenda titles for translators: one XLIFF file for each language goes out and comes back."""

import io
import zipfile
from collections.abc import Callable
from uuid import UUID

import pytest
from defusedxml.ElementTree import fromstring

from app.core.db import transaction
from app.core.interchange.xliff import XliffUnit, render_xliff
from app.domain.agendas.actions import editing
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.web.translations.test_received import visible_text
from tests.world import World

Open = Callable[..., Browser]
TARGETS = {"Opening": "Ouverture", "Costs of transit": "Coûts du transit"}


@pytest.fixture
def meeting(world: World) -> Meeting:
    made = world.meeting()
    for title in TARGETS:
        world.item(made, title)
    return made


def download(browser: Browser, meeting: Meeting) -> dict[str, bytes]:
    answer = browser.get(f"/meetings/{meeting.id}/agenda/titles.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def translate(content: bytes, targets: dict[str, str] | None = None) -> bytes:
    """What a translation program does: a target after each source."""
    text = content.decode()
    for source, target in (TARGETS if targets is None else targets).items():
        text = text.replace(f"<source>{source}</source>", f"<source>{source}</source><target>{target}</target>")
    return text.encode()


def offer(browser: Browser, meeting: Meeting, **files: bytes):
    offered = [("files", (name.replace("_xlf", ".xlf").replace("_zip", ".zip"), files[name])) for name in files]
    return browser.post(f"/meetings/{meeting.id}/agenda/titles", {}, files=offered)


def list_titles(world: World, meeting: Meeting) -> list[dict[str, str]]:
    with transaction(world.read) as session:
        rows = session.query(AgendaItem).filter_by(meeting_id=meeting.id).order_by(AgendaItem.position)
        return [row.titles for row in rows]


def rename(world: World, meeting: Meeting, item: UUID, **titles: str) -> None:
    with world.acting("laurent") as (session, actor):
        there, row = session.get_one(Meeting, meeting.id), session.get_one(AgendaItem, item)
        new = NewAgendaItem(title=titles.pop("en", row.titles["en"]), titles=titles)
        editing.change_agenda_item(session, actor, there, row, new, "en", version=there.agenda_version)


def test_the_titles_leave_as_one_file_for_each_language_and_come_back_as_one_change(
    world: World, meeting: Meeting, english: Open
) -> None:
    chair = english("laurent")
    files = download(chair, meeting)
    assert sorted(files) == [f"CWG-Internet-22-agenda_{code}.xlf" for code in ("AR", "ES", "FR", "RU", "ZH")]
    french = files["CWG-Internet-22-agenda_FR.xlf"]
    assert [each.text for each in fromstring(french).findall(".//{*}source")] == list(TARGETS)

    answer = offer(chair, meeting, french_xlf=translate(french))
    assert answer.status_code == 303
    assert list_titles(world, meeting) == [{"en": source, "fr": target} for source, target in TARGETS.items()]
    editor = chair.get(answer.headers["Location"]).text
    assert "Translated titles added" in editor

    version = editor.partition('name="version" value="')[2].partition('"')[0]
    assert chair.post(f"/meetings/{meeting.id}/agenda/act", {"act": "undo", "version": version}).status_code == 303
    assert list_titles(world, meeting) == [{"en": source} for source in TARGETS]


def test_several_files_come_back_in_one_zip_and_what_is_not_translated_stays(
    world: World, meeting: Meeting, english: Open
) -> None:
    chair = english("laurent")
    files, packed = download(chair, meeting), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for code, target in (("FR", "Ouverture"), ("ES", "Apertura")):
            name = f"CWG-Internet-22-agenda_{code}.xlf"
            archive.writestr(name, translate(files[name], {"Opening": target}))

    assert offer(chair, meeting, back_zip=packed.getvalue()).status_code == 303
    assert list_titles(world, meeting) == [
        {"en": "Opening", "fr": "Ouverture", "es": "Apertura"},
        {"en": "Costs of transit"},
    ]


def test_what_changed_meanwhile_is_named_and_the_rest_is_added(world: World, meeting: Meeting, english: Open) -> None:
    chair = english("laurent")
    third = world.item(meeting, "Closing")
    french = download(chair, meeting)["CWG-Internet-22-agenda_FR.xlf"]
    first, second = (
        UUID(unit.attrib["id"].removeprefix("item-")) for unit in fromstring(french).findall(".//{*}unit")[:2]
    )
    rename(world, meeting, first, fr="Ouverture de la réunion")
    rename(world, meeting, second, en="Costs")

    answer = offer(chair, meeting, french_xlf=translate(french, {**TARGETS, "Closing": "Clôture"}))

    assert answer.status_code == 409
    page = visible_text(answer.text)
    assert "1 title has been added." in page
    assert "1 French Ouverture Ouverture de la réunion The item already has another title in this language." in page
    assert "2 French Coûts du transit – The original title has changed since the file was downloaded." in page
    assert list_titles(world, meeting)[0]["fr"] == "Ouverture de la réunion"
    assert list_titles(world, meeting)[2] == {"en": "Closing", "fr": "Clôture"}

    with world.acting("laurent") as (session, actor):
        there, row = session.get_one(Meeting, meeting.id), session.get_one(AgendaItem, third.id)
        editing.remove_agenda_item(session, actor, there, row, version=there.agenda_version)
    gone = offer(chair, meeting, french_xlf=translate(french, {"Closing": "Clôture", "Opening": "x" * 301}))
    assert gone.status_code == 409
    assert "The item is no longer on the agenda." in gone.text
    assert "enter 300 characters or fewer" in gone.text


def test_a_mark_of_direction_in_a_title_is_no_change_of_it(world: World, meeting: Meeting, english: Open) -> None:
    world.item(meeting, "Rules of\u200e IXPs")
    french = download(english("laurent"), meeting)["CWG-Internet-22-agenda_FR.xlf"]

    translated = translate(french, {"Rules of IXPs": "Règles des IXP"})
    assert offer(english("laurent"), meeting, french_xlf=translated).status_code == 303
    assert list_titles(world, meeting)[-1]["fr"] == "Règles des IXP"


def test_other_files_are_refused_by_name_and_change_nothing(world: World, meeting: Meeting, english: Open) -> None:
    chair = english("laurent")
    units = [XliffUnit("item-" + "0" * 32, "Opening")]
    foreign = render_xliff("agenda." + "0" * 32, "x", units, source_language="en", target_language="fr")

    assert offer(chair, meeting).status_code == 400
    for name, content, words in (
        ("foreign_xlf", foreign, "foreign.xlf: this file does not contain titles of this agenda."),
        ("letter.docx", b"PK", "letter.docx: upload XLIFF files"),
        ("broken_xlf", b"<html></html>", "This is not an XLIFF 2.0 file."),
    ):
        answer = offer(chair, meeting, **{name: content})
        assert (answer.status_code, words in visible_text(answer.text)) == (400, True), name
    assert list_titles(world, meeting) == [{"en": source} for source in TARGETS]


def test_the_titles_of_a_draft_are_for_those_alone_who_may_edit_it(
    world: World, meeting: Meeting, english: Open
) -> None:
    french = download(english("laurent"), meeting)["CWG-Internet-22-agenda_FR.xlf"]
    here = f"/meetings/{meeting.id}/agenda/titles"
    for who in ("amina", "rafael"):
        assert english(who).get(here).status_code == 403, who
        assert english(who).get(f"{here}.zip").status_code == 403, who
        assert offer(english(who), meeting, french_xlf=translate(french)).status_code == 403, who

    assert "Upload it under" in visible_text(
        english("ines").post("/translations/received", {}, files=[("files", ("a.xlf", french))]).text
    )
