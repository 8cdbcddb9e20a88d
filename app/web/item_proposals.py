"""Agenda items that delegations propose: a State sees its own, whoever keeps the agenda sees and answers all."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import ITEM_PROPOSALS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.inputs import Day, Input
from app.domain.agendas import proposing, queries, rules
from app.domain.agendas.inputs import Answer, NewProposal
from app.domain.agendas.models import ItemProposal, ProposalState
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.agenda_turns import Version
from app.web.entries import EachFieldOnce, Entry, Typed, read
from app.web.meeting_pages import frame
from app.web.titles import foreign

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

HERE = "/meetings/{meeting}/agenda/proposals"
KEEPS = [Depends(Asks(rules.KEEP))]


class Until(Input):
    """The last day for proposals; none is until contributions are due."""

    day: Day | None = None


@router.get(HERE, name="proposals", dependencies=[Depends(Asks(rules.SEE))])
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    return _page(session, actor, house, request, found)


@router.post(HERE, name="propose-item", dependencies=[Depends(Asks(rules.PROPOSE))])
def propose(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    title: Typed = "",
    reason: Typed = "",
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.PROPOSE.require(actor, rules.wish_for(found, actor.entity))
    entry = read(NewProposal, {"title": title, "reason": reason})
    if entry.made is None:
        return _page(session, actor, house, request, found, entry)
    proposing.propose(session, actor, found, entry.made, house.pages.language(request))
    return _back(found, "proposed-item")


@router.post(f"{HERE}/until", name="bound-proposals", dependencies=KEEPS)
def bound(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, day: Typed = ""
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    entry = read(Until, {"day": day})
    if entry.made is None:
        return _page(session, actor, house, request, found, Entry(entry.typed, None, entry.errors))
    proposing.take_until(session, actor, found, entry.made.day)
    return _back(found, "saved")


@router.post(f"{HERE}/{{proposal}}/take-back", name="take-back-proposal", dependencies=[Depends(Asks(rules.TAKE_BACK))])
def take_back(meeting: UUID, proposal: UUID, actor: SignedIn, session: Writing) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    wish = queries.one_proposal(session, actor, found, proposal, keeps=False)
    proposing.take_back(session, actor, found, wish)
    return _back(found, "taken-back")


@router.post(f"{HERE}/{{proposal}}/take-up", name="take-up-proposal", dependencies=KEEPS)
def take_up(meeting: UUID, proposal: UUID, actor: SignedIn, session: Writing, version: Version) -> Response:
    """Make it an item, at the end of the draft; the chair moves it from there."""
    found, wish = _one_to_answer(session, actor, meeting, proposal)
    proposing.take_up(session, actor, found, wish, version=version)
    return RedirectResponse(f"/meetings/{found.id}/agenda/edit?did={found.agenda_version}#item-{wish.item_id}", 303)


@router.post(f"{HERE}/{{proposal}}/answer", name="answer-proposal", dependencies=KEEPS)
def answer(
    meeting: UUID,
    proposal: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    answer: Typed = "",
) -> Response:
    found, wish = _one_to_answer(session, actor, meeting, proposal)
    entry = read(Answer, {"answer": answer})
    if entry.made is None:
        return _page(session, actor, house, request, found, Entry(entry.typed, None, entry.errors), wish)
    proposing.answer(session, actor, found, wish, entry.made)
    return _back(found, "saved")


def _one_to_answer(session: ReadSession, actor: Actor, meeting: UUID, proposal: UUID) -> tuple[Meeting, ItemProposal]:
    """Asked before it is looked up, so that nobody else learns what was proposed. Raises Unknown, Forbidden."""
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    return found, queries.one_proposal(session, actor, found, proposal, keeps=True)


def _back(meeting: Meeting, done: str) -> Response:
    return RedirectResponse(f"/meetings/{meeting.id}/agenda/proposals?done={done}", 303)


def _page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    entry: Entry[NewProposal] | Entry[Answer] | Entry[Until] | None = None,
    answered: ItemProposal | None = None,
) -> Response:
    language = house.pages.language(request)
    wish = rules.wish_for(meeting, actor.entity)
    keeps = rules.KEEP.who.against(actor, meeting) is None
    return house.pages.show(
        request,
        "web/meetings/item_proposals.html",
        status=400 if entry else 200,
        frame=frame(session, actor, meeting, "agenda", language),
        proposals=[
            (each, EntityName(each.entity), foreign(each.lang, language), ITEM_PROPOSALS[each.state])
            for each in queries.proposals(session, actor, meeting, keeps=keeps)
        ],
        until=wish.until,
        may_propose=rules.PROPOSE.allows(actor, wish),
        may_answer=rules.KEEP.allows(actor, meeting),
        is_of_a_state=rules.PROPOSE.who.against(actor, wish) is None,
        open_ones=ProposalState.PROPOSED,
        typed=entry.typed if entry else {},
        errors=entry.errors if entry else {},
        answered=answered.id if answered else None,
    )
