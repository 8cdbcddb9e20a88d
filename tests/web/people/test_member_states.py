"""Member States and admission rules through HTTP."""

import re
from collections.abc import Callable

from app.core.db import transaction
from app.domain.bodies.queries.bodies import list_member_states
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


def get_region(world: World, code: str) -> str | None:
    with transaction(world.read) as session:
        return {row.code: row.region for row in list_member_states(session)}[code]


def test_all_member_states_are_listed_and_palestine_separately(english: Open) -> None:
    page = english("ines").get("/states").text
    members, other_members = page.split('id="h-others"')

    assert "194 Member States" in members
    assert members.count('id="state-') == 194
    assert "PSE" not in members
    assert "PSE" in other_members
    assert members.index("Afghanistan") < members.index("Zimbabwe")
    assert "Südafrika" not in page
    assert "Afrique du Sud" in english("ines").get("/states?lang=fr").text


def test_only_a_secretary_sets_a_region(world: World, english: Open) -> None:
    before = get_region(world, "MNG")
    new_region = "C" if before != "C" else "E"

    # The last one has no seat: her form is not read.
    for who, status in (("amina", 403), ("laurent", 403), ("joseph", 403), ("olga", 403)):
        assert english(who).get("/states").status_code == 403
        assert english(who).post("/states", {"region_MNG": new_region}).status_code == status
    assert get_region(world, "MNG") == before

    assert english("ines").post("/states", {"region_MNG": new_region}).headers["Location"] == "/states?done=regions"
    assert get_region(world, "MNG") == new_region


def test_one_button_saves_the_regions_that_were_changed_and_no_other(world: World, english: Open) -> None:
    ines = english("ines")
    shown = {
        f"{field}_{code}": region
        for code in ("MNG", "KEN", "JPN")
        for region in re.findall(rf'name="was_{code}" value="([A-E])"', ines.get(f"/states/{code}").text)
        for field in ("was", "region")
    }
    assert len(shown) == 6
    assert english("ines").post("/states", {"region_JPN": "A"}).status_code == 303

    assert ines.post("/states", shown | {"region_MNG": "D", "region_KEN": "B"}).status_code == 303

    assert [get_region(world, code) for code in ("MNG", "KEN", "JPN")] == ["D", "B", "A"]


def test_the_list_is_small_and_is_narrowed_and_sorted_by_links(english: Open) -> None:
    ines = english("ines")
    whole = ines.get("/states")
    assert len(whole.content) < 60_000
    assert 'href="/states?sort=region"' in whole.text

    of_region_d = ines.get("/states?region=D&sort=-name").text
    assert "Kenya" in of_region_d
    assert "Japan" not in of_region_d
    assert of_region_d.index("Zimbabwe") < of_region_d.index("Algeria")
    assert "Kenya" in ines.get("/states?words=ken").text
    assert "No Member States match these filters." in ines.get("/states?words=Atlantis").text
    for bad in ("region=F", "sort=size", "region=D&region=E"):
        assert ines.get(f"/states?{bad}").status_code == 400


def test_the_page_of_a_state_corrects_its_region(world: World, english: Open) -> None:
    ines = english("ines")
    page = ines.get("/states/MNG").text

    assert "Mongolia" in page
    assert page.count('<form method="post" action="/states"') == 1
    for unknown in ("XXX", "PSE", "mng"):
        assert ines.get(f"/states/{unknown}").status_code == 404
    assert english("amina").get("/states/MNG").status_code == 403


def test_an_unknown_region_or_state_is_refused(world: World, english: Open) -> None:
    before = get_region(world, "MNG")

    assert english("ines").post("/states", {"region_MNG": "F"}).status_code == 400
    assert english("ines").post("/states", {"region_XXX": "A"}).status_code == 404
    assert english("ines").post("/states", {"region_PSE": "A"}).status_code == 404

    assert (get_region(world, "MNG"), get_region(world, "PSE")) == (before, None)
