"""People through HTTP: who gives and ends which seat, with effect from the next request."""

import html
import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.core.db import transaction
from app.domain.bodies.models import Accreditation, Appointment
from tests.browser import Browser
from tests.worker.test_notifications import end_accreditation
from tests.world import World

Open = Callable[..., Browser]
URL = "/people/cwg-internet"
DAYS = {"from_on": "2020-01-01", "until_on": "2040-12-31"}


def get_person_id(world: World, who: str) -> str:
    return str(world.person(who).id)


def get_seat_id(world: World, who: str) -> UUID:
    with transaction(world.read) as session:
        query = select(Accreditation.id).where(Accreditation.person_id == UUID(get_person_id(world, who)))
        return session.scalars(query).one()


def get_office_id(world: World, who: str) -> UUID:
    with transaction(world.read) as session:
        query = select(Appointment.id).where(Appointment.person_id == UUID(get_person_id(world, who)))
        return session.scalars(query).one()


def test_a_focal_point_sees_the_people_of_the_own_state_and_a_secretary_all(english: Open) -> None:
    joseph, ines = english("joseph").get(URL).text, english("ines").get(URL).text

    assert URL in english("joseph").get("/people").text
    assert "Amina Wanjiru Otieno" in joseph
    assert "Wambui" in joseph
    assert "Rafael" not in joseph
    assert "Laurent" not in joseph
    for name in ("Amina Wanjiru Otieno", "Rafael", "Laurent"):
        assert name in ines


def test_only_focal_points_and_secretaries_see_people(english: Open) -> None:
    for who, status in (("amina", 403), ("laurent", 403), ("wambui", 404)):
        assert english(who).get(URL).status_code == status
        assert english(who).get("/people").status_code == 404
    assert english().get(URL).status_code == 401


def test_states_are_sorted_in_the_order_of_the_readers_language(english: Open) -> None:
    def headings(page: str) -> list[str]:
        cells = [part.split("<")[0] for part in page.split('<td class="entity">')[1:]]
        return list(dict.fromkeys(cells))

    ines = english("ines")
    assert headings(ines.get(URL).text) == ["Brazil", "Japan", "Kenya"]
    assert headings(ines.get(f"{URL}?lang=es").text) == ["Brasil", "Japón", "Kenya"]
    assert headings(ines.get(f"{URL}?lang=ar").text) != ["Brazil", "Japan", "Kenya"]


def test_a_focal_point_accredits_a_colleague_who_can_act_at_once(world: World, english: Open) -> None:
    joseph, wambui = english("joseph"), english("wambui")
    assert wambui.get("/meetings").status_code == 404
    assert f"accredit?person={get_person_id(world, 'wambui')}" in joseph.get(URL).text
    assert f'value="{get_person_id(world, "wambui")}" selected' in joseph.get(
        f"{URL}/accredit?person={get_person_id(world, 'wambui')}"
    ).text.replace(' lang="en"', "")

    typed = {"person": get_person_id(world, "wambui"), "capacity": "delegate"} | DAYS
    answer = joseph.post(f"{URL}/accredit", typed)

    assert answer.headers["Location"] == f"{URL}?done=accredited"
    assert wambui.get("/meetings").status_code == 200
    assert f"accredit?person={get_person_id(world, 'wambui')}" not in joseph.get(URL).text


def test_a_person_asks_and_the_focal_point_declines_then_accredits(world: World, english: Open) -> None:
    wambui, joseph = english("wambui"), english("joseph")
    asks = "Grace Wambui Njoroge asks to act for Kenya"
    assert ("Ask to be accredited" in wambui.get("/").text, asks in joseph.get("/").text) == (True, False)

    assert wambui.post("/accreditation-requests", {"body": "cwg-internet"}).status_code == 303
    sent = wambui.get("/").text
    assert ("Your request is awaiting a response." in sent, "Ask to be accredited in the group" in sent) == (
        True,
        False,
    )
    assert [asks in english(who).get("/").text for who in ("joseph", "amina", "ines")] == [True, False, False]
    assert "Grace Wambui Njoroge" not in english("rafael").get("/").text
    page = joseph.get("/people/cwg-internet").text
    decline = re.search(r"/accreditation-requests/[0-9a-f-]{36}/decline", page)[0]
    missing = joseph.post(decline, {"reason": ""})
    assert (missing.status_code, "Enter the reason." in missing.text) == (400, True)
    assert english("rafael").post(decline, {"reason": "No."}).status_code == 404

    assert joseph.post(decline, {"reason": "Not yet."}).status_code == 303
    answered = wambui.get("/").text
    assert ("Not yet." in answered, "Joseph Kiprono Mutai declined your request" in answered) == (True, True)
    assert asks not in joseph.get("/").text

    assert wambui.post("/accreditation-requests", {"body": "cwg-internet"}).status_code == 303
    form = {"person": world.person("wambui").id, "capacity": "delegate", "from_on": "2026-01-01"}
    assert joseph.post("/people/cwg-internet/accredit", form | {"until_on": "2099-12-31"}).status_code == 303
    assert (asks in joseph.get("/").text, "Desk of Kenya" in wambui.get("/").text) == (False, True)


def test_a_person_whose_state_has_no_focal_point_reads_which_secretaries_answer(world: World, english: Open) -> None:
    wambui, answers = (
        english("wambui"),
        "Your request goes to the secretariat: Daniel Okafor-Lindqvist, Inés Valdivia Ríos.",
    )
    assert answers not in wambui.get("/").text
    end_accreditation(world, "joseph")

    assert answers in wambui.get("/").text
    assert wambui.post("/accreditation-requests", {"body": "cwg-internet"}).status_code == 303
    assert answers in wambui.get("/").text


def test_a_person_with_a_role_asks_for_another_group_and_reads_on_the_account_why_not(
    world: World, english: Open
) -> None:
    world.seat("amina", "focal_point", body="wg-wsis")
    world.seat("wambui", "delegate")
    wambui, amina = english("wambui"), english("amina")
    groups = re.findall(r'name="body" value="([^"]+)"', wambui.get("/account").text)
    assert ("wg-wsis" in groups, "cwg-internet" in groups) == (True, False)

    answer = wambui.post("/accreditation-requests", {"body": "wg-wsis"})
    assert answer.headers["Location"] == "/account?done=accreditation-requested"
    assert "Awaiting response" in wambui.get("/account").text
    decline = re.search(r"/accreditation-requests/[0-9a-f-]{36}/decline", amina.get("/people/wg-wsis").text)[0]
    assert amina.post(decline, {"reason": "Not there."}).status_code == 303

    assert "Not there." in wambui.get("/account").text
    assert "Not there." not in amina.get("/account").text


def test_a_focal_point_gives_only_seats_of_delegates_to_others_of_the_own_state(world: World, english: Open) -> None:
    joseph = english("joseph")
    page = joseph.get(f"{URL}/accredit").text
    assert 'value="delegate"' in page
    assert 'value="focal_point"' not in page
    assert 'value="head_of_delegation"' not in page
    assert 'value="focal_point"' in english("ines").get(f"{URL}/accredit").text
    cases = [("wambui", each, 403) for each in ("focal_point", "head_of_delegation")]
    cases += [("joseph", "delegate", 403), ("rafael", "head_of_delegation", 404)]

    for who, capacity, status in cases:
        typed = {"person": get_person_id(world, who), "capacity": capacity} | DAYS
        assert joseph.post(f"{URL}/accredit", typed).status_code == status
    assert english("amina").get(f"{URL}/accredit").status_code == 403
    assert english("amina").post(f"{URL}/accredit", typed).status_code == 403
    assert world.actor("wambui").seats == frozenset()


def test_errors_are_reported_at_their_field(world: World, english: Open) -> None:
    good = {"person": get_person_id(world, "wambui"), "capacity": "delegate"} | DAYS
    cases = [
        ({"until_on": "2019-01-01"}, "f-until_on-error"),
        ({"person": ""}, "f-person-error"),
        ({"capacity": "king"}, "f-capacity-error"),
        (
            {"person": get_person_id(world, "amina"), "capacity": "head_of_delegation"},
            "f-person-error",
        ),  # this office is already filled
    ]

    for change, field in cases:
        answer = english("ines").post(f"{URL}/accredit", good | change)
        assert answer.status_code == 400
        assert f'id="{field}"' in answer.text
        assert 'value="2020-01-01"' in answer.text


def test_ending_a_seat_takes_effect_at_once_and_needs_a_reason(world: World, english: Open) -> None:
    world.seat("wambui", "delegate")
    wambui, joseph = english("wambui"), english("joseph")
    path = f"/accreditations/{get_seat_id(world, 'wambui')}/end"
    assert wambui.get("/meetings").status_code == 200
    assert "The role ends at once" in joseph.get(path).text
    assert joseph.post(path, {"reason": ""}).status_code == 400
    assert wambui.get("/meetings").status_code == 200

    answer = joseph.post(path, {"reason": "She has left the ministry."})

    assert answer.headers["Location"] == f"{URL}?done=ended"
    assert wambui.get("/meetings").status_code == 404
    assert "She has left the ministry." in joseph.get(URL).text
    assert joseph.post(path, {"reason": "Once more."}).status_code == 409


def test_a_focal_point_ends_no_seat_of_another_state_of_a_head_or_of_a_focal_point(world: World, english: Open) -> None:
    cases = [("joseph", "rafael", 404), ("amina", "amina", 404), ("joseph", "joseph", 403), ("joseph", "amina", 403)]
    for who, whose, status in cases:
        path = f"/accreditations/{get_seat_id(world, whose)}/end"
        assert english(who).get(path).status_code == status
        assert english(who).post(path, {"reason": "No reason at all."}).status_code == status
    assert world.actor("rafael").seats
    for whose in ("joseph", "amina"):
        assert english("ines").get(f"/accreditations/{get_seat_id(world, whose)}/end").status_code == 200


def test_an_office_takes_effect_once_a_second_secretary_has_confirmed_it(world: World, english: Open) -> None:
    ines, daniel, olga = english("ines"), english("daniel"), english("olga")
    typed = {"person": get_person_id(world, "olga"), "office": "secretary"} | DAYS
    assert 'name="office"' in ines.get(f"{URL}/offices/propose").text

    assert ines.post(f"{URL}/offices/propose", typed).headers["Location"] == f"{URL}?done=proposed"
    confirm = f"/offices/{get_office_id(world, 'olga')}/confirm"
    assert confirm not in ines.get(URL).text
    assert confirm in daniel.get(URL).text
    assert ines.post(confirm).status_code == 403
    assert olga.get("/meetings").status_code == 404

    assert daniel.post(confirm).headers["Location"] == f"{URL}?done=confirmed"
    assert olga.get("/meetings").status_code == 200
    assert daniel.post(confirm).status_code == 409


def test_a_secretary_cannot_propose_themselves_or_against_the_rules(world: World, english: Open) -> None:
    ines = english("ines")
    own_proposal = {"person": get_person_id(world, "ines"), "office": "tsb"} | DAYS
    assert ines.post(f"{URL}/offices/propose", own_proposal).status_code == 403
    for change, field in (({"office": "chair"}, "f-person-error"), ({"office": ""}, "f-office-error")):
        answer = ines.post(f"{URL}/offices/propose", own_proposal | {"person": get_person_id(world, "olga")} | change)
        assert answer.status_code == 400
        assert f'id="{field}"' in answer.text
    for who in ("joseph", "laurent"):
        assert english(who).get(f"{URL}/offices/propose").status_code == 403
        assert english(who).post(f"{URL}/offices/propose", own_proposal).status_code == 403


def test_only_secretaries_end_an_office_and_with_a_reason(world: World, english: Open) -> None:
    path = f"/offices/{get_office_id(world, 'laurent')}/end"
    for who in ("joseph", "laurent"):
        assert english(who).get(path).status_code == 404
        assert english(who).post(path, {"reason": "No reason at all."}).status_code == 404
    assert english("ines").post(path, {"reason": ""}).status_code == 400
    assert world.actor("laurent").seats

    assert english("ines").get(path).status_code == 200
    assert english("ines").post(path, {"reason": "The term is over."}).headers["Location"] == f"{URL}?done=ended"

    assert world.actor("laurent").seats == frozenset()
    assert english("ines").get(path).status_code == 409


def test_a_future_accreditation_is_marked_and_grants_nothing_yet(world: World, english: Open) -> None:
    later = {"from_on": date(2039, 1, 1).isoformat(), "until_on": date(2039, 12, 31).isoformat()}
    typed = {"person": get_person_id(world, "wambui"), "capacity": "delegate"} | later

    assert english("joseph").post(f"{URL}/accredit", typed).status_code == 303

    assert "Not yet in force" in english("joseph").get(URL).text
    assert english("wambui").get("/meetings").status_code == 404


def test_the_people_of_a_group_are_narrowed_and_sorted_by_the_address(english: Open) -> None:
    ines = english("ines")

    def list_names(query: str = "") -> list[str]:
        seats = ines.get(f"/people/cwg-internet{query}").text.partition('id="h-seats"')[2].partition("</section>")[0]
        return [html.unescape(name) for name in re.findall(r'<td class="wide"><bdi>([^<]*)</bdi></td>', seats)]

    everybody = list_names()
    assert len(everybody) > 3
    assert list_names("?sort=person") == sorted(everybody, key=str.casefold)
    assert list_names("?words=Amina") == [name for name in everybody if "Amina" in name]
    of_kenya = list_names("?words=kenya")
    assert 0 < len(of_kenya) < len(everybody)
    assert set(list_names("?role=focal_point")) < set(everybody)
    assert "No accreditations match these filters." in ines.get("/people/cwg-internet?words=Atlantis").text
    assert ines.get("/people/cwg-internet?role=king").status_code == 400
