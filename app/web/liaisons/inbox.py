"""The inbox: where programs of organizations send liaison statements, and withdraw them (docs/liaisons.md).

A body is read only from who proves in its header fields to have the key of an organization, and only a few at a time.
Files are in the letter; nothing is ever fetched.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from app.core.db import WriteSession, transaction
from app.core.errors import PayloadTooLarge
from app.core.exchange.signed_statements import (
    MalformedStatement,
    SignedStatement,
    build_request_message,
    decode_base64,
    parse_signed_statement,
)
from app.core.files.ingest import FileRefused, IngestedFile, ingest_file
from app.core.signing import PublicKey
from app.domain.files.actions import save_scan_verdict
from app.domain.organization_inboxes.queries import find_inbox_by_key
from app.domain.transmissions import queries
from app.domain.transmissions.actions import arrivals
from app.domain.transmissions.inputs import LIAISON_FORMAT, WITHDRAWAL_FORMAT, TransmittedLiaison
from app.domain.transmissions.models import IncomingTransmission, ReceivedStatement
from app.domain.transmissions.rules import (
    RefusalCode,
    TransmissionRefused,
    build_acknowledgment_envelope,
    describe_malformed,
    extract_files,
    parse_transmitted_liaison,
    parse_transmitted_withdrawal,
)
from app.http.portal_state import Portal, PortalState
from app.http.route_guards import AllowAnyone
from app.web.forms.parsing import convert_to_language_file

router = APIRouter()

MAX_TRANSMISSION_BYTES: Final = 32 * 1024 * 1024
"""Bytes of one letter with its files, which are a quarter less: they are in base64."""
BODY_SECONDS: Final = 300
"""Seconds in which a body has to arrive."""
STATUS_BY_REFUSAL = MappingProxyType(
    {
        RefusalCode.MALFORMED: 400,
        RefusalCode.UNKNOWN_KEY: 403,
        RefusalCode.NO_SUCH_GROUP: 404,
        RefusalCode.NO_SUCH_LETTER: 404,
        RefusalCode.OTHER_BYTES: 409,
        RefusalCode.TOO_LARGE: 413,
        RefusalCode.FILE_REFUSED: 422,
        RefusalCode.TOO_MANY: 429,
    }
)
NO_STORE = {"Cache-Control": "no-store"}


@router.post("/inbox/liaisons", dependencies=[Depends(AllowAnyone())], max_body_size=MAX_TRANSMISSION_BYTES)
async def receive_liaison(request: Request, portal: Portal) -> Response:
    """Take in a liaison statement that the program of an organization sends, or the withdrawal of one, and answer with
    a signed acknowledgment.

    202 when it is new, 200 with the same acknowledgment when the same statement comes again. Every refusal says why, as
    JSON in English; but 413 for a body that is larger than the route takes.
    """
    try:
        body = await _read_authenticated_body(request, portal)
        async with portal.limiter.acquire_slot(is_writer=True):
            transmission, is_new = await run_in_threadpool(_receive, portal, body)
    except TransmissionRefused as refusal:
        answer = {"error": refusal.code.value, "explanation": refusal.explanation}
        return JSONResponse(answer, STATUS_BY_REFUSAL[refusal.code], headers=NO_STORE)
    except ClientDisconnect:
        return Response(status_code=400)  # the client is gone
    content = build_acknowledgment_envelope(transmission)
    return Response(content, 202 if is_new else 200, media_type="application/json", headers=NO_STORE)


async def _read_authenticated_body(request: Request, portal: PortalState) -> bytes:
    """Read the body of a request whose header fields prove that its sender has the key of an organization. Raises
    TransmissionRefused before anything is read of any other."""
    digest, key = await _authenticate(request, portal)
    with _occupy_place(portal, key):
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = b"".join([piece async for piece in request.stream()])
        except TimeoutError as error:
            text = f"the body did not arrive within {BODY_SECONDS} seconds; try again"
            raise TransmissionRefused(RefusalCode.TOO_MANY, text) from error
    if hashlib.sha256(body).hexdigest() != digest:
        raise TransmissionRefused(RefusalCode.MALFORMED, "Content-Digest is not the digest of the body")
    return body


@contextmanager
def _occupy_place(portal: PortalState, key: PublicKey) -> Iterator[None]:
    """Occupy one of the few places of a body that arrives, of which one organization has one at most: who sends slowly
    keeps no other one waiting. Raises TransmissionRefused."""
    if key.text in portal.senders_under_way:
        text = "another liaison statement of your organization is arriving; send one after another"
        raise TransmissionRefused(RefusalCode.TOO_MANY, text)
    if not portal.transmissions_under_way.acquire(blocking=False):
        raise TransmissionRefused(RefusalCode.TOO_MANY, "other liaison statements are arriving; try again in a minute")
    portal.senders_under_way.add(key.text)
    try:
        yield
    finally:
        portal.senders_under_way.discard(key.text)
        portal.transmissions_under_way.release()


async def _authenticate(request: Request, portal: PortalState) -> tuple[str, PublicKey]:
    """Return the announced SHA-256 of the body, and the key. Raises TransmissionRefused unless the digest is signed
    with the key in force of an organization."""
    field = request.headers.get("Content-Digest", "")
    digest = decode_base64(field.removeprefix("sha-256=:").removesuffix(":"))
    signature = decode_base64(request.headers.get("Liaison-Signature"))
    try:
        key = PublicKey.parse(request.headers.get("Liaison-Key", ""))
    except ValueError:
        key = None
    refusal = TransmissionRefused(RefusalCode.UNKNOWN_KEY, "the header fields are not signed with a key in force here")
    if (
        digest is None
        or signature is None
        or key is None
        or not key.verify(signature, build_request_message(digest.hex()))
    ):
        raise refusal
    async with portal.limiter.acquire_slot(is_writer=False):
        if not await run_in_threadpool(_is_in_force, portal, key):
            raise refusal
    return digest.hex(), key


def _is_in_force(portal: PortalState, key: PublicKey) -> bool:
    with transaction(portal.read_sessions) as session:
        return find_inbox_by_key(session, key.text) is not None


def _receive(portal: PortalState, body: bytes) -> tuple[ReceivedStatement, bool]:
    """Take in what an organization sent; returns it, and whether it is new. Raises TransmissionRefused."""
    try:
        signed = parse_signed_statement(body, (LIAISON_FORMAT, WITHDRAWAL_FORMAT))
    except MalformedStatement as error:
        raise describe_malformed(error) from error
    if signed.statement["format"] == LIAISON_FORMAT:
        return _receive_letter(portal, signed)
    withdrawal = parse_transmitted_withdrawal(signed)
    with transaction(portal.write_sessions) as session:
        return arrivals.receive_withdrawal(session, signed, withdrawal)


def _receive_letter(portal: PortalState, signed: SignedStatement) -> tuple[IncomingTransmission, bool]:
    """Take in a letter. No database connection is held while its files are inspected. Raises TransmissionRefused."""
    liaison = parse_transmitted_liaison(signed)
    with transaction(portal.read_sessions) as session:
        if earlier := queries.find_acknowledged(session, signed, liaison):
            return earlier, False
        largest = min(queries.require_addressed_body(session, liaison)[0].largest_file, portal.settings.largest_file)
    stored = _store_files(portal, signed, liaison, largest)
    with transaction(portal.write_sessions) as session:
        files = [convert_to_language_file(language, file) for language, file in stored]
        transmission, is_new = arrivals.receive_transmission(session, signed, liaison, files)
        if is_new:
            _save_scans(session, [file for _language, file in stored])
    return transmission, is_new


def _store_files(
    portal: PortalState, signed: SignedStatement, liaison: TransmittedLiaison, largest: int
) -> Sequence[tuple[str, IngestedFile]]:
    """Inspect and store the files, each with its language. Raises TransmissionRefused for the first that is refused."""
    contents, stored = extract_files(signed, liaison), []
    for file in liaison.files:
        content = contents[file.sha256]
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise TransmissionRefused(RefusalCode.MALFORMED, f"files: {file.sha256} has other bytes")
        try:
            ingested = ingest_file(
                portal.store,
                BytesIO(content),
                file.name,
                largest,
                scanner=portal.scanner,
                party=liaison.sender.organization,
            )
        except FileRefused as refusal:
            text = "; ".join(str(each.what) for each in refusal.findings) or str(refusal.reason)
            raise TransmissionRefused(RefusalCode.FILE_REFUSED, f"{file.language}: {text}") from refusal
        except PayloadTooLarge as refusal:
            raise TransmissionRefused(RefusalCode.TOO_LARGE, f"{file.language}: {refusal.reason}") from refusal
        stored.append((file.language, ingested))
    return stored


def _save_scans(session: WriteSession, files: Sequence[IngestedFile]) -> None:
    for file in files:
        if file.scan_verdict:
            save_scan_verdict(session, file.sha256, file.scan_verdict)
