"""Receipts of a contribution: the page, the JSON file that anybody can verify offline, and the PDF."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import SANDBOX, disposition
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse
from app.asgi.printing import attached_pdf, is_available
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.contributions import queries, rules
from app.domain.contributions.models import Contribution
from app.domain.ledger import queries as ledger
from app.domain.meetings import queries as meetings
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.receipts.statements import as_file
from app.web import standing
from app.web.receipt_place import Standing
from app.web.receipt_place import standing as standing_of
from app.web.receipt_words import KINDS, shown

router = APIRouter(dependencies=[Depends(Asks(rules.SEE_RECEIPTS))])


@router.get("/contributions/{contribution}/receipt", name="latest-receipt")
def latest(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the latest receipt; submitting redirects here. Raises NotFound if there is none."""
    contribution_row = _get_contribution(session, actor, contribution)
    receipt = receipts.latest(session, contribution_row.id)
    if receipt is None:
        raise Unknown()
    return _render_page(session, actor, house, request, contribution_row, receipt)


# Before the page itself, whose path would match these too.
@router.get("/contributions/{contribution}/receipts/{receipt}.json", name="receipt-file")
def file(contribution: UUID, receipt: UUID, actor: SignedIn, session: Reading) -> Response:
    """Send a receipt as a JSON file with its place in the ledger."""
    receipt_row = receipts.one_of(session, _get_contribution(session, actor, contribution).id, receipt)
    content = as_file(receipt_row, ledger.place_of_receipt(session, receipt_row.digest))
    return _attachment(content, "application/json", f"{_format_name(receipt_row)}.json")


@router.get("/contributions/{contribution}/receipts/{receipt}.pdf", name="receipt-pdf")
def pdf(
    contribution: UUID, receipt: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Send a receipt as a PDF."""
    receipt_row = receipts.one_of(session, _get_contribution(session, actor, contribution).id, receipt)
    language = house.pages.language(request)
    html = house.pages.write(
        language,
        "web/receipts/sheet.html",
        shown=shown(receipt_row, house.keys, language),
        standing=_find_inclusion(session, house, receipt_row),
    )
    return attached_pdf(session, html, f"{_format_name(receipt_row)}-{language.upper()}.pdf")


@router.get("/contributions/{contribution}/receipts/{receipt}", name="receipt")
def show(
    contribution: UUID, receipt: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show a receipt."""
    contribution_row = _get_contribution(session, actor, contribution)
    return _render_page(
        session, actor, house, request, contribution_row, receipts.one_of(session, contribution_row.id, receipt)
    )


def _get_contribution(session: ReadSession, actor: Actor, contribution: UUID) -> Contribution:
    """Load a contribution that has receipts. Raises NotFound, Conflict, Forbidden."""
    contribution_row = queries.one_with_receipts(session, actor, contribution)
    rules.SEE_RECEIPTS.require(actor, contribution_row)
    return contribution_row


def _render_page(
    session: ReadSession, actor: Actor, house: House, request: Request, contribution: Contribution, receipt: Receipt
) -> Response:
    """Render the page of a receipt."""
    language = house.pages.language(request)
    meeting = meetings.one_visible(session, actor, contribution.meeting_id)
    return house.pages.show(
        request,
        "web/receipts/show.html",
        shown=shown(receipt, house.keys, language),
        standing=_find_inclusion(session, house, receipt),
        file_name=f"{_format_name(receipt)}.json",
        contribution=contribution,
        steps=standing.steps(contribution, meeting.zone, Formats(language)),
        others=[
            (other, KINDS[other.kind]) for other in receipts.all_of(session, contribution.id) if other.id != receipt.id
        ],
        has_pdf=is_available(),
    )


def _find_inclusion(session: ReadSession, house: House, receipt: Receipt) -> Standing:
    """Find the place of the receipt in the ledger."""
    return standing_of(session, receipt.digest, is_witnessed=bool(house.settings.witness_names))


def _format_name(receipt: Receipt) -> str:
    """Return the name of the files of a receipt, without extension."""
    return f"receipt-{str(receipt.id)[:8]}"


def _attachment(content: bytes, media: str, name: str) -> Response:
    """Build a response that browsers save and never run."""
    headers = {"Content-Disposition": disposition("attachment", name), "Content-Security-Policy": SANDBOX}
    return Response(content, media_type=media, headers=headers)
