"""Receipts of a contribution: the page, the JSON file that anybody can verify offline, and the PDF."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.confirmations import is_awaiting_state
from app.domain.contributions.queries.submissions import list_refused_files
from app.domain.contributions.rules import permissions as rules
from app.domain.meetings import queries as meetings
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.http.authentication import SignedInGuard
from app.http.exports.pdf_export import is_pdf_available, pdf_response
from app.http.labels import SERIES_LABELS
from app.http.page_context import COSTLY_TURN, ReadContext
from app.web.views.contributions import status
from app.web.views.contributions.receipt_proofs import ReceiptInclusion, build_receipt_inclusion
from app.web.views.contributions.receipts import RECEIPT_KIND_LABELS, build_receipt_view
from app.web.views.receipt_files import build_receipt_file_response, find_line_and_head, format_receipt_name

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.SEE_RECEIPTS))])


@router.get("/contributions/{contribution}/receipt")
def show_latest_receipt(context: ReadContext, contribution: UUID) -> Response:
    """Show the latest receipt; submitting redirects here. Raises NotFound if there is none."""
    contribution_row = _get_contribution(context.session, context.actor, contribution)
    receipt = receipts.find_latest_receipt(context.session, contribution_row.id)
    if receipt is None:
        raise NotFound()
    return _render_page(context, contribution_row, receipt)


# Before the page itself, whose path would match these too.
@router.get("/contributions/{contribution}/receipts/{receipt}.json")
def download_receipt_json(context: ReadContext, contribution: UUID, receipt: UUID) -> Response:
    """Send a receipt as a JSON file with its place in the ledger."""
    contribution_row = _get_contribution(context.session, context.actor, contribution)
    return build_receipt_file_response(context, receipts.get_receipt(context.session, contribution_row.id, receipt))


@router.get("/contributions/{contribution}/receipts/{receipt}.pdf", dependencies=[COSTLY_TURN])
def download_receipt_pdf(context: ReadContext, contribution: UUID, receipt: UUID) -> Response:
    """Send a receipt as a PDF."""
    receipt_row = receipts.get_receipt(
        context.session, _get_contribution(context.session, context.actor, contribution).id, receipt
    )
    language = context.language
    html = context.portal.templates.render_printable_html(
        language,
        "web/receipts/sheet.html",
        shown=build_receipt_view(receipt_row, context.portal.public_keys, language),
        standing=_find_inclusion(context, receipt_row),
    )
    return pdf_response(context.session, html, f"{format_receipt_name(receipt_row)}-{language.upper()}.pdf")


@router.get("/contributions/{contribution}/receipts/{receipt}")
def show_receipt(context: ReadContext, contribution: UUID, receipt: UUID) -> Response:
    """Show a receipt."""
    contribution_row = _get_contribution(context.session, context.actor, contribution)
    return _render_page(context, contribution_row, receipts.get_receipt(context.session, contribution_row.id, receipt))


def _get_contribution(session: ReadSession, actor: Actor, contribution: UUID) -> Contribution:
    """Load a contribution that has receipts. Raises NotFound, Conflict, Forbidden."""
    contribution_row = contributions.get_contribution_if_receipts_visible(session, actor, contribution)
    rules.SEE_RECEIPTS.require(actor, contribution_row)
    return contribution_row


def _render_page(context: ReadContext, contribution: Contribution, receipt: Receipt) -> Response:
    """Render the page of a receipt."""
    meeting = meetings.get_visible_meeting(context.session, context.actor, contribution.meeting_id)
    shown = build_receipt_view(receipt, context.portal.public_keys, context.language)
    named = {file.sha256 for file in shown.files}
    refused = [each for each in list_refused_files(context.session, contribution) if each.sha256 in named]
    return context.render(
        "web/receipts/show.html",
        shown=shown,
        refused_at=max((each.refused_at for each in refused), default=None),
        standing=_find_inclusion(context, receipt),
        file_name=f"{format_receipt_name(receipt)}.json",
        contribution=contribution,
        document_kind=SERIES_LABELS[contribution.series],
        steps=status.list_progress_steps(
            contribution,
            meeting.zone,
            context.localizer,
            awaits_state=is_awaiting_state(context.session, contribution),
        ),
        others=[
            (other, RECEIPT_KIND_LABELS[other.kind])
            for other in receipts.list_receipts(context.session, contribution.id)
            if other.id != receipt.id
        ],
        has_pdf=is_pdf_available(),
    )


def _find_inclusion(context: ReadContext, receipt: Receipt) -> ReceiptInclusion:
    """Find the place of the receipt in the ledger; right after the act, once a head covers it."""
    line, head = find_line_and_head(context, receipt)
    return build_receipt_inclusion(line, head, is_witnessed=bool(context.portal.settings.witness_names))
