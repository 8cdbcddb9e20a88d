"""Incoming liaisons: the page of one as a thread with what its reader may do; and the table of reports."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.permissions import Actor, Permission
from app.domain.bodies.models import Body
from app.domain.deliveries.queries import index_deliveries_to_party
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.files import queries as file_queries
from app.domain.identity.models.tables import Person
from app.domain.liaisons import queries, rules
from app.domain.liaisons.models import Liaison
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.reporting_duties import rules as reporting
from app.domain.reporting_duties.inputs import ReportFilter
from app.domain.transmissions.queries import (
    find_transmission_of_liaison,
    find_withdrawal_of_liaison,
    get_transmission_of_liaison,
)
from app.domain.transmissions.rules import build_acknowledgment_envelope, build_letter_envelope
from app.http.authentication import SignedInGuard
from app.http.downloads import UNPUBLISHED_CACHE, attachment_response, download_response
from app.http.exports.csv_export import csv_response
from app.http.labels import DELIVERY_STATE_LABELS, REQUESTED_ACT_LABELS
from app.http.page_context import ReadContext
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import LANGUAGE_CHOICES
from app.web.views.bodies.bodies import list_group_choices
from app.web.views.documents.titles import localize_title
from app.web.views.documents.topics import filter_topics_by_codes, load_topic_names
from app.web.views.liaisons.lines import (
    find_liaison_tag,
    name_sender,
)
from app.web.views.liaisons.replies import ReplyForms, find_reply_forms
from app.web.views.liaisons.reports import build_report_table, list_report_csv_rows
from app.web.views.mandates.citing import name_citations

router = APIRouter()
REPORTS_PATH = "/liaisons/reports"
ReportFilters = Annotated[ReportFilter, Depends(FilterParameters(ReportFilter))]


# Before the page of a liaison, whose address has its id at this place.
@router.get("/liaisons/reports", dependencies=[Depends(SignedInGuard(reporting.SEE))])
def show_report_table(context: ReadContext, filters: ReportFilters) -> Response:
    """Show the reports of organizations by the year in which they are due. Raises NotFound without a seat."""
    session, actor = context.session, context.actor
    if not actor.bodies_with_role():
        raise NotFound()
    bodies = session.scalars(select(Body).where(Body.id.in_(actor.bodies_with_role())).order_by(Body.prefix)).all()
    return context.render(
        "web/liaisons/reports.html",
        listing=FilteredList(REPORTS_PATH, filters),
        table=build_report_table(session, actor, filters, clock.now().date(), context.localizer),
        groups=list_group_choices(bodies),
        adds_for=[body for body in bodies if reporting.ADD.allows(actor, reporting.DutyRuleSubject(body.id))],
    )


@router.get("/liaisons/reports.csv", dependencies=[Depends(SignedInGuard(reporting.SEE))])
def download_report_table(context: ReadContext, filters: ReportFilters) -> Response:
    """Download the reports of organizations as CSV. Raises NotFound without a seat."""
    if not context.actor.bodies_with_role():
        raise NotFound()
    today = clock.now().date()
    rows = list_report_csv_rows(context.session, context.actor, filters, today, context.localizer)
    return csv_response(list(rows), "reports-of-organizations.csv")


@router.get("/liaisons/{liaison}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_liaison(context: ReadContext, liaison: UUID, language: str = "") -> Response:
    """Show a liaison: what it asks, its files, its document, who prepares the reply and the reply; before it is a
    document, its text too, in this language if it is there. Raises NotFound."""
    row = queries.get_visible_liaison(context.session, context.actor, liaison)
    return context.render("web/liaisons/show.html", **build_liaison_values(context, row, language))


def build_liaison_values(context: ReadContext, liaison: Liaison, language: str = "") -> dict[str, Any]:
    """Build what the page of a liaison shows; before it is a document, its text in this language if it is there."""
    session, actor = context.session, context.actor
    topics = load_topic_names(session, context.language) if liaison.topics else {}
    moves = _list_moves(session, actor, liaison)
    drafts = queries.list_possible_replies(session, actor, liaison) if "hold" in moves else ()
    replies = _list_reply_lines(session, actor, liaison, context.language)
    files = queries.list_liaison_files(session, liaison)
    digests = {file.language: file.sha256 for file in files} if liaison.document_id is None else {}
    return {
        "liaison": liaison,
        "group": session.get_one(Body, liaison.body_id),
        "sender": name_sender(session, liaison),
        "wants": REQUESTED_ACT_LABELS[liaison.wants],
        "tag_of": find_liaison_tag(liaison, clock.now().date()),
        "citations": name_citations(session, liaison.mandates, liaison.action_lines, context.language),
        "topics": filter_topics_by_codes(topics, liaison.topics),
        "files": files,
        "text": file_queries.load_shown_text(session, digests, (language, context.language, liaison.original)),
        "transmission": find_transmission_of_liaison(session, liaison) if liaison.organization else None,
        "document": _find_document(session, actor, liaison),
        "answered": _find_output(session, actor, liaison.answers),
        "replies": replies,
        "reply_forms": ReplyForms() if replies else find_reply_forms(session, actor, liaison),
        "drafts": [(str(output.id), _name_output(output, context.language)) for output in drafts],
        "holder": session.get_one(Person, liaison.holder_id) if liaison.holder_id else None,
        "moves": moves,
        "may_take_in": rules.TAKE_IN.allows(actor, rules.LiaisonRuleSubject(liaison.body_id)),
        "languages_of_files": LANGUAGE_CHOICES,
        "errors": {},
        "refused": None,
        "typed_language": "",
    }


def _list_reply_lines(
    session: ReadSession, actor: Actor, liaison: Liaison, language: str
) -> list[tuple[Output, str, tuple[str, LazyText] | None]]:
    """List the visible replies to a liaison: each with its symbol or title, and what became of its delivery to the
    sender, once it is released."""
    replies = queries.list_replies(session, actor, liaison)
    released = [output.id for output in replies if output.released_at]
    deliveries = index_deliveries_to_party(session, released, liaison.organization, liaison.sender_body_id)
    tags = {key: DELIVERY_STATE_LABELS[each.state] for key, each in deliveries.items()}
    return [(output, _name_output(output, language), tags.get(output.id)) for output in replies]


def _find_document(session: ReadSession, actor: Actor, liaison: Liaison) -> Document | None:
    """Find the document that a liaison became, if the actor may see it."""
    return session.scalar(list_visible_documents(actor).where(Document.id == liaison.document_id))


def _find_output(session: ReadSession, actor: Actor, output_id: UUID | None) -> Output | None:
    """Find an output that the actor may see."""
    return session.scalar(list_visible_outputs(actor).where(Output.id == output_id)) if output_id else None


def _name_output(output: Output, language: str) -> str:
    """Return the symbol of an output, or the title of a draft."""
    return output.symbol or localize_title(output.titles, language, output.original)[0]


def _list_moves(session: ReadSession, actor: Actor, liaison: Liaison) -> dict[str, LazyText]:
    """Return what this actor may do with a liaison now, with labels."""
    subject = queries.get_liaison_rule_subject(session, liaison)
    permissions: dict[str, Permission[rules.LiaisonRuleSubject]] = {
        "register": rules.REGISTER,
        "return": rules.RETURN,
        "hold": rules.HOLD,
        "close": rules.CLOSE,
    }
    return {name: each.label for name, each in permissions.items() if each.allows(actor, subject)}


@router.get("/liaisons/{liaison}/transmission.json", dependencies=[Depends(SignedInGuard(rules.SEE))])
def download_transmission(context: ReadContext, liaison: UUID) -> Response:
    """Download what the organization signed, and the acknowledgment that it got; the same of a withdrawal. Raises
    NotFound if the liaison did not arrive by machine."""
    row = queries.get_visible_liaison(context.session, context.actor, liaison)
    transmission = get_transmission_of_liaison(context.session, row)
    both = {
        "letter": json.loads(build_letter_envelope(transmission)),
        "acknowledgment": json.loads(build_acknowledgment_envelope(transmission)),
    }
    if withdrawal := find_withdrawal_of_liaison(context.session, row.id):
        both["withdrawal"] = json.loads(build_letter_envelope(withdrawal))
        both["withdrawal_acknowledgment"] = json.loads(build_acknowledgment_envelope(withdrawal))
    content = json.dumps(both, ensure_ascii=False, indent=2).encode()
    return attachment_response(content, "application/json", f"{transmission.id}.json")


@router.get("/liaisons/{liaison}/files/{language}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def download_liaison_file(context: ReadContext, liaison: UUID, language: str) -> Response:
    """Download the text of a liaison in one language, as it arrived."""
    row = queries.get_visible_liaison(context.session, context.actor, liaison)
    file = queries.get_liaison_file(context.session, row, language)
    file_queries.require_clean_scans(context.session, [file.sha256])
    return download_response(
        context.request,
        context.portal.store,
        sha256=file.sha256,
        media_type=file.media,
        name=file.name,
        cache_control=UNPUBLISHED_CACHE,
    )
