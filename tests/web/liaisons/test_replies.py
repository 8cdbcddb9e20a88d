"""How a reply is begun from the page of a liaison: the form of an output that is filled in."""

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

from app.core.db import set_row_security_entity, transaction
from app.domain.addressees.queries import list_addressee_rows
from app.domain.contributions.models import Contribution
from app.domain.liaisons.models import Liaison
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.web.liaisons.test_liaisons import act, take_in
from tests.world import World

Open = Callable[..., Browser]


def register(ines: Browser, meeting_id: object, **more: str) -> str:
    """The address of a liaison that was taken in and registered at a meeting."""
    here = take_in(ines, **more)
    act(ines, f"{here}/register", meeting=str(meeting_id))
    return here


def find_form(page: str) -> str:
    """The address of the form that "Draft the reply" opens; empty if it is not offered."""
    found = re.search(r'href="(/meetings/[^"]+/outputs/new\?in_reply_to=[^"]+)">Draft the reply', page)
    return unescape(found[1]) if found else ""


def read_fields(page: str) -> dict[str, list[str]]:
    """What the form of an output has in the fields that a reply fills in."""
    reply_cell = page.partition('name="addressee_in_reply_to"')[2].partition("</sel")[0]
    return {
        "kind": re.findall(r'name="kind" value="([^"]+)"[^>]* checked', page),
        "addressee": [each for each in re.findall(r'name="addressee"[^>]* value="([^"]*)"', page) if each],
        "wants": re.findall(r'<option value="([^"]+)" selected>', page.partition('name="addressee_wants"')[2])[:1],
        "in_reply_to": re.findall(r'<option value="([^"]+)" selected>', reply_cell),
    }


def test_the_reply_is_drafted_on_the_form_of_an_output_that_is_filled_in(world: World, english: Open) -> None:
    meeting, ines, laurent = world.meeting(), english("ines"), english("laurent")
    here = register(ines, meeting.id)
    key = here.rpartition("/")[2]
    form = find_form(laurent.get(here).text)
    assert form == f"/meetings/{meeting.id}/outputs/new?in_reply_to={key}"
    assert find_form(ines.get(here).text) == form
    assert not find_form(english("amina").get(here).text)

    fields = read_fields(laurent.get(form).text)
    assert fields == {"kind": ["liaison"], "addressee": ["IETF"], "wants": ["information"], "in_reply_to": [key]}
    sent = {
        "kind": "liaison",
        "original": "en",
        "title_en": "Our reply",
        "addressee": ["IETF"],
        "addressee_wants": ["information"],
        "addressee_reply_by": [""],
        "addressee_in_reply_to": [key],
    }
    answer = laurent.post(f"/meetings/{meeting.id}/outputs", sent)
    assert answer.status_code == 303, answer.text
    with transaction(world.read) as session:
        (draft,) = session.query(Output).all()
        (row,) = list_addressee_rows(session, draft)
        assert (draft.kind, row.organization, str(row.in_reply_to)) == ("liaison", "IETF", key)
    page = laurent.get(here).text
    assert "Our reply" in page
    assert not find_form(page)


def test_the_reply_is_drafted_at_the_next_meeting_if_that_of_the_liaison_was_cancelled(
    world: World, english: Open
) -> None:
    meeting, ines = world.meeting(), english("ines")
    here = register(ines, meeting.id)
    later = world.meeting(number=23, opens_in=90)
    world.moved(meeting, "cancel")

    assert find_form(ines.get(here).text).startswith(f"/meetings/{later.id}/")


def test_no_reply_is_offered_to_what_waits_for_none(world: World, english: Open) -> None:
    meeting, ines, laurent = world.meeting(), english("ines"), english("laurent")
    information, here = register(ines, meeting.id, wants="information"), register(ines, meeting.id)
    received = take_in(ines)
    assert find_form(laurent.get(here).text)
    act(laurent, f"{here}/close", reason="It was answered orally.")
    for each in (information, here, received):
        assert not any(find_form(who.get(each).text) for who in (laurent, ines))
        key = each.rpartition("/")[2]
        assert laurent.get(f"/meetings/{meeting.id}/outputs/new?in_reply_to={key}").status_code == 409


def test_the_form_says_nothing_of_a_liaison_that_its_reader_may_not_see(world: World, english: Open) -> None:
    meeting, other = world.meeting(), world.parent_meeting()
    here = register(english("ines"), meeting.id)
    key, laurent = here.rpartition("/")[2], english("laurent")
    assert laurent.get(f"/meetings/{meeting.id}/outputs/new?in_reply_to={key}").status_code == 200
    assert laurent.get(f"/meetings/{meeting.id}/outputs/new?in_reply_to={uuid4()}").status_code == 404
    assert english("amina").get(f"/meetings/{meeting.id}/outputs/new?in_reply_to={key}").status_code == 403
    world.serve_the_parent("ines")
    assert english("ines").get(f"/meetings/{other.id}/outputs/new").status_code == 200
    assert english("ines").get(f"/meetings/{other.id}/outputs/new?in_reply_to={key}").status_code == 404
    with transaction(world.read) as session:
        assert session.query(Liaison).count() == 1


PROPOSES = re.compile(
    r'href="(/meetings/[^"]+/contributions/new\?in_reply_to=[^"]+)">Propose the reply in a contribution'
)


def test_a_delegate_who_prepares_the_reply_proposes_it_in_a_contribution(world: World, english: Open) -> None:
    meeting, laurent, amina = world.meeting(), english("laurent"), english("amina")
    here = register(english("ines"), meeting.id)
    assert not PROPOSES.search(amina.get(here).text)
    act(laurent, f"{here}/hold", holder=str(world.person("amina").id), until="2098-12-01")
    assert not PROPOSES.search(english("rafael").get(here).text)

    found = PROPOSES.search(amina.get(here).text)
    assert found
    form = amina.get(unescape(found[1])).text
    assert "Open it to draft the reply or to propose its text." in amina.get("/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(key|version|refers_to)" value="([^"]*)">', form))
    assert unescape(hidden["refers_to"]) == "CWG-Internet 22/LS/1 – Routing"
    typed = {"title": "What we reply", "original": "en", "without_file": "yes"}
    sent = amina.post(f"/meetings/{meeting.id}/contributions", hidden | typed)
    assert sent.status_code == 303, sent.text
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        (draft,) = session.query(Contribution).all()
        assert sent.headers["location"] == f"/contributions/{draft.id}/edit?done=saved"
        assert (draft.entity, draft.refers_to) == ("KEN", "CWG-Internet 22/LS/1 – Routing")
    wrong = amina.post(f"/meetings/{meeting.id}/contributions", hidden | {"title": ""})
    assert "CWG-Internet 22/LS/1" in wrong.text


def test_the_page_says_what_the_holder_does_if_no_meeting_takes_contributions(world: World, english: Open) -> None:
    meeting, laurent, amina = world.meeting(), english("laurent"), english("amina")
    here = register(english("ines"), meeting.id)
    act(laurent, f"{here}/hold", holder=str(world.person("amina").id), until="2098-12-01")
    says = "Send its text to the secretariat of the group"
    assert says not in amina.get(here).text
    world.moved(meeting, "cancel")
    page = amina.get(here).text
    assert says in page
    assert not PROPOSES.search(page)
    key = here.rpartition("/")[2]
    later = world.meeting(number=23)
    assert amina.get(f"/meetings/{later.id}/contributions/new?in_reply_to={key}").status_code == 200
    assert amina.get(f"/meetings/{later.id}/contributions/new?in_reply_to={uuid4()}").status_code == 404
