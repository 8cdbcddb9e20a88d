"""Proposals inside documents: the list of a meeting, and the correction of the list of one edition."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import Reading, TheHouse, Writing
from app.asgi.paging import Page, PageNumber
from app.asgi.words import PROPOSALS
from app.core.errors import Unacceptable, Unknown
from app.core.i18n import Text, say
from app.core.inputs import OTHERWISE
from app.domain import member_states
from app.domain.documents import actions, queries, rules
from app.domain.documents.inputs import Numbered, Relisting
from app.domain.documents.models import Document, Edition
from app.domain.documents.proposals import called
from app.domain.finding import proposals
from app.domain.finding.inputs import WantedProposals, Within
from app.domain.meetings import queries as meetings
from app.web.document_forms import act_page, or_ask_again
from app.web.document_page import can_be_relisted
from app.web.editions import named_by
from app.web.entries import EachFieldOnce, Typed, Version, read
from app.web.meeting_pages import frame
from app.web.proposal_forms import FIELDS, ProposalFields
from app.web.titles import foreign, in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce(*FIELDS))])

PAGE = 100
KINDS: list[tuple[str, Text]] = [*PROPOSALS.items(), ("none", say("Without a mark"))]
Chosen = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Line:
    """A proposal in a list, with its document."""

    href: str
    symbol: str
    kind: str
    title: str
    lang: str | None
    concerns: str
    entity: Text
    document: str
    document_href: str
    document_title: str
    document_lang: str | None


@router.get("/meetings/{meeting}/proposals", name="meeting-proposals", dependencies=[Depends(Asks(rules.SEE))])
def of_meeting(
    meeting: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    number: PageNumber,
    source: Chosen = "",
    kind: Chosen = "",
) -> Response:
    """Show every proposal in the documents of a meeting, in the order of their numbers.

    Raises BadRequest for filters that no page offers.
    """
    meeting_row = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    scope = Within(meeting_row.body_id, str(meeting_row.number))
    form = read(WantedProposals, {"source": source, "kind": kind})
    if form.made is None:
        raise Unacceptable(OTHERWISE)
    statement = proposals.wanted_of(actor, scope, form.made)
    page = Page(number, PAGE, proposals.how_many(session, statement))
    rows = proposals.listed(session, statement, limit=page.size, offset=page.offset)
    codes = proposals.sources(session, actor, scope)
    states = member_states.order([code for code in codes if member_states.is_known(code)], language)
    return house.pages.show(
        request,
        "web/meetings/proposals.html",
        frame=frame(session, actor, meeting_row, "proposals", language),
        lines=[line(row, language) for row in rows],
        page=page,
        source=source,
        kind=kind,
        sources=[(code, EntityName(code)) for code in (*states, *sorted(set(codes) - set(states)))],
        kinds=KINDS,
        query="".join(f"{urlencode([pair])}&" for pair in (("source", source), ("kind", kind)) if pair[1]),
    )


def line(row: Row[*proposals.Listed], language: str) -> Line:
    """Build one line of a list of proposals."""
    proposal = Numbered.model_validate(row.value)
    title, lang = in_language(row.titles, language, row.original)
    path_suffix = f"/add-{proposal.part}" if proposal.part else ""
    return Line(
        href=f"/documents/{row.id}{path_suffix}#proposal-{proposal.number}",
        symbol=called(row.proposal, row.entity, row.number, proposal),
        kind=str(proposal.kind or ""),
        title=proposal.title,
        lang=foreign(row.original, language),
        concerns=proposal.concerns or "",
        entity=EntityName(row.entity),
        document=row.symbol,
        document_href=f"/documents/{row.id}{path_suffix}",
        document_title=title,
        document_lang=lang,
    )


RELIST = [Depends(Asks(rules.RELIST))]


@router.get("/documents/{document}/{edition:edition}/relist", name="relisting-document", dependencies=RELIST)
def relisting(
    document: UUID, edition: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form that corrects the proposals of an edition."""
    document_row = queries.one_visible(session, actor, document)
    rules.RELIST.require(actor, document_row)
    edition_row = _require_correctable(document_row, queries.one_edition(session, document_row, *named_by(edition)))
    return act_page(session, house, request, document_row, "relist", edition=edition_row)


@router.post("/documents/{document}/{edition:edition}/relist", name="relist-document", dependencies=RELIST)
def relist(
    document: UUID,
    edition: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    lines: ProposalFields,
    version: Version = 0,
    reason: Typed = "",
) -> Response:
    """Correct the list of proposals of an edition."""
    document_row = queries.one_visible(session, actor, document)
    rules.RELIST.require(actor, document_row)
    edition_row = _require_correctable(document_row, queries.one_edition(session, document_row, *named_by(edition)))
    entry = read(Relisting, {"proposals": lines, "reason": reason})
    if entry.made is None:
        return act_page(session, house, request, document_row, "relist", entry, edition=edition_row)
    correction = entry.made
    return or_ask_again(
        session,
        house,
        request,
        document_row,
        "relist",
        entry,
        "proposals",
        lambda: actions.relist(session, actor, document_row, edition_row, correction, version=version),
        edition=edition_row,
    )


def _require_correctable(document: Document, edition: Edition) -> Edition:
    """Return the edition if its list of proposals counts now. Raises NotFound."""
    if not can_be_relisted(document, edition):
        raise Unknown()
    return edition
