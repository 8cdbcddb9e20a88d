"""Receipts of a contribution: the page, the JSON file that anybody can verify offline, and the PDF."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.contributions import rules
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.ledger.queries import ledger
from app.domain.meetings import queries as meetings
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.receipts.rules import render_receipt_file
from app.http.authentication import SignedInActor, SignedInFor
from app.http.downloads import SANDBOX_POLICY, content_disposition
from app.http.localization import Localizer
from app.http.pdf_export import is_pdf_available, pdf_response
from app.http.portal_state import Portal, PortalState, RequestReadSession
from app.web.views.contributions import status
from app.web.views.contributions.receipt_proofs import ReceiptInclusion
from app.web.views.contributions.receipt_proofs import find_receipt_inclusion as standing_of
from app.web.views.contributions.receipts import RECEIPT_KIND_LABELS, build_receipt_view

router = APIRouter(dependencies=[Depends(SignedInFor(rules.SEE_RECEIPTS))])


@router.get("/contributions/{contribution}/receipt", name="latest-receipt")
def show_latest_receipt(
    contribution: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the latest receipt; submitting redirects here. Raises NotFound if there is none."""
    contribution_row = _get_contribution(session, actor, contribution)
    receipt = receipts.find_latest_receipt(session, contribution_row.id)
    if receipt is None:
        raise NotFound()
    return _render_page(session, actor, house, request, contribution_row, receipt)


# Before the page itself, whose path would match these too.
@router.get("/contributions/{contribution}/receipts/{receipt}.json", name="receipt-file")
def download_receipt_json(
    contribution: UUID, receipt: UUID, actor: SignedInActor, session: RequestReadSession
) -> Response:
    """Send a receipt as a JSON file with its place in the ledger."""
    receipt_row = receipts.get_receipt(session, _get_contribution(session, actor, contribution).id, receipt)
    content = render_receipt_file(receipt_row, ledger.find_receipt_inclusion_proof(session, receipt_row.digest))
    return _attachment(content, "application/json", f"{_format_name(receipt_row)}.json")


@router.get("/contributions/{contribution}/receipts/{receipt}.pdf", name="receipt-pdf")
def download_receipt_pdf(
    contribution: UUID,
    receipt: UUID,
    actor: SignedInActor,
    session: RequestReadSession,
    house: Portal,
    request: Request,
) -> Response:
    """Send a receipt as a PDF."""
    receipt_row = receipts.get_receipt(session, _get_contribution(session, actor, contribution).id, receipt)
    language = house.templates.negotiate_language(request)
    html = house.templates.render_document(
        language,
        "web/receipts/sheet.html",
        shown=build_receipt_view(receipt_row, house.public_keys, language),
        standing=_find_inclusion(session, house, receipt_row),
    )
    return pdf_response(session, html, f"{_format_name(receipt_row)}-{language.upper()}.pdf")


@router.get("/contributions/{contribution}/receipts/{receipt}", name="receipt")
def show_receipt(
    contribution: UUID,
    receipt: UUID,
    actor: SignedInActor,
    session: RequestReadSession,
    house: Portal,
    request: Request,
) -> Response:
    """Show a receipt."""
    contribution_row = _get_contribution(session, actor, contribution)
    return _render_page(
        session, actor, house, request, contribution_row, receipts.get_receipt(session, contribution_row.id, receipt)
    )


def _get_contribution(session: ReadSession, actor: Actor, contribution: UUID) -> Contribution:
    """Load a contribution that has receipts. Raises NotFound, Conflict, Forbidden."""
    contribution_row = contributions.get_contribution_with_receipts(session, actor, contribution)
    rules.SEE_RECEIPTS.require(actor, contribution_row)
    return contribution_row


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    contribution: Contribution,
    receipt: Receipt,
) -> Response:
    """Render the page of a receipt."""
    language = house.templates.negotiate_language(request)
    meeting = meetings.get_visible_meeting(session, actor, contribution.meeting_id)
    return house.templates.render_response(
        request,
        "web/receipts/show.html",
        shown=build_receipt_view(receipt, house.public_keys, language),
        standing=_find_inclusion(session, house, receipt),
        file_name=f"{_format_name(receipt)}.json",
        contribution=contribution,
        steps=status.list_progress_steps(contribution, meeting.zone, Localizer(language)),
        others=[
            (other, RECEIPT_KIND_LABELS[other.kind])
            for other in receipts.list_receipts(session, contribution.id)
            if other.id != receipt.id
        ],
        has_pdf=is_pdf_available(),
    )


def _find_inclusion(session: ReadSession, house: PortalState, receipt: Receipt) -> ReceiptInclusion:
    """Find the place of the receipt in the ledger."""
    return standing_of(session, receipt.digest, is_witnessed=bool(house.settings.witness_names))


def _format_name(receipt: Receipt) -> str:
    """Return the name of the files of a receipt, without extension."""
    return f"receipt-{str(receipt.id)[:8]}"


def _attachment(content: bytes, media: str, name: str) -> Response:
    """Build a response that browsers save and never run."""
    headers = {
        "Content-Disposition": content_disposition("attachment", name),
        "Content-Security-Policy": SANDBOX_POLICY,
    }
    return Response(content, media_type=media, headers=headers)
