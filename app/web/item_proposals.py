"""Agenda items proposed by delegations: a State sees its own; those who edit the agenda see and answer all."""

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
    """Form input: the last day for proposals; None means until contributions are due."""

    day: Day | None = None


@router.get(HERE, name="proposals", dependencies=[Depends(Asks(rules.SEE))])
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the proposals that the actor may see, and the form for a new one."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    return _render_page(session, actor, house, request, meeting_row)


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
    """Propose an agenda item for the actor's State."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.PROPOSE.require(actor, rules.wish_for(meeting_row, actor.entity))
    entry = read(NewProposal, {"title": title, "reason": reason})
    if entry.made is None:
        return _render_page(session, actor, house, request, meeting_row, entry)
    proposing.propose(session, actor, meeting_row, entry.made, house.pages.language(request))
    return _redirect_to_proposals(meeting_row, "proposed-item")


@router.post(f"{HERE}/until", name="bound-proposals", dependencies=KEEPS)
def bound(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, day: Typed = ""
) -> Response:
    """Set the last day for proposals."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, meeting_row)
    entry = read(Until, {"day": day})
    if entry.made is None:
        return _render_page(session, actor, house, request, meeting_row, Entry(entry.typed, None, entry.errors))
    proposing.take_until(session, actor, meeting_row, entry.made.day)
    return _redirect_to_proposals(meeting_row, "saved")


@router.post(f"{HERE}/{{proposal}}/take-back", name="take-back-proposal", dependencies=[Depends(Asks(rules.TAKE_BACK))])
def take_back(meeting: UUID, proposal: UUID, actor: SignedIn, session: Writing) -> Response:
    """Withdraw a proposal of the actor's own State."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    proposal_row = queries.one_proposal(session, actor, meeting_row, proposal, keeps=False)
    proposing.take_back(session, actor, meeting_row, proposal_row)
    return _redirect_to_proposals(meeting_row, "taken-back")


@router.post(f"{HERE}/{{proposal}}/take-up", name="take-up-proposal", dependencies=KEEPS)
def take_up(meeting: UUID, proposal: UUID, actor: SignedIn, session: Writing, version: Version) -> Response:
    """Turn the proposal into an item at the end of the draft."""
    meeting_row, proposal_row = _get_proposal_to_answer(session, actor, meeting, proposal)
    proposing.take_up(session, actor, meeting_row, proposal_row, version=version)
    return RedirectResponse(
        f"/meetings/{meeting_row.id}/agenda/edit?did={meeting_row.agenda_version}#item-{proposal_row.item_id}", 303
    )


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
    """Answer a proposal instead of taking it up."""
    meeting_row, proposal_row = _get_proposal_to_answer(session, actor, meeting, proposal)
    entry = read(Answer, {"answer": answer})
    if entry.made is None:
        return _render_page(
            session, actor, house, request, meeting_row, Entry(entry.typed, None, entry.errors), proposal_row
        )
    proposing.answer(session, actor, meeting_row, proposal_row, entry.made)
    return _redirect_to_proposals(meeting_row, "saved")


def _get_proposal_to_answer(
    session: ReadSession, actor: Actor, meeting: UUID, proposal: UUID
) -> tuple[Meeting, ItemProposal]:
    """Return meeting and proposal. The permission is checked before the lookup, so that others learn nothing. Raises
    NotFound, Forbidden."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, meeting_row)
    return meeting_row, queries.one_proposal(session, actor, meeting_row, proposal, keeps=True)


def _redirect_to_proposals(meeting: Meeting, done: str) -> Response:
    return RedirectResponse(f"/meetings/{meeting.id}/agenda/proposals?done={done}", 303)


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    entry: Entry[NewProposal] | Entry[Answer] | Entry[Until] | None = None,
    answered: ItemProposal | None = None,
) -> Response:
    language = house.pages.language(request)
    proposal_context = rules.wish_for(meeting, actor.entity)
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
        until=proposal_context.until,
        may_propose=rules.PROPOSE.allows(actor, proposal_context),
        may_answer=rules.KEEP.allows(actor, meeting),
        is_of_a_state=rules.PROPOSE.who.against(actor, proposal_context) is None,
        open_ones=ProposalState.PROPOSED,
        typed=entry.typed if entry else {},
        errors=entry.errors if entry else {},
        answered=answered.id if answered else None,
    )
