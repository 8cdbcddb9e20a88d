"""An organization of the demo that exchanges liaison statements by machine: its inbox, and the letters that it sends.

`python -m app.demo.organization PORT FOLDER PORTAL_URL`, started by `app.demo.run`; on loopback only. As
docs/liaisons.md describes, it acknowledges each letter that the portal signed, once, and answers those that ask for a
reply.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock, Thread
from time import sleep
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.cli.new_installation.certificates import CertificateAuthority
from app.core.canonical_json import to_canonical_json
from app.core.exchange.signed_statements import MalformedStatement, build_envelope, parse_signed_statement, sign_request
from app.core.signing import Signer
from app.demo.files import DemoText, render_docx
from app.demo.place import HOST

CODE, NAME, HOST_NAME = "ROUTING-FORUM", "Open Routing Forum", "localhost"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LETTER_FORMAT, ACKNOWLEDGMENT_FORMAT = "cwg-liaison/1", "cwg-liaison-acknowledgment/1"
WITHDRAWAL_FORMAT: Final = "cwg-liaison-withdrawal/1"
REPLY_SECONDS: Final = 20
"""Seconds after which a letter is answered."""
RETRY_SECONDS: Final = 2
AUTHORITY_FILE, KEY_FILE, SIGNING_KEY_FILE = "authority.pem", "server.pem", "signing.key"


def prepare_folder(folder: Path, signing_key: str) -> None:
    """Write what the organization has: the key with which it signs, and the certificate of its inbox; and the
    certificate of its authority, for the courier."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = CertificateAuthority("an organization of the demo", timedelta(days=30))
    key, certificate = authority.issue(HOST_NAME)
    (folder / AUTHORITY_FILE).write_text(authority.certificate, encoding="ascii")
    for name, text in ((KEY_FILE, key + certificate), (SIGNING_KEY_FILE, signing_key)):
        (folder / name).write_text(text, encoding="ascii")
        (folder / name).chmod(0o600)


def build_inbox_address(port: int) -> str:
    """Build the address of the inbox."""
    return f"https://{HOST_NAME}:{port}/liaisons"


class DemoOrganization:
    """What the organization does with a letter, and those that it sends. What it acknowledged is in its folder."""

    def __init__(self, signer: Signer, folder: Path, portal_url: str) -> None:
        self.signer, self.folder, self.portal_url = signer, folder, portal_url
        self._lock = Lock()

    def receive(self, body: bytes) -> tuple[int, bytes]:
        """Take in a letter of the portal, or a withdrawal, once; returns the status and the acknowledgment, or the
        reason."""
        try:
            signed = parse_signed_statement(body, (LETTER_FORMAT, WITHDRAWAL_FORMAT))
        except MalformedStatement as error:
            return 400, to_canonical_json({"error": "malformed", "explanation": str(error)})
        if not signed.is_signed_by_its_key or signed.key.text not in self._list_keys_of_portal():
            return 403, to_canonical_json({"error": "unknown-key", "explanation": "not a key of the portal"})
        kept = self.folder / f"{str(signed.statement['id']).removeprefix('urn:uuid:')}.json"
        with self._lock:
            if kept.exists():
                known = json.loads(kept.read_bytes())
                same = known["statement"]["sha256"] == signed.sha256
                return (200, kept.read_bytes()) if same else (409, to_canonical_json({"error": "other-bytes"}))
            answer = self._acknowledge(signed.statement, signed.sha256)
            kept.write_bytes(answer)
        if signed.statement["format"] == LETTER_FORMAT:
            Thread(target=self._answer_later, args=(dict(signed.statement),), daemon=True).start()
        return 202, answer

    def _acknowledge(self, statement: Any, digest: str) -> bytes:
        said = {
            "format": ACKNOWLEDGMENT_FORMAT,
            "id": statement["id"],
            "sha256": digest,
            "from": {"organization": CODE},
            "to": {"organization": "ITU"},
            "at": _now(),
        }
        canonical = to_canonical_json(said)
        return build_envelope(canonical, self.signer.sign(canonical), self.signer.public_key)

    def _list_keys_of_portal(self) -> list[str]:
        keys = httpx2.get(f"{self.portal_url}/keys.json", timeout=5, trust_env=False).json()["keys"]
        return [key["public"] for key in keys]

    def _answer_later(self, statement: dict[str, Any]) -> None:
        """Answer a letter that asks for a reply, after a while."""
        if all(each.get("wants") == "information" for each in statement["to"]):
            return
        sleep(REPLY_SECONDS)
        subject = f"Reply to {statement.get('symbol') or 'your liaison statement'}"
        text = "The Forum thanks the group, and agrees with the text. No further action is asked of it."
        self.send(str(statement["id"]), str(statement["from"]["group"]), subject, text, "information", statement["id"])

    def send(self, seed: str, group: str, subject: str, text: str, wants: str, in_reply_to: str | None) -> None:
        """Send a letter to a group until the portal acknowledges it. Its identifier follows from the seed: repeated, it
        is the same letter."""
        content = render_docx(DemoText("en", subject, [("Text", text)]))
        path = self.folder / f"{uuid5(NAMESPACE_URL, f'{CODE} {seed}')}.letter"
        if not path.exists():
            path.write_bytes(self._build_letter(seed, group, subject, content, wants, in_reply_to))
        body = path.read_bytes()
        headers = {**sign_request(self.signer, body), "Content-Type": "application/json"}
        inbox = f"{self.portal_url}/inbox/liaisons"
        while True:
            try:
                answer = httpx2.post(inbox, content=body, headers=headers, trust_env=False)
                if answer.status_code in (200, 202, 400, 404, 409, 422):
                    return
            except httpx2.HTTPError:
                pass
            sleep(RETRY_SECONDS)

    def _build_letter(
        self, seed: str, group: str, subject: str, content: bytes, wants: str, in_reply_to: str | None
    ) -> bytes:
        digest = sha256(content).hexdigest()
        file = {"language": "en", "media": DOCX, "name": f"{subject}.docx", "size": len(content), "sha256": digest}
        statement = {
            "format": LETTER_FORMAT,
            "id": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{CODE} {seed}')}",
            "from": {"organization": CODE, "contact": "liaison@example.org"},
            "to": [{"organization": "ITU", "group": group, "wants": wants}],
            "symbol": f"ORF/{uuid5(NAMESPACE_URL, seed).hex[:4].upper()}",
            "subject": {"en": subject},
            "original": "en",
            "in_reply_to": in_reply_to,
            "reply_by": None,
            "sent_at": _now(),
            "files": [file],
        }
        canonical = to_canonical_json(statement)
        return build_envelope(canonical, self.signer.sign(canonical), self.signer.public_key, {digest: content})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create_inbox(organization: DemoOrganization) -> Starlette:
    """Create the application with the inbox."""

    async def receive(request: Request) -> Response:
        status, body = await run_in_threadpool(organization.receive, await request.body())
        return Response(body, status, media_type="application/json")

    async def show_health(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(routes=[Route("/liaisons", receive, methods=["POST"]), Route("/healthz", show_health)])


def serve_organization(port: int, folder: Path, portal_url: str) -> None:
    """Send the first letter, and serve the inbox until SIGTERM or SIGINT."""
    secret = (folder / SIGNING_KEY_FILE).read_text(encoding="ascii")
    organization = DemoOrganization(Signer.from_secret("", secret), folder, portal_url)
    first = ("a first letter", "CWG-Internet", "Registries of routes: a question to the group")
    text = "The Forum asks whether the group intends to work on the registries of routes, and offers its data."
    Thread(target=organization.send, args=(*first, text, "reply", None), daemon=True).start()
    uvicorn.run(
        create_inbox(organization),
        host=HOST,
        port=port,
        ssl_certfile=folder / KEY_FILE,
        log_config=None,
        server_header=False,
    )


if __name__ == "__main__":
    serve_organization(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
