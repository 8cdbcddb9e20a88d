"""Invitations of people through HTTP: the form, the list of those that wait, and the withdrawal."""

import re
from collections.abc import Callable

from tests.browser import Browser
from tests.domain.test_invitations import invite

Open = Callable[..., Browser]
PEOPLE = "/people/cwg-internet"
NEW = {
    "name": "Wanjiru Kamau",
    "email": "wanjiru@example.org",
    "capacity": "delegate",
    "from_on": "2026-11-01",
    "until_on": "2027-12-31",
    "language": "fr",
}


def test_a_focal_point_invites_a_delegate_of_the_own_state_and_withdraws_it(english: Open) -> None:
    joseph = english("joseph")
    form = joseph.get(f"{PEOPLE}/invite").text
    assert 'name="entity"' not in form
    assert 'value="head_of_delegation"' not in form

    assert joseph.post(f"{PEOPLE}/invite", NEW).headers["Location"] == f"{PEOPLE}?done=invited#invitations"
    page = joseph.get(PEOPLE).text
    assert "Wanjiru Kamau" in page
    assert "wanjiru@example.org" not in page
    assert "Wanjiru Kamau" not in english("amina").get("/record").text

    (withdraw,) = re.findall(r'action="(/invitations/[^"]+)"', page)
    assert joseph.post(withdraw).status_code == 303
    assert "Wanjiru Kamau" not in joseph.get(PEOPLE).text


def test_what_is_wrong_is_named_and_what_was_typed_is_kept(english: Open) -> None:
    answer = english("ines").post(f"{PEOPLE}/invite", NEW | {"email": "wanjiru", "entity": "KEN"})

    assert answer.status_code == 400
    assert "Enter one complete e-mail address" in answer.text
    assert 'value="Wanjiru Kamau"' in answer.text
    both = english("ines").post(f"{PEOPLE}/invite", NEW | {"email": "wanjiru", "entity": ""})
    assert both.status_code == 400
    assert "Enter one complete e-mail address" in both.text
    assert "Select the State or organization." in both.text


def test_an_address_that_is_invited_already_is_refused_on_the_form(world, english: Open) -> None:
    invite(world, email=NEW["email"])

    answer = english("joseph").post(f"{PEOPLE}/invite", NEW)
    assert answer.status_code == 400
    assert "already invited to that role" in answer.text


TABLE = "State,Name,E-mail address,Role,Last day\nKEN,A,a@example.org,focal point,2027-12-31\nBRA,B,b@example.org,,\n"


def test_a_table_of_people_is_previewed_and_then_invited_all_or_none(english: Open) -> None:
    ines = english("ines")
    preview = ines.post(f"{PEOPLE}/import", {"rows": TABLE}).text
    assert preview.count("tag good") == 2
    assert "/invitations/" not in ines.get(PEOPLE).text

    wrong = ines.post(f"{PEOPLE}/import/confirm", {"rows": TABLE + "KEN,C,c(at)example.org,,\n"})
    assert wrong.status_code == 400
    assert "Enter one complete e-mail address" in wrong.text
    assert "/invitations/" not in ines.get(PEOPLE).text
    assert ines.post(f"{PEOPLE}/import/confirm", {"rows": TABLE}).status_code == 303
    assert ines.get(PEOPLE).text.count("/invitations/") == 2

    later = TABLE.replace("2027-12-31", "2027-11-30")
    again = ines.post(f"{PEOPLE}/import", {"rows": later}).text
    assert (again.count("tag info"), again.count("tag none")) == (1, 1)


def test_a_focal_point_imports_delegates_of_the_own_state_alone(english: Open) -> None:
    page = english("joseph").post(f"{PEOPLE}/import", {"rows": TABLE}).text

    assert page.count("tag bad") == 2
    assert english("joseph").get(f"{PEOPLE}/import/template.csv").status_code == 200
    assert english("amina").get(f"{PEOPLE}/import").status_code == 403
