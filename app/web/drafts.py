"""Routes of drafts: create one, check it, submit it, discard it, recall it."""

from collections.abc import Collection, Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Refusal, Stale, Unacceptable
from app.core.i18n import say
from app.core.journal import apart
from app.domain.agendas import queries as agendas
from app.domain.bodies.rules import Place, is_delegate
from app.domain.contributions import actions, queries, rules
from app.domain.contributions.inputs import SECRETARIAT, Behalf, Cover
from app.domain.contributions.models import Contribution, Purpose
from app.domain.documents.models import Access
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.subjects import queries as subjects
from app.web import standing
from app.web.autosave import is_quiet, kept
from app.web.contribution_view import about
from app.web.draft_pages import check_page, new_page
from app.web.entries import EachFieldOnce, Entry, Typed, Version, file_of, read
from app.web.proposal_forms import FIELDS, ProposalFields
from app.web.receiving import OfferedFile, Taken, settle, take

router = APIRouter(dependencies=[Depends(EachFieldOnce("topics", *FIELDS))])

NAMES = ("title", "original", "purpose", "abstract", "action", "refers_to", "contact", "regional_group", "access")
EMPTY: dict[str, object] = dict.fromkeys((*NAMES, "item", "note"), "") | {"topics": [], "proposals": []}
GONE = say("This item is not on the agenda any more. Choose another.")


async def cover_fields(
    proposals: ProposalFields,
    title: Typed = "",
    original: Typed = "",
    purpose: Typed = "",
    abstract: Typed = "",
    action: Typed = "",
    refers_to: Typed = "",
    contact: Typed = "",
    regional_group: Typed = "",
    access: Typed = "",
    item: Typed = "",
    note: Typed = "",
    topics: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> dict[str, object]:
    """Collect the fields of the cover as they were typed."""
    return {
        "title": title,
        "original": original,
        "purpose": purpose,
        "abstract": abstract,
        "action": action,
        "refers_to": refers_to,
        "contact": contact,
        "regional_group": regional_group,
        "access": access,
        "item": item,
        "note": note,
        "topics": topics,
        "proposals": proposals,
    }


CoverFields = Annotated[dict[str, object], Depends(cover_fields)]


@router.get("/meetings/{meeting}/contributions/new", name="new-contribution", dependencies=[Depends(Asks(rules.DRAFT))])
def new(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form for a new draft."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, rules.to_meeting(meeting_row, actor.entity))
    behalf = {"entity": SECRETARIAT, "series": "INF"}
    typed = (
        EMPTY
        | behalf
        | {"original": house.pages.language(request), "purpose": Purpose.DISCUSSION, "access": Access.GROUP}
    )
    return new_page(session, actor, house, request, meeting_row, Entry(typed, None, {}), uuid4(), status=200)


@router.post("/meetings/{meeting}/contributions", name="draft-contribution", dependencies=[Depends(Asks(rules.DRAFT))])
def draft(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    key: Annotated[UUID, Form()],
    typed: CoverFields,
    given: OfferedFile,
    entity: Typed = "",
    series: Typed = "",
    version: Version = 0,
) -> Response:
    """Create a draft with its cover, and its file if one was chosen.

    `key` makes the form idempotent. An autosave is answered with JSON instead of a redirect.
    """
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, rules.to_meeting(meeting_row, actor.entity))
    entry, behalf = read_cover(session, meeting_row, typed), _parse_behalf(actor, meeting_row, entity, series)
    if entry.made is None or behalf.made is None:
        failed: Entry[Cover] = Entry({**typed, **behalf.typed}, None, {**entry.errors, **behalf.errors})
        return new_page(session, actor, house, request, meeting_row, failed, key)
    retry = Entry({**typed, **behalf.typed}, entry.made, {})
    try:
        accepted_file = take(session, actor, house, request, meeting_row.body_id, given)
    except Refusal as refusal:
        return new_page(session, actor, house, request, meeting_row, retry, key, refused=refusal, status=refusal.status)
    for_entity, in_series = behalf.made.entity, behalf.made.series
    try:
        with apart(session):
            contribution = actions.draft(
                session, actor, meeting_row, entry.made, key=key, entity=for_entity, series=in_series, version=version
            )
    except Stale as sent_before:
        return new_page(
            session, actor, house, request, meeting_row, retry, uuid4(), stale=sent_before.reason, status=409
        )
    except Unacceptable as refusal:
        failed = Entry(retry.typed, None, {"entity": refusal.reason})
        return new_page(session, actor, house, request, meeting_row, failed, key)
    if is_quiet(request):
        return kept(contribution)
    if accepted_file:
        put(session, actor, contribution, entry.made.original, accepted_file)
    return RedirectResponse(f"/contributions/{contribution.id}/edit?done=saved", 303)


def _parse_behalf(actor: Actor, meeting: Meeting, entity: str, series: str) -> Entry[Behalf]:
    """Parse for which entity it is written: a delegate writes for their own State, the secretariat chooses."""
    if is_delegate.against(actor, Place(meeting.body_id, actor.entity)) is None:
        own = Behalf.model_construct(entity=actor.entity, series="C")
        return Entry({}, own, {})
    entry = read(Behalf, {"entity": entity, "series": series})
    return Entry(entry.typed, entry.made, {name or "series": message for name, message in entry.errors.items()})


@router.get(
    "/contributions/{contribution}/check", name="check-contribution", dependencies=[Depends(Asks(rules.SUBMIT))]
)
def check(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page with what will be submitted and what is missing."""
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.SUBMIT.require(actor, contribution_row)
    return check_page(session, actor, house, request, contribution_row)


@router.post(
    "/contributions/{contribution}/submit", name="submit-contribution", dependencies=[Depends(Asks(rules.SUBMIT))]
)
def submit(
    contribution: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version,
    late: Typed = "",
) -> Response:
    """Submit a contribution and redirect to its receipt; on a refusal show the check page again."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    asks_late = late == "yes"
    try:
        with apart(session):
            actions.submit(
                session, actor, contribution_row, version=version, grace=house.grace, late=asks_late, sign=house.signer
            )
    except (Conflict, Unacceptable) as refusal:
        rules.SUBMIT.require(actor, contribution_row)  # only an open draft has a check page
        return check_page(session, actor, house, request, contribution_row, refused=refusal)
    return RedirectResponse(f"/contributions/{contribution_row.id}/receipt?done=submitted", 303)


@router.get(
    "/contributions/{contribution}/discard", name="discarding-contribution", dependencies=[Depends(Asks(rules.DISCARD))]
)
def discarding(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page that confirms the deletion of a draft."""
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.DISCARD.require(actor, contribution_row)
    view = about(session, actor, contribution_row, house.pages.language(request))
    return house.pages.show(request, "web/contributions/discard.html", about=view)


@router.post(
    "/contributions/{contribution}/discard", name="discard-contribution", dependencies=[Depends(Asks(rules.DISCARD))]
)
def discard(contribution: UUID, actor: SignedIn, session: Writing) -> Response:
    """Delete a draft."""
    actions.discard(session, actor, queries.one_visible(session, actor, contribution, lock=True))
    return RedirectResponse("/contributions?done=discarded", 303)


@router.get(
    "/contributions/{contribution}/take-back",
    name="taking-contribution-back",
    dependencies=[Depends(Asks(rules.TAKE_BACK))],
)
def taking_back(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page that confirms the recall of a submitted contribution."""
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.TAKE_BACK.require(actor, contribution_row)
    formats = Formats(house.pages.language(request))
    view = about(session, actor, contribution_row, formats.language)
    due = standing.due_of(contribution_row.step, view.meeting, formats)
    return house.pages.show(request, "web/contributions/take_back.html", about=view, due=due)


@router.post(
    "/contributions/{contribution}/take-back",
    name="take-contribution-back",
    dependencies=[Depends(Asks(rules.TAKE_BACK))],
)
def take_back(contribution: UUID, actor: SignedIn, session: Writing, version: Version) -> Response:
    """Recall a submitted contribution, which becomes a draft again."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    actions.take_back(session, actor, contribution_row, version=version)
    return RedirectResponse(f"/contributions/{contribution_row.id}?done=draft-again", 303)


def read_cover(
    session: ReadSession, meeting: Meeting, typed: Mapping[str, object], had: Collection[str] = ()
) -> Entry[Cover]:
    """Parse the cover. Its item must be on the released agenda, its topics choosable.

    `current_topics` are those that the contribution has already and may keep although they are retired.
    """
    entry = read(Cover, typed)
    item_id = entry.made.item if entry.made else None
    if item_id and item_id not in {item.item_id for item in agendas.released_items(session, meeting)}:
        return Entry(typed, None, {"item": GONE})
    try:
        subjects.chosen(session, entry.made.topics if entry.made else (), beside=had)
    except Unacceptable as refusal:
        return Entry(typed, None, {"topics": refusal.reason})
    return entry


def put(session: WriteSession, actor: Actor, found: Contribution, language: str, taken: Taken) -> None:
    """Save an accepted file as the text in one language."""
    actions.put_file(
        session, actor, found, file_of(language, taken.file), began_at=taken.began_at, received_at=taken.received_at
    )
    settle(session, actor, taken)
