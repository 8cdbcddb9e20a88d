"""The register of organizations through HTTP."""

from collections.abc import Callable

from app.domain.documents.actions.registration import register_document
from app.domain.documents.inputs import EditionContent, NewDocument
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
LANTERN = {
    "code": "lantern-telecom",
    "kind": "sector_member",
    "fr": "Lanterne",
    "confirmed": "fr",
    "from_on": "2026-01-01",
}


def test_a_secretary_adds_a_member_that_has_signed_in_and_pages_name_it_so(world: World, english: Open) -> None:
    ines = english("ines")
    before = ines.get("/organizations").text
    assert "Not in the register yet" in before
    assert 'href="/organizations/new?code=LANTERN-TELECOM"' in before
    assert 'value="Lantern Telecom"' in ines.get("/organizations/new?code=LANTERN-TELECOM").text

    assert (
        ines.post("/organizations", LANTERN).headers["location"]
        == "/organizations/LANTERN-TELECOM?done=organization-kept"
    )
    page = ines.get("/organizations").text
    assert "code=LANTERN-TELECOM" not in page
    assert "Lanterne" in page
    assert "Lanterne" in english("chen").get("/account").text


def test_the_list_is_narrowed_by_name_kind_and_force(world: World, english: Open) -> None:
    ines = english("ines")
    assert ines.post("/organizations/CEPT/end", {"until_on": "2099-01-01", "version": "1"}).status_code == 303

    def show(query: str) -> list[str]:
        page = ines.get(f"/organizations?{query}").text
        return [code for code in ("CEPT", "IETF", "ISOC") if f'href="/organizations/{code}"' in page]

    assert show("") == ["CEPT", "IETF", "ISOC"]
    assert show("words=engineering") == ["IETF"]
    assert show("kind=regional") == ["CEPT"]
    assert show("force=in-force") == ["CEPT", "IETF", "ISOC"]
    assert show("force=ended") == []
    assert "No organizations match these filters." in ines.get("/organizations?words=lion").text


def test_what_an_organization_sent_is_shown_to_those_who_may_see_it(world: World, english: Open) -> None:
    text = EditionContent(original="en", titles={"en": "Antelope"}, files=(world.file(),))
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        new = NewDocument(body_id=meeting.body_id, series="LS", scope="22", kind="liaison", entity="IETF", text=text)
        register_document(session, actor, new)

    seen = english("amina").get("/organizations/IETF").text
    unseen = english("chen").get("/organizations/IETF").text

    assert "Antelope" in seen
    assert "Internet Engineering Task Force" in seen
    assert "Antelope" not in unseen
    assert "Internet Engineering Task Force" in unseen


def test_the_contact_is_for_the_secretariat_and_a_name_to_be_confirmed_says_so(world: World, english: Open) -> None:
    ines = english("ines")
    entry = {"kind": "technical", "en": "Internet Society", "address": "desk@isoc.example", "from_on": "2026-01-01"}
    assert ines.post("/organizations/ISOC", entry | {"version": "1"}).status_code == 303
    assert "desk@isoc.example" in ines.get("/organizations/ISOC").text
    page = english("amina").get("/organizations/ISOC").text
    assert "desk@isoc.example" not in page
    assert "To be confirmed" in page


def test_an_organization_of_the_seed_shows_no_first_day_until_somebody_enters_one(world: World, english: Open) -> None:
    ines = english("ines")
    before = ines.get("/organizations/ISOC").text
    entry = {"kind": "technical", "en": "Internet Society", "version": "1"}
    assert ines.post("/organizations/ISOC", entry | {"from_on": "1992-12-11"}).status_code == 303
    assert "First day" not in before
    assert "11 December 1992" in ines.get("/organizations/ISOC").text
    assert ines.post("/organizations/ISOC", entry | {"from_on": "", "version": "2"}).status_code == 303
    assert "First day" not in ines.get("/organizations/ISOC").text


def test_what_was_typed_is_kept_and_the_field_is_named(world: World, english: Open) -> None:
    ines = english("ines")
    page = ines.post("/organizations", LANTERN | {"fr": "", "contact": "Desk of liaisons"})
    assert page.status_code == 400
    assert "at least one language" in page.text
    assert "Desk of liaisons" in page.text
    assert english("amina").post("/organizations", LANTERN).status_code == 403
    assert english("amina").get("/organizations/NOWHERE").status_code == 404
