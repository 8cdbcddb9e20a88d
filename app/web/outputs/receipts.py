"""Receipts of an output's adoption and release, and of a State's position; each is a JSON file."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as output_rules
from app.domain.receipts import queries as receipts
from app.domain.silence import rules
from app.domain.silence.queries.procedures import get_visible_procedure
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.views.receipt_files import build_receipt_file_response

router = APIRouter()


@router.get(
    "/outputs/{output}/receipts/{receipt}.json",
    dependencies=[Depends(SignedInGuard(output_rules.SEE_OUTPUT))],
)
def download_output_receipt(context: ReadContext, output: UUID, receipt: UUID) -> Response:
    """Download a receipt of an output."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    return build_receipt_file_response(context, receipts.get_receipt(context.session, output_row.id, receipt))


@router.get(
    "/silence/{procedure}/receipts/{receipt}.json",
    dependencies=[Depends(SignedInGuard(rules.SEE_PROCEDURE))],
)
def download_position_receipt(context: ReadContext, procedure: UUID, receipt: UUID) -> Response:
    """Download a receipt of a position, given to the State that took it; only that State can read it."""
    procedure_row = get_visible_procedure(context.session, context.actor, procedure)
    rules.SEE_PROCEDURE.require(context.actor, procedure_row)
    return build_receipt_file_response(
        context,
        receipts.get_receipt(
            context.session, rules.compute_position_receipt_subject_id(procedure_row.id, context.actor.entity), receipt
        ),
    )
