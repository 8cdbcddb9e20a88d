"""Lists of documents as pages, as a table and as one ZIP; and no list reveals a document its reader may not see."""

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from contextvars import copy_context
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, text

from app.core.db import transaction
from app.domain.documents.actions import registration as register
from app.domain.documents.actions import relations
from app.domain.documents.inputs import EditionContent, NewDocument, NewEdition
from app.domain.documents.models import Document, DocumentAccess, EditionStep
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.member_states import set_names_of_other_parties
from app.domain.search.actions import index_document
from app.http.exports import zip_export
from app.http.exports.csv_export import escape_formula
from app.web.documents import exports
from app.web.views.documents.addresses import format_document_path
from app.web.views.documents.filters import format_submitter_and_signatories, list_entity_names
from tests.browser import Browser
from tests.document_history import change_access, withdraw_document
from tests.world import PARENT, World, record_rows

Open = Callable[..., Browser]


EXPLAINED = (
    "ended_at = now(), ended_by = (SELECT id FROM portal.person LIMIT 1),"
    " ended_side = 'secretariat', ended_because = 'So'"
)


def registered(
    world: World,
    title: str = "A title",
    *,
    entity: str = "KEN",
    scope: str = "22",
    body: str = "cwg-internet",
    signed: Sequence[str] = (),
) -> UUID:
    signed_by = tuple((state, world.person("rafael").id) for state in signed)
    with world.acting("ines") as (session, actor):
        cover = EditionContent(original="en", titles={"en": title}, files=(world.file(),), signed_by=signed_by)
        new = NewDocument(
            body_id=world.body(body).id, series="C", scope=scope, kind="contribution", entity=entity, text=cover
        )
        document = register.register_document(session, actor, new)
        session.flush()
        index_document(session, document.id)
        return document.id


def register_revision(world: World, document: UUID, step: EditionStep, language: str = "fr") -> None:
    with world.acting("ines") as (session, actor):
        cover = EditionContent(
            original=language, titles={language: "Une suite"}, files=(world.file(language, "Un paragraphe."),)
        )
        register.add_edition(session, actor, session.get_one(Document, document), NewEdition(step=step, text=cover))


def mark_withdrawn(world: World, document: UUID) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(
            text(f"UPDATE portal.document SET ended_as = 'withdrawn', {EXPLAINED} WHERE id = :id"), {"id": document}
        )


def path_of(world: World, document: UUID) -> str:
    """The address of a document in lists."""
    with transaction(world.read) as session:
        return format_document_path(document, session.get_one(Document, document).symbol)


def list_titles(page: str) -> list[str]:
    """The titles on a page of a list, in page order."""
    return [part.split("</a>")[0].split(">", 1)[1] for part in page.split('<a class="title"')[1:]]


def unzip(content: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def test_filters_order_and_columns_are_part_of_the_address(world: World, browser: Open) -> None:
    registered(world, "Kenyan b")
    registered(world, "Kenyan a")
    registered(world, "Brazilian", entity="BRA")
    rafael = browser("rafael")

    assert list_titles(rafael.get("/documents").text) == ["Brazilian", "Kenyan a", "Kenyan b"]
    assert list_titles(rafael.get("/documents?source=KEN&sort=title").text) == ["Kenyan a", "Kenyan b"]
    assert list_titles(rafael.get("/documents?region=A&type=C&status=standing&language=en").text) == ["Brazilian"]
    shown = rafael.get("/documents?source=KEN&show=meeting").text
    assert 'data-label="Meeting">22<' in shown
    assert 'aria-describedby="original"' not in shown
    assert 'href="/documents?source=KEN&amp;sort=title&amp;show=meeting"' in shown
    assert "/documents.zip?source=KEN&amp;show=meeting" in shown
    assert "No documents match these filters." in rafael.get("/documents?status=void").text
    assert rafael.get("/documents?region=X").status_code == 400
    assert rafael.get("/documents?sort=secret").status_code == 400


def test_rows_have_neither_the_common_prefix_of_their_symbols_nor_the_kind_of_contributions(
    world: World, browser: Open
) -> None:
    registered(world, "Kenyan")
    page = browser("rafael").get("/documents").text

    assert ">Symbol · CWG-Internet<" in page
    assert '<th scope="row"><a href="/documents/CWG-Internet-22-1">22/1</a></th>' in page
    assert 'aria-label="Select 22/1"' in page
    assert "Contribution<" not in page[page.index("<tbody>") :]
    assert "Contribution<" in browser("rafael").get("/documents?show=kind").text


def test_a_page_of_a_hundred_documents_is_short(world: World, browser: Open) -> None:
    """The frame of the page with its filters, and a hundred rows; symbol and title lead to the document."""
    registered(world, "A title of some words such as most documents have in English", signed=("BRA",))
    page = browser("rafael").get("/documents").text
    row = page.split("<tbody>")[1].split("</tr>")[0] + "</tr>"

    assert row.count('href="/documents/CWG-Internet-22-1"') == 2
    assert len((page + 99 * row).encode()) <= 60_000


def test_sorted_by_source_other_submitters_follow_the_states(world: World, browser: Open) -> None:
    for title, entity in (("b", "ZYX"), ("c", "ZWE"), ("d", "ABC"), ("a", "AFG")):
        registered(world, title, entity=entity)
    rafael = browser("rafael")

    assert list_titles(rafael.get("/documents?sort=source").text) == ["a", "c", "d", "b"]
    assert list_titles(rafael.get("/documents?sort=-source").text) == ["b", "d", "c", "a"]


def test_a_row_is_rendered_once_for_all_readers_and_again_when_it_changes(
    world: World, browser: Open, portal: object
) -> None:
    rafael, joseph = browser("rafael"), browser("joseph")
    for reader in (rafael, joseph):
        reader.get("/documents")  # renders the frame of the page for each of them
    document = registered(world, "A <b>title</b>")
    first = rafael.get("/documents").text
    assert list_titles(first) == ["A &lt;b&gt;title&lt;/b&gt;"]
    before = count_renderings(portal)

    assert list_titles(joseph.get("/documents").text) == list_titles(first)
    assert count_renderings(portal) == before
    mark_withdrawn(world, document)
    assert "<s>A &lt;b&gt;title&lt;/b&gt;</s>" in rafael.get("/documents").text


def count_renderings(portal: object) -> int:
    return portal.app.state.portal.templates._environments["en"].globals["render_once"].cache_info().misses


def test_a_meeting_lists_its_documents_by_number_and_those_under_no_item(world: World, browser: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Connectivity")
    world.agenda_released(meeting)
    for title in ("b", "a"):
        registered(world, title)
    registered(world, "of another meeting", scope="21")
    url, joseph = f"/meetings/{meeting.id}/documents", browser("joseph")

    shown = joseph.get(url).text
    assert list_titles(shown) == ["b", "a"]
    assert '<option value="KEN">Kenya</option>' in shown
    assert '<option value="BRA">' not in shown
    assert list_titles(joseph.get(f"{url}?item=none&sort=-number").text) == ["a", "b"]
    assert list_titles(joseph.get(f"{url}?item={item.id}").text) == []


def test_readers_of_an_opened_document_learn_nothing_of_its_agenda(world: World, browser: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Connectivity")
    _, document = world.registered(meeting, title="Opened")
    change_access(world, document, DocumentAccess.MEMBERSHIP)
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    joseph, chen = browser("joseph"), browser("chen")

    for address in ("/documents?show=item", "/documents.csv"):
        assert "Opened" in chen.get(address).text
    assert f"/meetings/{meeting.id}/agenda#item-{item.id}" in joseph.get("/documents?show=item").text
    assert f'href="agenda#item-{item.id}"' in joseph.get(f"/meetings/{meeting.id}/documents").text
    assert str(meeting.id) not in chen.get("/documents?show=item").text
    assert ['data-label="Item"' in each.get("/documents").text for each in (joseph, chen)] == [True, False]
    tables = (csv.DictReader(io.StringIO(each.get("/documents.csv").text.lstrip("\ufeff"))) for each in (joseph, chen))
    assert [next(table)["Item"] for table in tables] == ["1", ""]
    for chosen, for_a_seat, for_others in (("none", [], ["Opened"]), (item.id, ["Opened"], [])):
        listed = [list_titles(each.get(f"/documents?item={chosen}").text) for each in (joseph, chen)]
        assert listed == [for_a_seat, for_others]


def test_all_documents_are_filtered_by_the_items_of_agendas_that_are_not_over(world: World, browser: Open) -> None:
    meeting, later = world.meeting(), world.meeting(number=23, opens_in=90)
    items = {each.number: world.item(each, f"Item of {each.number}") for each in (meeting, later)}
    _, document = world.registered(meeting, title="Allocated")
    registered(world, "Other")
    world.seat("chen", "delegate", body=PARENT)
    world.allocated(meeting, document, items[22])
    world.agenda_released(meeting)
    joseph, chen = browser("joseph"), browser("chen")

    def list_items(page: str) -> list[str]:
        """Return the items that the filter offers; one that is selected is marked."""
        offered = page.partition('id="f-item"')[2].partition("</select>")[0]
        found = re.findall(r'<optgroup label="([^"]+)">|<option value="[^"]+"( selected)?>([^<]+)', offered)
        return [f"{group}{title}{'!' * bool(selected)}" for group, selected, title in found]

    assert list_items(joseph.get("/documents").text) == ["CWG-Internet, meeting 22", "1 Item of 22"]
    for address in ("/documents", f"/documents?item={items[22].id}"):
        assert list_items(chen.get(address).text) == []
    agenda = joseph.get(f"/meetings/{meeting.id}/agenda").text
    assert f'<a href="/meetings/{meeting.id}/documents?item={items[22].id}">1 document</a>' in agenda
    of_item = joseph.get(f"/meetings/{meeting.id}/documents?item={items[22].id}").text
    assert list_titles(of_item) == ["Allocated"]
    assert list_items(of_item) == ["Not on the agenda yet", "1 Item of 22!"]

    world.agenda_released(later)
    with transaction(world.write) as session:
        session.get_one(Meeting, meeting.id).life = MeetingLife.CLOSED
        record_rows(session)
    of_item = joseph.get(f"/documents?item={items[22].id}").text
    assert list_titles(of_item) == ["Allocated"]
    both = ["CWG-Internet, meeting 22", "1 Item of 22!", "CWG-Internet, meeting 23", "1 Item of 23"]
    assert list_items(of_item) == both
    assert list_items(joseph.get("/documents").text) == both[2:]


def test_only_those_who_see_a_planned_meeting_learn_of_its_agenda(world: World, browser: Open) -> None:
    planned = world.planned()
    item = world.item(planned, "Opening of the planned meeting")
    with transaction(world.write) as session:
        document = session.get_one(Document, registered(world, "Allocated", scope="24"))
    world.allocated(planned, document, item)
    world.agenda_released(planned)
    page, of_item = f"/documents/{document.id}", f"/documents?item={item.id}"
    joseph, laurent = browser("joseph"), browser("laurent")

    assert [each.get(f"/meetings/{planned.id}/agenda").status_code for each in (joseph, laurent)] == [404, 200]
    for address in ("/documents?show=item", of_item, page):
        assert str(item.id) in laurent.get(address).text
        assert "Opening of the planned meeting" in laurent.get(address).text
        shown = joseph.get(address).text
        assert "Opening of the planned meeting" not in shown
        assert f"/meetings/{planned.id}" not in shown
    assert [list_titles(each.get(of_item).text) for each in (joseph, laurent)] == [[], ["Allocated"]]
    assert [list_titles(each.get("/documents?item=none").text) for each in (joseph, laurent)] == [["Allocated"], []]


def test_documents_registered_after_the_previous_visit_are_new(world: World, browser: Open) -> None:
    registered(world, "Old")
    assert "New since your last visit" not in browser("rafael").get("/documents").text
    registered(world, "New")

    again = browser("rafael")

    shown = again.get("/documents").text
    assert re.search(
        r">All <small>2</small>.*>New since your last visit <small>1</small>.*>Brazil <small>0</small>", shown, re.S
    )
    assert list_titles(again.get("/documents?since=visit").text) == ["New"]


def test_a_long_list_is_counted_only_up_to_a_limit(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.domain.search.queries.document_counts.COUNT_AHEAD", 1)
    monkeypatch.setattr("app.web.views.documents.lines.PAGE_SIZE", 1)
    for title in ("a", "b", "c", "d"):
        registered(world, title)
    rafael = browser("rafael")

    first = rafael.get("/documents?sort=title").text
    assert "1 to 1 of more than 2" in first
    assert 'href="?sort=title&amp;page=2" rel="next"' in first
    assert "3 to 3 of 4" in rafael.get("/documents?sort=title&page=3").text


def test_the_zip_contains_what_its_manifest_lists(world: World, browser: Open) -> None:
    document = registered(world)
    register_revision(world, document, EditionStep.REVISION)
    register_revision(world, document, EditionStep.ADDENDUM, "en")
    mark_withdrawn(world, registered(world, "Withdrawn"))

    answer = browser("rafael").get("/documents.zip")

    archive = unzip(answer.content)
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert archive.namelist() == [
        "manifest.csv",
        "CWG-Internet 22-1 Rev.1 F.docx",
        "CWG-Internet 22-1 Add.1 E.docx",
    ]
    rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
    assert [row["edition"] for row in rows] == ["CWG-Internet 22/1 (Rev.1)", "CWG-Internet 22/1 (Add.1)"]
    for row in rows:
        content = archive.read(row["name"])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (int(row["size"]), row["sha256"])
    in_french = browser("rafael").get("/documents.zip?language=fr")
    assert unzip(in_french.content).namelist() == ["manifest.csv", "CWG-Internet 22-1 Rev.1 F.docx"]


def test_the_zip_contains_only_the_ticked_documents(world: World, browser: Open) -> None:
    first, _, third = (registered(world) for _ in range(3))
    rafael = browser("rafael")

    picked = rafael.get(f"/documents.zip?picked=yes&pick=CWG-Internet-22-1&pick={third}&pick={uuid4()}&pick=no-symbol")
    same = rafael.get(f"/documents.zip?picked=yes&pick={first}&pick=CWG-Internet-22-3")

    names = ["manifest.csv", "CWG-Internet 22-1 E.docx", "CWG-Internet 22-3 E.docx"]
    assert [sorted(unzip(each.content).namelist(), reverse=True) for each in (picked, same)] == [
        sorted(names, reverse=True)
    ] * 2
    nothing = rafael.get("/documents.zip?picked=yes")
    assert nothing.status_code == 400
    assert "No document is selected." in nothing.text


def test_more_documents_than_a_zip_may_hold_are_refused_with_a_message(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(world)
    monkeypatch.setattr(zip_export, "MAX_FILES", 0)
    monkeypatch.setattr(exports, "MAX_FILES", 0)

    refused = browser("rafael").get("/documents.zip")

    assert refused.status_code == 400
    assert "One ZIP file holds at most 0 files" in refused.text


def test_a_zip_with_too_many_bytes_is_refused(world: World, browser: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(world)
    monkeypatch.setattr(zip_export, "MAX_BYTES", world.file().size - 1)

    assert browser("rafael").get("/documents.zip").status_code == 400
    monkeypatch.setattr(zip_export, "MAX_BYTES", world.file().size)
    assert browser("rafael").get("/documents.zip").status_code == 200


def test_no_connection_is_held_while_a_zip_or_table_is_sent(world: World, browser: Open, portal: object) -> None:
    registered(world)
    pool = portal.app.state.portal.engine.pool
    seen = []
    read_chunks = portal.app.state.portal.store.iter_chunks

    def watched(*args: object) -> object:
        seen.append(pool.checkedout())
        return read_chunks(*args)

    portal.app.state.portal.store.iter_chunks = watched
    assert browser("rafael").get("/documents.zip").status_code == 200

    assert seen == [0]
    assert pool.checkedout() == 0


def test_the_table_is_complete_and_holds_no_formulas(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH_SIZE", 2)
    for title in ("=1+1", "@a", "plain, with a comma", "-2"):
        registered(world, title)

    answer = browser("rafael").get("/documents.csv?sort=number")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[1] for row in rows] == ["Title", "'=1+1", "'@a", "plain, with a comma", "'-2"]
    assert rows[1][:1] + rows[1][3:8] == ["CWG-Internet 22/1", "Contribution", "Kenya", "KEN", "", "22"]


def test_cosponsors_are_listed_with_the_submitter_and_found_as_a_source(world: World, browser: Open) -> None:
    meeting = world.meeting()
    joint = registered(world, "Joint", signed=("JPN", "BRA"))
    registered(world, "Alone")
    with world.acting("rafael") as (session, actor):
        relations.support_document(session, actor, session.scalars(select(Document).where(Document.id != joint)).one())
    rafael = browser("rafael")

    shown = rafael.get("/documents").text
    assert ">Brazil <small>1</small>" in shown  # the quick filter counts what it finds
    assert "<td>Kenya, with Brazil and Japan</td>" in shown
    assert "<td>Kenya</td>" in shown  # a supporter of a document is not its source
    assert "<td>Кения; совместно: Бразилия и Япония</td>" in rafael.get("/documents?lang=ru").text
    assert list_titles(rafael.get("/documents?lang=en&source=JPN").text) == ["Joint"]
    assert list_titles(rafael.get("/documents?source=BRA").text) == ["Joint"]
    assert list_titles(rafael.get("/documents?source=KEN").text) == ["Alone", "Joint"]
    offered = rafael.get(f"/meetings/{meeting.id}/documents").text
    assert '<option value="BRA">Brazil</option><option value="JPN">Japan</option><option value="KEN">' in offered
    rows = list(csv.reader(io.StringIO(rafael.get("/documents.csv?source=BRA").content.decode("utf-8-sig"))))
    assert [row[4:7] for row in rows] == [
        ["Source", "Code", "Co-sponsors"],
        ["Kenya, with Brazil and Japan", "KEN", "BRA JPN"],
    ]


def test_the_sources_offered_are_those_of_documents_that_the_reader_sees(world: World, browser: Open) -> None:
    registered(world, "Joint", signed=("BRA",))
    revised = registered(world, "Joint before its revision", entity="ZYX", signed=("JPN",))
    register_revision(world, revised, EditionStep.REVISION)

    def list_offered(who: str, chosen: str = "") -> list[str]:
        page = browser(who).get(f"/documents?source={chosen}").text
        return re.findall(r'<option value="(\w+)"', page[page.index('id="f-source"') : page.index('id="f-region"')])

    assert list_offered("rafael") == ["BRA", "KEN", "ZYX"]
    assert list_offered("rafael", "FRA") == ["BRA", "FRA", "KEN", "ZYX"]
    assert list_offered("chen") == []


def test_cosponsors_are_those_of_the_edition_in_force(world: World, browser: Open) -> None:
    joint = registered(world, "Joint", signed=("BRA",))
    rafael = browser("rafael")
    assert "<td>Kenya, with Brazil</td>" in rafael.get("/documents").text
    registered(world, "Own", entity="BRA", signed=("BRA", "KEN"))
    assert ">Brazil <small>2</small>" in rafael.get("/documents").text

    register_revision(world, joint, EditionStep.REVISION)

    assert ">Brazil <small>1</small>" in rafael.get("/documents").text
    assert "<td>Kenya</td>" in rafael.get("/documents").text
    assert list_titles(rafael.get("/documents?source=BRA").text) == ["Own"]


def test_a_list_is_narrowed_by_words_and_by_a_piece_of_a_symbol(world: World, browser: Open) -> None:
    meeting = world.meeting()
    registered(world, "Internet exchange points")
    costs = registered(world, "The costs of transit")
    rafael = browser("rafael")
    for path in ("/documents", f"/meetings/{meeting.id}/documents"):
        assert list_titles(rafael.get(f"{path}?words=exchanges").text) == ["Internet exchange points"]
        assert list_titles(rafael.get(f"{path}?words=22/2").text) == ["The costs of transit"]
        assert list_titles(rafael.get(f"{path}?words=cost&source=JPN").text) == []
    page = rafael.get("/documents?words=cost").text

    assert 'name="words" type="search" value="cost"' in page
    assert '<a href="/documents.csv?words=cost">' in page
    assert path_of(world, costs) in page
    assert list_titles(rafael.get("/documents?words=%25").text) == []


def test_words_find_neither_hidden_documents_nor_the_text_of_withdrawn_ones(world: World, browser: Open) -> None:
    world.meeting()
    open_document = registered(world, "Obsolete spectrum")
    world.seat("ines", "secretary", body="wg-wsis")
    hidden = registered(world, "Obsolete figures", body="wg-wsis")
    with transaction(world.read) as session:
        document = session.get_one(Document, open_document)

    assert path_of(world, hidden) in browser("ines").get("/documents?words=obsolete").text
    assert list_titles(browser("rafael").get("/documents?words=obsolete").text) == ["Obsolete spectrum"]
    withdraw_document(world, document)
    assert list_titles(browser("rafael").get("/documents?words=obsolete").text) == []
    assert path_of(world, open_document) in browser("rafael").get("/documents?words=22/1").text


def test_an_invisible_document_is_not_found_by_its_cosponsors(world: World, browser: Open) -> None:
    world.seat("ines", "secretary", body="wg-wsis")
    hidden = registered(world, "Hidden", body="wg-wsis", signed=("BRA",))

    assert path_of(world, hidden) in browser("ines").get("/documents?source=BRA").text
    assert '<option value="KEN">' not in browser("rafael").get("/documents").text
    found = browser("rafael").get("/documents?source=BRA").text
    assert path_of(world, hidden) not in found
    assert ">Brazil <small>0</small>" in found


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_values_that_look_like_formulas_are_written_as_text(lead: str) -> None:
    assert escape_formula(f"{lead}1+1") == f"'{lead}1+1"
    assert escape_formula(f"1{lead}1") == f"1{lead}1"


def surfaces(browser: Browser, meeting: UUID) -> list[object]:
    """The response of every way of finding documents for one person, without the parts that vary between responses."""
    answers = []
    for address in (
        "/documents",
        "/documents?sort=title&status=standing&source=KEN&language=en&region=D",
        "/documents?since=visit",
        "/documents.csv",
        f"/meetings/{meeting}/documents",
        f"/meetings/{meeting}/documents.csv?sort=-source",
        "/search?q=transit",
        "/search?q=%22costs+of+transit%22&language=en",
        "/search?q=44/1",
        "/search?q=C+1",
        "/search?q=nothing",
    ):
        answer = browser.get(address)
        answers.append((address, answer.status_code, answer.content, answer.headers.get("Content-Length")))
    for address in ("/documents.zip", f"/meetings/{meeting}/documents.zip"):
        archive = unzip(browser.get(address).content)
        answers.append((address, [(name, archive.read(name)) for name in archive.namelist()]))
    return answers


@pytest.mark.parametrize("who", ["rafael", "laurent"])
def test_an_invisible_document_changes_no_search_result(world: World, browser: Open, who: str) -> None:
    """Compare a database with and one without documents of another body that match every query."""
    meeting = world.meeting()
    registered(world, "The costs of transit")
    registered(world, "Transit", entity="BRA")
    one = browser(who)
    without = surfaces(one, meeting.id)

    world.seat("ines", "secretary", body="wg-wsis")
    hidden = [registered(world, "The costs of transit", scope=scope, body="wg-wsis") for scope in ("44", "22", "22")]

    assert surfaces(one, meeting.id) == without
    keys = (*hidden, *(path_of(world, each).rpartition("/")[2] for each in hidden))
    picked = one.get("/documents.zip?picked=yes&" + "&".join(f"pick={key}" for key in keys))
    assert unzip(picked.content).namelist() == ["manifest.csv"]
    seen_by_ines = browser("ines").get("/search?q=transit").text
    assert path_of(world, hidden[0]) in seen_by_ines


@pytest.mark.parametrize("who", ["wambui", "chen", "olga", None])
@pytest.mark.parametrize("address", ["/documents", "/documents.csv", "/documents.zip", "/search?q=title"])
def test_without_a_seat_only_opened_documents_are_listed(
    world: World, browser: Open, who: str | None, address: str
) -> None:
    registered(world, "A title")
    assert "A title" in browser("joseph").get("/documents").text

    answer = browser(who).get(address)

    assert answer.status_code == (401 if who is None else 200)
    assert "A title" not in answer.text
    assert b"CWG-Internet 22-1" not in answer.content


@pytest.mark.parametrize(
    ("address", "many"),
    [("/documents", 5), ("/documents?source=BRA&sort=source", 5), ("/documents.csv", 7), ("/search?q=title", 5)],
)
def test_search_needs_the_same_number_of_statements_for_any_result(
    world: World, browser: Open, portal: object, address: str, many: int
) -> None:
    registered(world, signed=("BRA",))
    joseph = browser("joseph")
    one = count_statements(joseph, portal, address)
    for _ in range(3):
        registered(world, signed=("BRA", "JPN"))

    assert count_statements(joseph, portal, address) == one == many


def count_statements(browser: Browser, portal: object, address: str) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    engine = portal.app.state.portal.engine
    event.listen(engine, "before_cursor_execute", note)
    assert browser.get(address).text.count("22/1")
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_the_secretariat_finds_the_translations_that_are_due_from_the_list_also_while_none_is(
    world: World, browser: Open
) -> None:
    link = 'href="/translations"'

    assert link in browser("ines").get("/documents").text
    assert browser("ines").get("/translations").status_code == 200
    assert link not in browser("laurent").get("/documents").text
    assert browser("laurent").get("/translations").status_code == 404


def write_sources(name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The source of a document of an organization with this name, and a list of sources."""
    set_names_of_other_parties(lambda code, _language: name if code == "FORUM" else None)
    source = format_submitter_and_signatories("FORUM", ("BRA",), "en", at_request=None)
    return source, list_entity_names(["BRA", "FORUM"], "en")


def test_names_of_states_are_kept_and_those_of_others_are_those_of_the_request() -> None:
    for name in ("Forum", "New Forum"):
        expected = f"{name}, with Brazil", (("BRA", "Brazil"), ("FORUM", name))
        assert copy_context().run(write_sources, name) == expected
    assert list_entity_names(["BRA", "JPN"], "en") is list_entity_names(["JPN", "BRA"], "en")
