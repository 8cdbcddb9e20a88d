"""Registered documents in the browser: editions, addresses, languages, relations, access, corrections, tombstones."""

import html
import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.domain.documents.models import (
    Document,
    DocumentAccess,
    DocumentRelation,
    EditionStep,
    LanguageVersion,
    RelationKind,
)
from app.web.views.documents.addresses import format_document_path, parse_symbol_slug
from tests.browser import Browser
from tests.document_history import (
    add_edition,
    add_translation,
    change_access,
    correct_document,
    relate_documents,
    void_document,
    withdraw_document,
)
from tests.files import make_docx
from tests.world import World

Open = Callable[..., Browser]

ID = UUID("c45427be-1234-4321-9999-123456123456")


def visible_text(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def reload_document(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def test_every_edition_has_an_address_and_an_old_one_says_so(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), title="As it was")
    add_edition(world, document, EditionStep.REVISION, "As it is now", note="Zambia joins.")
    add_edition(world, document, EditionStep.CORRIGENDUM, "Corrigé", "fr", only_language="fr")
    rafael, url = browser("rafael"), f"/documents/{document.id}"

    newest = rafael.get(url).text
    assert '<h1 class="document-title">As it is now</h1>' in newest
    assert "This is not the current version" not in newest
    assert rafael.get(f"{url}/rev-1").text.count("In force") == newest.count("In force")
    assert "Corrigendum 1, for one language: French" in visible_text(newest)
    assert "Zambia joins." in visible_text(newest)
    for part in ("first", "rev-1", "corr-1"):
        assert f'href="{url}/{part}"' in newest

    first = rafael.get(f"{url}/first").text
    assert "As it was" in first
    assert (
        f"This is not the current version Original version · Current version: {document.symbol} (Rev.1)"
        in visible_text(first)
    )
    assert f'href="{url}">{document.symbol} (Rev.1)' in first
    for nothing in ("rev-2", "rev-0", "add-1", "first-1", "latest"):
        assert rafael.get(f"{url}/{nothing}").status_code == 404


def test_each_edition_serves_its_own_files(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting())
    add_edition(world, document, EditionStep.REVISION, "Quite another text")
    rafael, url = browser("rafael"), f"/documents/{document.id}"

    first, second = (rafael.get(f"{url}/{part}/files/en") for part in ("first", "rev-1"))

    assert first.headers["ETag"] != second.headers["ETag"] == rafael.get(f"{url}/files/en").headers["ETag"]
    assert second.headers["Content-Disposition"] == 'attachment; filename="CWG-Internet 22-1 (Rev.1)-EN.docx"'
    assert rafael.get(f"{url}/rev-1/files/fr").status_code == 404


def test_a_symbol_is_an_address(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting())
    add_edition(world, document, EditionStep.REVISION)

    def leads(who: str, symbol: str) -> str:
        return browser(who).get(f"/documents/by-symbol/{symbol}").headers.get("Location", "nowhere")

    assert leads("rafael", "CWG-Internet 22/1") == f"/documents/{document.id}"
    assert leads("rafael", "CWG-Internet 22/1 (Rev.1)") == f"/documents/{document.id}/rev-1"
    assert leads("rafael", "CWG-Internet 22/2") == "nowhere"
    assert leads("chen", "CWG-Internet 22/1") == "nowhere"
    unseen, unknown = (browser("chen").get(f"/documents/by-symbol/CWG-Internet 22/{n}") for n in (1, 2))
    assert (unseen.status_code, unseen.content) == (404, unknown.content)


def test_a_document_has_the_address_of_its_symbol_as_on_the_public_site(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting())
    add_edition(world, document, EditionStep.REVISION)
    rafael, url = browser("rafael"), "/documents/CWG-Internet-22-1"

    shown, by_id = rafael.get(url), rafael.get(f"/documents/{document.id}")

    assert shown.text == by_id.text
    assert f'<a dir="ltr" href="{url}">{url}</a>' in shown.text
    file, file_by_id = (rafael.get(f"{each}/files/en") for each in (url, f"/documents/{document.id}"))
    assert (file.content, file.headers["ETag"]) == (file_by_id.content, file_by_id.headers["ETag"])
    unseen, unknown = (browser("chen").get(f"/documents/CWG-Internet-22-{n}") for n in (1, 2))
    assert (unseen.status_code, unseen.content) == (404, unknown.content)
    assert [browser("chen").get(f"/documents/CWG-Internet-22-{n}/files/en").status_code for n in (1, 2)] == [404, 404]


@pytest.mark.parametrize("symbol", ["CWG-Internet 22/8", "WG-5 7/INF/12", "CWG-WSIS 44/LS/1"])
def test_a_symbol_is_read_from_its_address(symbol: str) -> None:
    path = format_document_path(ID, symbol)

    assert path == f"/documents/{symbol.replace(' ', '-').replace('/', '-')}"
    assert parse_symbol_slug(path.removeprefix("/documents/")) == symbol


@pytest.mark.parametrize("symbol", ["C26/12", "CWG-Internet 22/8 (Rev.1)", "CWG 5-22/1", str(ID)])
def test_a_symbol_of_another_form_has_the_address_of_the_identifier(symbol: str) -> None:
    assert format_document_path(ID, symbol) == f"/documents/{ID}"
    assert parse_symbol_slug(str(ID)) == ""


def test_a_page_shows_the_languages_and_which_exist_only_for_an_older_edition(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), title="Costs")
    add_translation(world, document, "fr", "Coûts")
    add_edition(world, document, EditionStep.REVISION, "Costs, revised")
    add_translation(world, document, "es", "Costos", by="ines")
    add_edition(world, document, EditionStep.CORRIGENDUM, "Corrección", "es", only_language="es")

    shown = visible_text(browser("rafael").get(f"/documents/{document.id}").text)

    assert "English (original) Download : English" in shown
    assert re.search(
        r"Spanish Download : Spanish \d+(\.\d)? kB Corrected by CWG-Internet 22/1 \(Corr.1\) the secr", shown
    )
    assert "French Only for an earlier text: CWG-Internet 22/1 Arabic" not in shown
    assert "French Only for an earlier text: CWG-Internet 22/1" in shown
    assert "Russian Not available" in shown
    spanish = browser("rafael").get(f"/documents/{document.id}?lang=es").text
    assert '<h1 class="document-title">Costos</h1>' in spanish


def test_a_delegate_adds_a_translation_through_file_inspection(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting())
    amina, url = browser("amina"), f"/documents/{document.id}/first/translate"
    assert 'value="fr"' in amina.get(url).text
    assert 'value="en"' not in re.search(r"<select.*?</select>", amina.get(url).text, re.S)[0]

    refused = amina.post(url, {"language": "fr"}, files={"file": ("x.docx", b"no document")})
    assert refused.status_code == 400
    assert "The file was not accepted and was not saved" in refused.text
    assert "Select a file first." in amina.post(url, {"language": "fr", "title": "Kept"}).text
    assert amina.post(url, {"language": "xx"}).status_code == 400
    done = amina.post(url, {"language": "fr", "title": "Coûts"}, files={"file": ("c.docx", make_docx("Un texte."))})

    assert done.headers["Location"] == f"/documents/{document.id}/first?done=on-record"
    with transaction(world.read) as session:
        added_one = session.scalars(select(LanguageVersion).where(LanguageVersion.language == "fr")).one()
        assert (added_one.title, added_one.side, added_one.supplied_by) == (
            "Coûts",
            "submitter",
            world.person("amina").id,
        )
    twice = amina.post(url, {"language": "fr"}, files={"file": ("c.docx", make_docx("Un autre texte."))})
    assert twice.status_code == 409
    assert "If it contains errors, submit a corrigendum." in twice.text


def test_a_relation_names_a_symbol_only_to_those_who_may_see_the_document(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, first = world.registered(meeting, title="First of Kenya")
    _, second = world.registered(meeting, by="rafael", title="Answer of Brazil")
    rafael, url = browser("rafael"), f"/documents/{second.id}/relate"

    wrong = rafael.post(url, {"kind": "replies-to", "symbol": "CWG-Internet 22/9"})
    assert wrong.status_code == 400
    assert "There is no document with this symbol, or you do not have access to it." in wrong.text
    assert 'value="CWG-Internet 22/9"' in wrong.text
    itself = rafael.post(url, {"kind": "replies-to", "symbol": second.symbol})
    assert "A document cannot be linked to itself." in itself.text
    assert rafael.post(url, {"kind": "replies-to", "symbol": first.symbol}).status_code == 303

    assert f"Answered in {second.symbol}" in visible_text(rafael.get(f"/documents/{first.id}").text)
    assert f"Replies to {first.symbol}" in visible_text(rafael.get(f"/documents/{second.id}").text)
    change_access(world, first, DocumentAccess.PUBLIC)
    for page in (browser("chen").get(f"/documents/{first.id}"), browser().get(f"/public/documents/{first.id}")):
        assert page.status_code == 200
        assert "Relations" not in page.text
        assert second.symbol not in page.text
    with transaction(world.read) as session:
        assert session.scalars(select(DocumentRelation.kind)).all() == ["replies-to"]


def test_a_superseding_document_is_named_at_the_top(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, old = world.registered(meeting)
    _, new = world.registered(meeting)
    relate_documents(world, new, RelationKind.SUPERSEDES, old)

    assert '<div class="notice warn">' in browser("rafael").get(f"/documents/{old.id}").text
    withdraw_document(world, new)
    assert '<div class="notice warn">' not in browser("rafael").get(f"/documents/{old.id}").text


def test_a_withdrawn_document_leaves_a_tombstone_and_nothing_else(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting, title="Costs of transit")
    correct_document(world, document, abstract="A confidential summary.")
    item = world.item(meeting)
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    amina, url = browser("amina"), f"/documents/{document.id}"
    assert "The number is not reused." in amina.get(f"{url}/withdraw").text
    assert amina.post(f"{url}/withdraw", {"version": "2"}).status_code == 400
    assert amina.post(f"{url}/withdraw", {"version": "1", "reason": "Overtaken."}).status_code == 409
    assert amina.post(f"{url}/withdraw", {"version": "2", "reason": "Overtaken."}).status_code == 303

    for address in (url, f"{url}/first"):
        shown = browser("rafael").get(address).text
        assert "The number is not reused. The content is not available. By whom Kenya" in visible_text(shown)
        assert "In force" not in shown
        assert "Overtaken." in shown
        assert "A confidential summary." not in shown.split("History")[0]
        assert "/files/" not in shown
    for address in (f"{url}/files/en", f"{url}/first/files/en"):
        assert browser("rafael").get(address).status_code == 409
    for address in ("/documents", f"/meetings/{meeting.id}/documents", f"/meetings/{meeting.id}/agenda"):
        listed = browser("rafael").get(address).text
        assert "<s>Costs of transit</s>" in listed
        assert "Withdrawn" in listed
        assert "/files/" not in listed
    assert "Withdrawn" in browser("amina").get("/contributions").text
    assert amina.get(f"{url}/withdraw").status_code == 409


def test_the_secretariat_explains_every_number_without_a_document(world: World, browser: Open) -> None:
    meeting = world.meeting()
    ines = browser("ines")
    assert "No void or withdrawn numbers." in ines.get("/register").text
    _, first = world.registered(meeting)
    _, second = world.registered(meeting)
    withdraw_document(world, first, reason="Overtaken by events.")
    assert ines.post(f"/documents/{second.id}/void", {"version": "1", "reason": "Registered twice."}).status_code == 303

    shown = visible_text(ines.get("/register").text)

    assert re.search(rf"{first.symbol} Withdrawn Kenya .* Overtaken by events\.", shown)
    assert re.search(rf"{second.symbol} Void the secretariat .* Registered twice\.", shown)
    assert "CWG-Internet C 22 2" in shown
    assert 'href="/register"' in ines.get("/documents").text
    assert 'href="/register"' not in browser("amina").get("/documents").text
    assert browser("amina").get("/register").status_code == 404
    assert browser("amina").post(f"/documents/{first.id}/void", {"reason": "Because."}).status_code == 403


def test_a_change_of_access_is_recorded_and_the_page_says_why_the_document_is_visible(
    world: World, browser: Open
) -> None:
    _, document = world.registered(world.meeting(), title="Costs of transit")
    amina, url = browser("amina"), f"/documents/{document.id}"
    assert browser("chen").get(url).status_code == 404

    same = amina.post(f"{url}/open", {"version": "1", "access": "group", "reason": "As before."})
    assert "This is already the current setting." in same.text
    assert "As before." in same.text
    changed = amina.post(f"{url}/open", {"version": "1", "access": "membership", "reason": "Agreed in Nairobi."})
    assert changed.status_code == 303

    within, outside = visible_text(browser("rafael").get(url).text), visible_text(browser("chen").get(url).text)
    assert "Because you have a role in CWG-Internet" in within
    assert "Before: Members of the group only After: All ITU members" in within
    assert "Agreed in Nairobi." in within
    assert "because it is open to all ITU members" in outside
    assert "Other ITU members can read The public cannot read" in outside
    assert "Chosen by Kenya" in outside
    for hidden in ("Agreed in Nairobi.", "Agenda item", "More actions", "Before:"):
        assert hidden not in outside
    assert "Costs of transit" in browser("chen").get("/documents").text
    assert browser("chen").get(f"{url}/files/en").status_code == 200
    assert browser("marc").get(url).status_code == 404


def test_a_public_document_needs_no_sign_in_and_ceases_to_be_public_at_once(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting, title="Costs of transit")
    _, hidden = world.registered(meeting, title="Only for the group")
    add_translation(world, document, "fr", "Coûts du transit")
    add_edition(world, document, EditionStep.ADDENDUM, "An annex")
    anonymous, url = browser(), f"/public/documents/{document.id}"
    assert "No documents are public." in anonymous.get("/public/documents").text
    assert anonymous.get(url).status_code == 404
    change_access(world, document, DocumentAccess.PUBLIC)

    listed = anonymous.get("/public/documents").text
    assert "Costs of transit" in listed
    assert "Only for the group" not in listed
    assert ">1 in total<" in listed
    assert anonymous.get("/public/documents?page=2").status_code == 404
    shown = anonymous.get(url).text
    assert "The document is public: anyone can read it without signing in." in shown
    assert 'href="/documents/' not in shown
    assert "Coûts du transit" in anonymous.get(f"{url}?lang=fr").text
    assert "An annex" in anonymous.get(f"{url}/add-1").text
    response = anonymous.get(f"{url}/first/files/en")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "public, no-cache")
    assert anonymous.get(f"{url}/files/fr").status_code == 200
    unseen, unknown = anonymous.get(f"/public/documents/{hidden.id}"), anonymous.get(f"/public/documents/{uuid4()}")
    assert (unseen.status_code, unseen.text) == (404, unknown.text)

    change_access(world, document, DocumentAccess.GROUP, by="ines", reason="Opened in error.")
    for address in (url, f"{url}/first", f"{url}/files/en", f"{url}/first/files/en"):
        assert anonymous.get(address).status_code == 404


def test_a_correction_shows_old_and_new_to_the_body(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), title="Costs of transti")
    ines, url = browser("ines"), f"/documents/{document.id}"
    form = {"version": "1", "language": "en", "title": "Costs of transit", "abstract": ""}

    assert "Enter the reason." in ines.post(f"{url}/correct", form).text
    nothing = ines.post(f"{url}/correct", form | {"title": "", "reason": "A slip."})
    assert "No changes were made" in nothing.text
    assert ines.post(f"{url}/correct", form | {"reason": "A slip of the pen."}).status_code == 303
    assert ines.post(f"{url}/correct", form | {"title": "Another", "reason": "A slip."}).status_code == 409

    shown = browser("rafael").get(url).text
    assert '<h1 class="document-title">Costs of transit</h1>' in shown
    assert "Before: Costs of transti After: Costs of transit Reason: A slip of the pen." in visible_text(shown)
    assert "Costs of transti" not in browser("rafael").get("/documents").text
    assert browser("amina").get(f"{url}/correct").status_code == 403


def test_an_abstract_may_be_emptied_and_the_rest_stays(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting(), abstract="It says too much.")
    ines, url = browser("ines"), f"/documents/{document.id}"
    form = {"version": "1", "language": "en", "title": "", "reason": "It says too much."}
    assert "It says too much." in browser("rafael").get(url).text
    assert "No changes were made" in ines.post(f"{url}/correct", form).text  # a form without this field changes nothing

    assert ines.post(f"{url}/correct", form | {"abstract": ""}).status_code == 303

    shown = browser("rafael").get(url).text
    assert "Abstract</h3>" not in shown
    assert "Before: It says too much. After: – Reason" in visible_text(shown)
    assert document.titles["en"] in shown


def test_a_translated_title_is_shown_before_the_correction(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting())
    url, french = f"/documents/{document.id}", {"file": ("c.docx", make_docx("Un texte."))}
    form = {"version": "1", "language": "fr", "title": "Les frais", "abstract": "", "reason": "A slip."}
    translated = browser("amina").post(f"{url}/first/translate", {"language": "fr", "title": "Coûts"}, files=french)
    assert translated.status_code == 303

    assert browser("ines").post(f"{url}/correct", form).status_code == 409
    assert browser("ines").post(f"{url}/correct", form | {"version": "2"}).status_code == 303


def test_main_actions_are_buttons_before_the_details_and_others_are_folded(world: World, browser: Open) -> None:
    _, document = world.registered(world.meeting())
    url, address = f"/documents/{document.id}", 'href="{}/{}"'.format

    for name, main, folded in (
        ("amina", ["follow/rev", "first/translate"], ["follow/add", "follow/corr", "relate", "open", "withdraw"]),
        ("ines", ["first/translate"], ["titles", "correct", "relate", "open", "void"]),
    ):
        page = browser(name).get(f"{url}?lang=en").text
        buttons, rest = page[page.index('id="h-do"') :].split("<summary>More actions</summary>")
        rest, details = rest.split('id="h-about"')
        assert [address(url, act) in buttons for act in main] == [True] * len(main), name
        assert [address(url, act) in rest for act in folded] == [True] * len(folded), name
        assert 'value="document"' in buttons  # to follow the document
        assert "/follow/" not in details

    page = browser("rafael").get(url).text
    assert "More actions" not in page[page.index('id="h-do"') :]


ACTS = ("first/translate", "relate", "open", "correct", "withdraw", "void")


@pytest.mark.parametrize("act", ACTS)
def test_a_forbidden_action_is_refused_on_a_visible_document_and_not_found_on_an_invisible_one(
    world: World, browser: Open, act: str
) -> None:
    _, document = world.registered(world.meeting())
    rafael, chen = browser("rafael"), browser("chen")

    for method in (rafael.get, rafael.post):
        assert method(f"/documents/{document.id}/{act}").status_code == 403
    for method in (chen.get, chen.post):
        existing, nothing = method(f"/documents/{document.id}/{act}"), method(f"/documents/{uuid4()}/{act}")
        assert (existing.status_code, existing.content) == (404, nothing.content)
    assert reload_document(world, document).version == 1
    assert f"/{act}" not in rafael.get(f"/documents/{document.id}").text
    assert (f"/{act}" in browser("amina").get(f"/documents/{document.id}").text) == (act not in ("correct", "void"))
    void_document(world, document)
    assert f"/{act}" not in browser("ines").get(f"/documents/{document.id}").text
