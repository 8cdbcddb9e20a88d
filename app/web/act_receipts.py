"""Receipts of an output's adoption and release, and of a State's position; each is a JSON file."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import SANDBOX, disposition
from app.asgi.house import Reading
from app.core.db import ReadSession
from app.domain.ledger import queries as ledger
from app.domain.outputs import queries as outputs
from app.domain.outputs import rules as output_rules
from app.domain.receipts import queries as receipts
from app.domain.receipts.models import Receipt
from app.domain.receipts.statements import as_file
from app.domain.silence import attesting, rules
from app.domain.silence import queries as silence

router = APIRouter()


@router.get(
    "/outputs/{output}/receipts/{receipt}.json",
    name="output-receipt",
    dependencies=[Depends(Asks(output_rules.SEE))],
)
def of_output(output: UUID, receipt: UUID, actor: SignedIn, session: Reading) -> Response:
    """Download a receipt of an output."""
    output_row = outputs.one_visible(session, actor, output)
    return attached(session, receipts.one_of(session, output_row.id, receipt))


@router.get(
    "/silence/{procedure}/receipts/{receipt}.json",
    name="position-receipt",
    dependencies=[Depends(Asks(rules.SEE))],
)
def of_position(procedure: UUID, receipt: UUID, actor: SignedIn, session: Reading) -> Response:
    """Download a receipt of a position, given to the State that took it; only that State can read it."""
    procedure_row = silence.one_visible(session, actor, procedure)
    rules.SEE.require(actor, procedure_row)
    return attached(session, receipts.one_of(session, attesting.subject(procedure_row.id, actor.entity), receipt))


def attached(session: ReadSession, receipt: Receipt) -> Response:
    """Return the receipt as a JSON attachment, with its proof of inclusion in the ledger."""
    content = as_file(receipt, ledger.place_of_receipt(session, receipt.digest))
    name = f"receipt-{str(receipt.id)[:8]}.json"
    headers = {"Content-Disposition": disposition("attachment", name), "Content-Security-Policy": SANDBOX}
    return Response(content, media_type="application/json", headers=headers)
