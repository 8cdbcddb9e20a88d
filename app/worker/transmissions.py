"""Job of the deliveries by machine: send the due ones each minute, through the courier, until each is acknowledged.

No database connection is held while the courier carries a request. A worker that dies at any point has either signed
nothing, or left a signed letter that is sent again with the same identifier.
"""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final
from uuid import UUID

import structlog

from app.core.db import WriteSession, transaction
from app.core.exchange.courier_client import CarryingFailed, carry_request
from app.core.exchange.signed_statements import MalformedStatement, SignedStatement, parse_signed_statement
from app.core.inspection.display_names import name_pdf
from app.core.inspection.findings import PDF
from app.core.storage import Store
from app.domain.deliveries.models import Delivery
from app.domain.deliveries.queries import list_delivered_texts
from app.domain.outputs.models import Output
from app.domain.releases.actions.copy import build_released_file
from app.domain.transmissions import queries
from app.domain.transmissions.actions import departures, withdrawals
from app.domain.transmissions.actions.attempts import PreparedRequest
from app.domain.transmissions.inputs import ACKNOWLEDGMENT_FORMAT, TransmittedFile
from app.domain.transmissions.rules import TransmissionProblem, classify_status
from app.settings import Settings
from app.worker.release import WorkerContext
from app.worker.tasks import EVERY_MINUTE, PeriodicTask

log = structlog.get_logger(__name__)
ROUND_SECONDS: Final = 40.0
"""Seconds after which no other letter is begun in a round."""
MAX_FILE_BYTES: Final = 22_000_000
"""Bytes of the files of one letter together: in base64 a third more, which inboxes take."""


def send_due_transmissions(context: WorkerContext, settings: Settings) -> int:
    """Send the due deliveries by machine, withdrawals first; returns the number of those that were acknowledged."""
    if not settings.courier:
        return 0
    with transaction(context.write_sessions) as session:
        due = queries.list_due_departures(session)
        withdrawn = queries.list_due_withdrawals(session)
    acknowledged, end = 0, monotonic() + ROUND_SECONDS
    for send, delivery_ids in ((send_withdrawal, withdrawn), (send_transmission, due)):
        for delivery_id in delivery_ids:
            if monotonic() > end:
                break
            acknowledged += send(context, settings, delivery_id)
    return acknowledged


def send_transmission(context: WorkerContext, settings: Settings, delivery_id: UUID) -> bool:
    """Send one delivery by machine, if it is due; returns whether it was acknowledged now."""
    request = _begin_attempt(context, delivery_id) if settings.courier else None
    if request is None:
        return False
    found, problem = _carry(settings, request)
    with transaction(context.write_sessions) as session:
        is_acknowledged = found is not None and departures.note_acknowledged(session, delivery_id, found)
        if not is_acknowledged:
            departures.note_problem(session, delivery_id, problem)
    problem_left = "" if is_acknowledged else problem
    log.info("delivery by machine", delivery=str(delivery_id), problem=problem_left, acknowledged=is_acknowledged)
    return is_acknowledged


def send_withdrawal(context: WorkerContext, settings: Settings, delivery_id: UUID) -> bool:
    """Inform an organization that a text was withdrawn, if that is due; returns whether it was acknowledged now."""
    if not settings.courier:
        return False
    with transaction(context.write_sessions) as session:
        request = withdrawals.begin_withdrawal_attempt(session, delivery_id)
    if request is None:
        return False
    found, problem = _carry(settings, request)
    with transaction(context.write_sessions) as session:
        is_acknowledged = found is not None and withdrawals.note_withdrawal_acknowledged(session, delivery_id, found)
        if not is_acknowledged:
            withdrawals.note_withdrawal_problem(session, delivery_id, problem)
    problem_left = "" if is_acknowledged else problem
    log.info("withdrawal by machine", delivery=str(delivery_id), problem=problem_left)
    return is_acknowledged


def _carry(settings: Settings, request: PreparedRequest) -> tuple[SignedStatement | None, TransmissionProblem]:
    """Let the courier carry a request; returns the acknowledgment if there is one, and what is wrong if it is none of
    what was sent."""
    try:
        answer = carry_request(settings.courier, request.address, request.headers, request.body)
    except CarryingFailed as failure:
        return None, TransmissionProblem(failure.problem)
    found = _parse_acknowledgment(answer.body) if answer.status in (200, 202) else None
    return found, TransmissionProblem.NO_ACKNOWLEDGMENT if found else classify_status(answer.status)


def _begin_attempt(context: WorkerContext, delivery_id: UUID) -> PreparedRequest | None:
    """Begin an attempt, in one transaction; None if there is nothing to send."""
    with transaction(context.write_sessions) as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or not queries.is_departing(session, delivery):
            return None
        files, contents = _read_files(session, context.store, delivery)
        return departures.begin_attempt(session, delivery_id, files, contents)


def _read_files(
    session: WriteSession, store: Store, delivery: Delivery
) -> tuple[Sequence[TransmittedFile], Mapping[str, bytes] | None]:
    """Read the texts of a delivery, as PDF where there is one; no contents if they do not fit into one letter."""
    output = session.get_one(Output, delivery.output_id)
    files = []
    for text in list_delivered_texts(session, output):
        released = build_released_file(output, text)
        name, media = (name_pdf(released.name), PDF) if text.pdf else (released.name, text.media)
        sha256, size = (text.pdf, text.pdf_size or 0) if text.pdf else (text.sha256, text.size)
        files.append(TransmittedFile(language=text.language, media=media, name=name, size=size, sha256=sha256))
    if sum(file.size for file in files) > MAX_FILE_BYTES:
        return files, None
    return files, {file.sha256: b"".join(store.iter_chunks(file.sha256)) for file in files}


def _parse_acknowledgment(body: bytes) -> SignedStatement | None:
    """Parse the answer of an inbox; None if it is no acknowledgment."""
    try:
        return parse_signed_statement(body, (ACKNOWLEDGMENT_FORMAT,))
    except MalformedStatement:
        return None


TASKS_WITH_SETTINGS = (
    PeriodicTask("transmit-all", send_due_transmissions, EVERY_MINUTE, "transmit", is_exclusive=True),
)
