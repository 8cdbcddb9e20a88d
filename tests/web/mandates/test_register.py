"""The pages of the register of mandates and action lines, and how the secretariat keeps it."""

from collections.abc import Callable

import pytest

from tests.browser import Browser
from tests.web.documents.test_register import visible_text
from tests.world import World

Open = Callable[..., Browser]
NEW = {"code": "pp-res-2", "source": "PP", "kind": "resolution", "number": "2", "year": "2022", "en": "Forum"}


def test_everybody_who_signed_in_reads_the_register(world: World, browser: Open) -> None:
    marc = browser("marc")  # of no group
    listed = visible_text(marc.get("/mandates").text)

    assert "PP Resolution 102" in listed
    assert "Tunis Agenda, paragraph 35" in listed
    assert "instructs the Director of TSB 2" in visible_text(marc.get("/mandates/wtsa-res-75").text)
    page = visible_text(marc.get("/mandates/wtsa-res-75/2008-instructs-the-director-of-tsb-2").text)
    assert "Focal points in TSB for action lines" in page
    assert "Director of TSB" in page
    assert "Sole facilitator" in visible_text(marc.get("/action-lines/C5").text)
    assert "C7-ehea" in visible_text(marc.get("/action-lines").text)
    for nothing in ("/mandates/invented", "/mandates/wtsa-res-75/2008-invented", "/mandates/a/b", "/action-lines/C99"):
        assert marc.get(nothing).status_code == 404
    assert browser().get("/mandates").status_code == 401


def test_what_is_to_be_confirmed_is_said_in_the_register(world: World, browser: Open) -> None:
    marc = browser("marc")
    confirmed = visible_text(marc.get("/mandates/pp-res-101").text)
    unconfirmed = visible_text(marc.get("/mandates/pp-res-101?lang=fr").text)

    assert "Internet Protocol-based networks" in confirmed
    assert "To be confirmed" not in confirmed
    assert "Réseaux fondés sur le protocole Internet À confirmer" in unconfirmed


def test_the_secretariat_keeps_the_register(world: World, browser: Open) -> None:
    ines, amina = browser("ines"), browser("amina")
    assert "Add a mandate" not in amina.get("/mandates").text
    assert "Add a mandate" in ines.get("/mandates").text

    refused = ines.post("/mandates", NEW | {"en": "", "source": ""})
    assert refused.status_code == 400
    assert 'href="#f-source"' in refused.text
    assert 'href="#f-en">Enter a title in at least one language.' in ines.post("/mandates", NEW | {"en": ""}).text
    assert ines.post("/mandates", NEW | {"code": "progress"}).status_code == 400
    assert ines.post("/mandates", NEW | {"in_own_words": "yes"}).headers["Location"].startswith("/mandates/pp-res-2?")
    clause = {"label": "resolves 1", "acts": ["council", "tsb"], "asks": "yearly", "en": "To meet", "confirmed": ["en"]}
    added = ines.post("/mandates/pp-res-2/clauses/new", clause)
    assert added.headers["Location"] == "/mandates/pp-res-2/2022-resolves-1?done=mandate-kept"
    assert "checked> <span>Every year" in ines.get("/mandates/pp-res-2/2022-resolves-1/edit").text
    again = ines.post("/mandates/pp-res-2/2022-resolves-1/edit", clause | {"en": "To meet often", "version": "1"})
    assert again.status_code == 303
    assert ines.post("/mandates/pp-res-2/2022-resolves-1/edit", clause | {"version": "1"}).status_code == 409
    assert ines.post("/mandates/pp-res-2", {"en": "Forums", "confirmed": "en", "version": "1"}).status_code == 303
    assert ines.post("/mandates/pp-res-2/versions/new", {"en": "Forums", "year": "1900"}).status_code == 400
    version = {"en": "Forums", "year": "2026", "place": "Rev. Doha", "web_address": "https://example.org/"}
    assert ines.post("/mandates/pp-res-2/versions/new", version).status_code == 303
    page = visible_text(amina.get("/mandates/pp-res-2").text)
    assert "Version in force: Rev. Doha, 2026" in page
    assert "To meet often" in page

    assert ines.post("/mandates/pp-res-2/retire", {"successor": "x" * 161}).status_code == 400
    assert ines.post("/mandates/pp-res-2/retire", {"successor": "pp-res-102"}).status_code == 303
    assert ines.post("/mandates/pp-res-2/retire").status_code == 409
    retired = visible_text(amina.get("/mandates/pp-res-2").text)
    assert "This mandate has been retired." in retired
    assert "It is continued by: PP Resolution 102" in retired
    assert "PP Resolution 2 " not in visible_text(amina.get("/mandates").text)
    assert "PP Resolution 2 Retired" in visible_text(amina.get("/mandates?show=all").text)
    assert ines.post("/mandates/pp-res-2/restore").status_code == 303


@pytest.mark.parametrize("code", ["C5"])
def test_the_secretariat_confirms_an_action_line(world: World, browser: Open, code: str) -> None:
    ines = browser("ines")
    line = {"en": "Security", "fr": "Sécurité", "confirmed": ["en", "fr"], "sdgs": "4 9", "sdgs_confirmed": "yes"}

    assert ines.post(f"/action-lines/{code}", line | {"sdgs": "18", "version": "1"}).status_code == 400
    assert ines.post(f"/action-lines/{code}", line | {"version": "1"}).status_code == 303
    page = visible_text(browser("marc").get(f"/action-lines/{code}?lang=fr").text)
    assert "Sécurité" in page
    assert "À confirmer" not in page
