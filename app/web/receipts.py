"""Receipts of a contribution: the page, the file that can be checked without us, and the PDF."""

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
    """The last receipt: where one lands after submitting."""
    found = _found(session, actor, contribution)
    receipt = receipts.latest(session, found.id)
    if receipt is None:
        raise Unknown()
    return _page(session, actor, house, request, found, receipt)


# Before the page itself: its address would take theirs for the name of a receipt.
@router.get("/contributions/{contribution}/receipts/{receipt}.json", name="receipt-file")
def file(contribution: UUID, receipt: UUID, actor: SignedIn, session: Reading) -> Response:
    found = receipts.one_of(session, _found(session, actor, contribution).id, receipt)
    whole = as_file(found, ledger.place_of_receipt(session, found.digest))
    return _attached(whole, "application/json", f"{_name(found)}.json")


@router.get("/contributions/{contribution}/receipts/{receipt}.pdf", name="receipt-pdf")
def pdf(
    contribution: UUID, receipt: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = receipts.one_of(session, _found(session, actor, contribution).id, receipt)
    language = house.pages.language(request)
    html = house.pages.write(
        language,
        "web/receipts/sheet.html",
        shown=shown(found, house.keys, language),
        standing=_standing(session, house, found),
    )
    return attached_pdf(session, html, f"{_name(found)}-{language.upper()}.pdf")


@router.get("/contributions/{contribution}/receipts/{receipt}", name="receipt")
def show(
    contribution: UUID, receipt: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = _found(session, actor, contribution)
    return _page(session, actor, house, request, found, receipts.one_of(session, found.id, receipt))


def _found(session: ReadSession, actor: Actor, contribution: UUID) -> Contribution:
    """The contribution, once there are receipts of it. Raises Unknown, Conflict."""
    found = queries.one_with_receipts(session, actor, contribution)
    rules.SEE_RECEIPTS.require(actor, found)
    return found


def _page(
    session: ReadSession, actor: Actor, house: House, request: Request, found: Contribution, receipt: Receipt
) -> Response:
    language = house.pages.language(request)
    meeting = meetings.one_visible(session, actor, found.meeting_id)
    return house.pages.show(
        request,
        "web/receipts/show.html",
        shown=shown(receipt, house.keys, language),
        standing=_standing(session, house, receipt),
        file_name=f"{_name(receipt)}.json",
        contribution=found,
        steps=standing.steps(found, meeting.zone, Formats(language)),
        others=[(each, KINDS[each.kind]) for each in receipts.all_of(session, found.id) if each.id != receipt.id],
        has_pdf=is_available(),
    )


def _standing(session: ReadSession, house: House, receipt: Receipt) -> Standing:
    return standing_of(session, receipt.digest, is_witnessed=bool(house.settings.witness_names))


def _name(receipt: Receipt) -> str:
    return f"receipt-{str(receipt.id)[:8]}"


def _attached(content: bytes, media: str, name: str) -> Response:
    headers = {"Content-Disposition": disposition("attachment", name), "Content-Security-Policy": SANDBOX}
    return Response(content, media_type=media, headers=headers)
