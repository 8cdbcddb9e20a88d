"""Proposed agenda items through HTTP, visible only to their State and the chair."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import set_row_security_entity, transaction
from app.domain.agendas.models import AgendaItem, ItemProposal
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
WISH = {"title": "Names in all scripts", "reason": "It concerns every delegation."}


def get_proposal(world: World) -> ItemProposal:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return session.scalars(select(ItemProposal).order_by(ItemProposal.proposed_at.desc())).first()


def test_a_proposal_is_accepted_as_an_item_of_the_draft(world: World, english: Open) -> None:
    meeting = world.meeting()
    url = f"/meetings/{meeting.id}/agenda/proposals"
    empty = english("amina").post(url, {"title": "", "reason": "No title given."})
    assert (empty.status_code, "No title given." in empty.text) == (400, True)
    assert english("amina").post(url, WISH).headers["Location"] == f"{url}?done=proposed-item"
    assert WISH["title"] in english("amina").get(url).text
    assert WISH["title"] in english("laurent").get(url).text
    assert WISH["title"] not in english("rafael").get(url).text
    proposal = get_proposal(world)
    assert [english(who).post(f"{url}/{proposal.id}/take-back").status_code for who in ("rafael", "laurent")] == [
        404
    ] * 2
    assert english("amina").post(f"{url}/{proposal.id}/take-up", {"version": "0"}).status_code == 403

    answer = english("laurent").post(f"{url}/{proposal.id}/take-up", {"version": "0"})

    with transaction(world.read) as session:
        item = session.scalars(select(AgendaItem)).one()
    assert answer.headers["Location"] == f"/meetings/{meeting.id}/agenda/edit?did=1#item-{item.id.hex[:6]}"
    assert (item.titles, item.notes) == ({"en": WISH["title"]}, WISH["reason"])
    assert "Added to the agenda" in english("amina").get(url).text
    assert english("laurent").post(f"{url}/{proposal.id}/take-up", {"version": "1"}).status_code == 409
    assert english("amina").post(f"{url}/{proposal.id}/take-back").status_code == 409


def test_a_proposal_is_answered_or_recalled(world: World, english: Open) -> None:
    url = f"/meetings/{world.meeting().id}/agenda/proposals"
    english("amina").post(url, WISH)
    proposal = get_proposal(world)
    assert english("laurent").post(f"{url}/{proposal.id}/answer", {"answer": ""}).status_code == 400
    assert english("laurent").post(f"{url}/{proposal.id}/answer", {"answer": "Not this year."}).status_code == 303
    assert "Not this year." in english("amina").get(url).text

    english("amina").post(url, WISH | {"title": "Another wish"})
    assert english("amina").post(f"{url}/{get_proposal(world).id}/take-back").status_code == 303
    assert "Withdrawn" in english("amina").get(url).text
    assert english("laurent").post(f"{url}/{get_proposal(world).id}/answer", {"answer": "Too late."}).status_code == 409


def test_proposals_are_accepted_until_a_set_day(world: World, english: Open) -> None:
    meeting = world.meeting(opens_in=30)
    url = f"/meetings/{meeting.id}/agenda/proposals"
    assert "Propose the item" in english("amina").get(url).text
    assert english("joseph").post(url, WISH).status_code == 403
    yesterday = (clock.now().date() - timedelta(days=1)).isoformat()
    assert english("amina").post(f"{url}/until", {"day": yesterday}).status_code == 403
    assert english("laurent").post(f"{url}/until", {"day": "soon"}).status_code == 400

    assert english("laurent").post(f"{url}/until", {"day": yesterday}).status_code == 303

    assert "Propose the item" not in english("amina").get(url).text
    assert english("amina").post(url, WISH).status_code == 409
    assert english("laurent").post(f"{url}/until", {"day": ""}).status_code == 303
    assert english("amina").post(url, WISH).status_code == 303
    with clock.shifted_clock(timedelta(days=19)):
        assert english("amina").post(url, WISH).status_code == 409
    with transaction(world.read) as session:
        assert session.get_one(Meeting, meeting.id).proposals_due_at == meeting.contributions_due_at


def test_dashboards_show_open_and_answered_proposals(world: World, english: Open) -> None:
    url = f"/meetings/{world.meeting().id}/agenda/proposals"
    assert url not in english("laurent").get("/").text
    english("amina").post(url, WISH)

    assert WISH["title"] in english("laurent").get("/").text
    assert WISH["title"] not in english("rafael").get("/").text
    english("laurent").post(f"{url}/{get_proposal(world).id}/answer", {"answer": "Not this year."})
    assert WISH["title"] not in english("laurent").get("/").text
    assert WISH["title"] in english("amina").get("/").text
