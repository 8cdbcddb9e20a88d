"""Letters of organizations for tests: built and signed as docs/liaisons.md says, and sent as their programs would."""

import hashlib
from base64 import b64encode
from typing import Any
from uuid import UUID, uuid4

import httpx2

from app.core.canonical_json import to_canonical_json
from app.core.exchange.signed_statements import build_envelope, sign_request
from app.core.signing import Signer
from app.core.validation import ReasonInput
from app.domain.organization_inboxes import actions, queries
from app.domain.organization_inboxes.inputs import NewInbox
from app.domain.organizations.models import Organization
from tests.files import make_docx
from tests.world import World

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = make_docx("A statement of the task force.")
IETF, ISOC, STRANGER = (
    Signer.from_secret("https://example.org", b64encode(name.encode().ljust(32, b".")).decode())
    for name in ("key of the task force", "key of the society", "key of a stranger")
)


def enter_inbox(world: World, code: str, signer: Signer, address: str | None = None) -> UUID:
    """Enter the key of an organization and confirm it as another secretary."""
    with world.acting("ines") as (session, actor):
        new = NewInbox(public_key=signer.public_key.text, address=address)
        inbox = actions.propose_inbox(session, actor, session.get_one(Organization, code), new).id
    with world.acting("daniel") as (session, actor):
        actions.confirm_inbox(session, actor, queries.get_inbox(session, actor, inbox))
    return inbox


def revoke_inbox(world: World, inbox: UUID) -> None:
    with world.acting("ines") as (session, actor):
        row = queries.get_inbox(session, actor, inbox)
        actions.revoke_inbox(session, actor, row, ReasonInput(reason="It was stolen."))


def build_statement(content: bytes = TEXT, **more: Any) -> dict[str, Any]:
    """Build the statement of a letter from the IETF to CWG-Internet."""
    file = {"language": "en", "media": DOCX, "name": "LS-7.docx", "size": len(content)}
    return {
        "format": "cwg-liaison/1",
        "id": f"urn:uuid:{uuid4()}",
        "from": {"organization": "IETF", "group": "IAB", "contact": "iab@example.org"},
        "to": [{"organization": "ITU", "group": "CWG-Internet", "wants": "reply"}],
        "symbol": "LS-7",
        "subject": {"en": "Routing of the Internet"},
        "original": "en",
        "in_reply_to": None,
        "reply_by": "2099-01-01",
        "access": "membership",
        "sent_at": "2026-11-30T10:00:00Z",
        "files": [file | {"sha256": hashlib.sha256(content).hexdigest()}],
    } | more


def build_letter(statement: dict[str, Any], signer: Signer = IETF, *contents: bytes) -> bytes:
    """Sign a statement, and enclose its files."""
    files = {hashlib.sha256(content).hexdigest(): content for content in contents or (TEXT,)}
    canonical = to_canonical_json(statement)
    return build_envelope(canonical, signer.sign(canonical), signer.public_key, files)


def build_withdrawal(letter: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Build the statement by which the sender of a letter, of which this is the statement, withdraws it."""
    sha256 = hashlib.sha256(to_canonical_json(letter)).hexdigest()
    return {
        "format": "cwg-liaison-withdrawal/1",
        "id": f"urn:uuid:{uuid4()}",
        "from": letter["from"],
        "to": [{"organization": "ITU", "group": "CWG-Internet"}],
        "withdraws": {"id": letter["id"], "sha256": sha256},
        "withdrawn_at": "2026-11-30T11:00:00Z",
        "sent_at": "2026-11-30T11:00:01Z",
    } | more


def sign_alone(statement: dict[str, Any], signer: Signer = IETF) -> bytes:
    """Sign a statement that has no files."""
    canonical = to_canonical_json(statement)
    return build_envelope(canonical, signer.sign(canonical), signer.public_key)


def build_headers(body: bytes, signer: Signer = IETF) -> dict[str, str]:
    """Build the header fields of a request with this body."""
    return {"Content-Type": "application/json", **sign_request(signer, body)}


def send(client: httpx2.Client, body: bytes, signer: Signer = IETF, **headers: str) -> httpx2.Response:
    """Send a letter to the inbox of the portal."""
    fields = build_headers(body, signer) | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/inbox/liaisons", content=body, headers=fields)
