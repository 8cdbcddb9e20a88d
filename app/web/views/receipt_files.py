"""Receipts with their proof that the ledger holds them: what is asked for right after an act waits for it.

The worker signs a head within half a second after an act with a receipt (`app.worker.ledger_heads`). A head that only
shows that something happened is not given to outsiders (docs/ledger.md); here it goes to those who may see the receipt.
"""

import time
from datetime import timedelta
from typing import Final

from fastapi import Response

from app.core import clock
from app.core.db import ReadSession, release_connection
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import ledger
from app.domain.ledger.queries.ledger import JournalRow
from app.domain.receipts.models import Receipt
from app.domain.receipts.rules import render_receipt_file
from app.domain.releases.queries.heartbeat import find_last_heartbeat
from app.http.downloads import attachment_response
from app.http.page_context import ReadContext

HEAD_WAIT_SECONDS = 2.0
POLL_SECONDS: Final = 0.1
MAX_LINE_AGE: Final = timedelta(seconds=10)
"""A line that is older waits for a reason that two more seconds do not remove."""
MAX_HEARTBEAT_AGE: Final = timedelta(seconds=5)
"""The worker gives a sign of life each second."""


def find_line_and_head(context: ReadContext, receipt: Receipt) -> tuple[JournalRow | None, LedgerHead | None]:
    """Find the line of a receipt and the head that covers it; None for each that is not there.

    Waits up to two seconds for the head: if the act was just now, if a worker runs, and if not too many wait already.
    No database connection is held meanwhile.
    """
    session, until = context.session, time.monotonic() + HEAD_WAIT_SECONDS
    line = ledger.find_journal_line_of_receipt(session, receipt.digest)
    if line is None:
        return None, None
    head = ledger.find_covering_head(session, line["seq"])
    is_new = clock.now() - line["at"] <= MAX_LINE_AGE
    if head or not is_new or not _is_worker_alive(session) or not context.portal.proof_waits.acquire(blocking=False):
        return line, head
    try:
        while head is None and time.monotonic() < until:
            release_connection(session)
            time.sleep(POLL_SECONDS)
            head = ledger.find_covering_head(session, line["seq"])
    finally:
        context.portal.proof_waits.release()
    return line, head


def _is_worker_alive(session: ReadSession) -> bool:
    alive_at = find_last_heartbeat(session)
    return alive_at is not None and clock.now() - alive_at <= MAX_HEARTBEAT_AGE


def build_receipt_file_response(context: ReadContext, receipt: Receipt) -> Response:
    """Build the response with a receipt as a JSON file, with its proof.

    While there is none: 202 with Retry-After, and the file under another name, which says where it will have the proof.
    """
    line, head = find_line_and_head(context, receipt)
    name, proof = (
        format_receipt_name(receipt),
        ledger.find_inclusion_proof(context.session, line, head) if line else None,
    )
    if proof is not None:
        return attachment_response(render_receipt_file(receipt, proof), "application/json", f"{name}.json")
    address = f"{context.portal.settings.portal_url}{context.request.url.path}"
    content = render_receipt_file(receipt, proof_address=address)
    response = attachment_response(content, "application/json", f"{name}-without-proof.json")
    response.status_code = 202
    response.headers["Retry-After"] = "2"
    return response


def format_receipt_name(receipt: Receipt) -> str:
    """Format the name of the files of a receipt, without extension."""
    return f"receipt-{str(receipt.id)[:8]}"
