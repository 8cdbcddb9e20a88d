"""Proposals inside documents: the list of a meeting, and the correction of the list of one edition."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Row

from app.core.errors import BadRequest, NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.validation import FALLBACK_MESSAGE
from app.domain import member_states
from app.domain.documents import rules
from app.domain.documents.actions import changes
from app.domain.documents.inputs import NumberedProposal, ProposalListInput
from app.domain.documents.models import Document, Edition
from app.domain.documents.queries import documents
from app.domain.documents.queries.proposals import format_proposal_symbol
from app.domain.meetings import queries as meetings
from app.domain.search.inputs import DocumentSearchScope, ProposalFilter
from app.domain.search.queries import proposals
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import PROPOSAL_MARK_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.parsing import RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.forms.proposal_fields import PROPOSAL_FIELD_NAMES, ProposalFields
from app.web.views.documents.action_links import has_proposals_in_force
from app.web.views.documents.actions import render_action_page, submit_action
from app.web.views.documents.editions import parse_edition_slug
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields(*PROPOSAL_FIELD_NAMES))])

PAGE_SIZE = 100
PROPOSAL_KIND_FILTERS: list[tuple[str, LazyText]] = [*PROPOSAL_MARK_LABELS.items(), ("none", _("No type"))]
ProposalFilterText = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class MeetingProposalLine:
    """A proposal in a list, with its document."""

    href: str
    symbol: str
    kind: str
    title: str
    lang: str | None
    concerns: str
    entity: LazyText
    document: str
    document_href: str
    document_title: str
    document_lang: str | None


@router.get("/meetings/{meeting}/proposals", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_meeting_proposals(
    context: ReadContext,
    meeting: UUID,
    page_number: PageNumber,
    source: ProposalFilterText = "",
    kind: ProposalFilterText = "",
) -> Response:
    """Show every proposal in the documents of a meeting, in the order of their numbers.

    Raises BadRequest for filters that no page offers.
    """
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    language = context.language
    scope = DocumentSearchScope(meeting_row.body_id, str(meeting_row.number))
    form = parse_form(ProposalFilter, {"source": source, "kind": kind})
    if form.value is None:
        raise BadRequest(FALLBACK_MESSAGE)
    statement = proposals.select_proposals(context.actor, scope, form.value)
    page = ListPage(page_number, PAGE_SIZE, proposals.count_proposals(context.session, statement))
    rows = proposals.list_proposals(context.session, statement, limit=page.size, offset=page.offset)
    codes = proposals.list_proposal_sources(context.session, context.actor, scope)
    states = member_states.order_by_name([code for code in codes if member_states.is_known_state(code)], language)
    return context.render(
        "web/meetings/proposals.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "proposals", language),
        lines=[build_proposal_line(row, language) for row in rows],
        page=page,
        source=source,
        kind=kind,
        sources=[(code, EntityName(code)) for code in (*states, *sorted(set(codes) - set(states)))],
        kinds=PROPOSAL_KIND_FILTERS,
        query="".join(f"{urlencode([pair])}&" for pair in (("source", source), ("kind", kind)) if pair[1]),
    )


def build_proposal_line(row: Row[*proposals.ProposalRow], language: str) -> MeetingProposalLine:
    """Build one line of a list of proposals."""
    proposal = NumberedProposal.model_validate(row.value)
    title, lang = localize_title(row.titles, language, row.original)
    path_suffix = f"/add-{proposal.part}" if proposal.part else ""
    return MeetingProposalLine(
        href=f"/documents/{row.id}{path_suffix}#proposal-{proposal.number}",
        symbol=format_proposal_symbol(row.proposal, row.entity, row.number, proposal),
        kind=str(proposal.kind or ""),
        title=proposal.title,
        lang=get_original_language_if_foreign(row.original, language),
        concerns=proposal.concerns or "",
        entity=name_source(row.entity, row.at_request),
        document=row.symbol,
        document_href=f"/documents/{row.id}{path_suffix}",
        document_title=title,
        document_lang=lang,
    )


RELIST_GUARD = [Depends(SignedInGuard(rules.CORRECT_PROPOSALS))]


@router.get("/documents/{document}/{edition:edition}/relist", dependencies=RELIST_GUARD)
def show_proposal_correction_form(context: ReadContext, document: UUID, edition: str) -> Response:
    """Show the form that corrects the proposals of an edition."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.CORRECT_PROPOSALS.require(context.actor, document_row)
    edition_row = _require_correctable(
        document_row, documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    )
    return render_action_page(context, document_row, "relist", edition=edition_row)


@router.post("/documents/{document}/{edition:edition}/relist", dependencies=RELIST_GUARD)
def correct_proposals(
    context: WriteContext,
    document: UUID,
    edition: str,
    lines: ProposalFields,
    version: VersionField = 0,
    reason: TextField = "",
) -> Response:
    """Correct the list of proposals of an edition."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.CORRECT_PROPOSALS.require(context.actor, document_row)
    edition_row = _require_correctable(
        document_row, documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    )
    return submit_action(
        context,
        document_row,
        "relist",
        ProposalListInput,
        {"proposals": lines, "reason": reason},
        action=lambda correction: changes.correct_proposal_list(
            context.session, context.actor, document_row, edition_row, correction, version=version
        ),
        refusal_at="proposals",
        edition=edition_row,
    )


def _require_correctable(document: Document, edition: Edition) -> Edition:
    """Return the edition if its list of proposals counts now. Raises NotFound."""
    if not has_proposals_in_force(document, edition):
        raise NotFound()
    return edition
