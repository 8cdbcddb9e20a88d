"""A delegate who submits a paper over a bad line, with the pages and the script of the portal.

The file goes in pieces as `app/static/uploads.js` sends them: of some seconds each, by the speed so far; after a cut it
waits, asks how much arrived, and goes on from there with smaller pieces.
"""

import asyncio
import hashlib
import json
import re
import time
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID, uuid5

from bench.lines import Answer, Line, LineCut, NoAnswer

LEAST, MOST, PIECE_SECONDS = 256 * 1024, 64 * 1024 * 1024, 4.0  # as in the script
LONGEST_PAUSE = 30.0
TRIES = 60
"""Attempts at one step before a submission counts as lost."""
CLICKS = 5
"""Attempts to submit a draft that the portal answers with something to do first."""
BUSY = (429, 502, 503, 504)


class PieceRefused(Exception):
    """A piece was not taken, for a reason that its sender meets by asking how much arrived."""


class NotDone(Exception):
    """A step did not succeed, with what the portal answered."""


@dataclass(slots=True)
class Sender:
    """A person with their session, and the counts of what all of them met."""

    person: UUID
    cookie: str
    form_token: str
    origin: str
    met: Counter[str]


@dataclass(slots=True)
class Deposit:
    """What a submission came to."""

    number: int
    sha256: str
    began_at: float = 0.0
    file_began_at: float = 0.0
    """When its file began to be sent."""
    received_at: float = 0.0
    acknowledged_at: float = 0.0
    """When the last byte of the file had been sent, and when the portal had said that it is there."""
    asked_at: float = 0.0
    submitted_at: float = 0.0
    """When the submission was sent for the first time, and when its answer was there."""
    done_at: float = 0.0
    was_late: bool = False
    """Whether the portal said that it is late, and the delegate asked the chair."""
    receipt: dict[str, object] = field(default_factory=dict)
    fault: str = ""
    cuts: int = 0


class Submitter:
    """Submits one paper. `factor` is how many times as fast as in a real half hour pauses and pieces are."""

    def __init__(
        self, sender: Sender, line: Line, meeting: UUID, body: UUID, key: UUID, content: bytes, factor: int
    ) -> None:
        self._sender, self._line, self._meeting, self._body = sender, line, meeting, body
        self._key, self._content, self._factor = key, content, factor
        self._place = f"/contributions/{uuid5(sender.person, str(key))}"

    async def submit(self, deposit: Deposit, name: str) -> None:
        """Submit the paper, from the empty form to the receipt. Raises NotDone."""
        deposit.began_at = time.monotonic()
        await self._ask("GET", f"/meetings/{self._meeting}/contributions/new")
        deposit.file_began_at = time.monotonic()
        upload = await self._send_in_pieces(name) if len(self._content) > LEAST else None
        if upload:
            deposit.received_at, deposit.acknowledged_at = self._line.last_byte_at, time.monotonic()
        await self._send_form(name, upload)
        deposit.received_at = deposit.received_at or self._line.last_byte_at
        deposit.acknowledged_at = deposit.acknowledged_at or time.monotonic()
        await self._ask("GET", f"{self._place}/edit")
        await self._confirm(deposit)
        deposit.receipt = await self._fetch_receipt()
        deposit.done_at, deposit.cuts = time.monotonic(), self._line.cuts

    async def _ask(
        self,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        is_paced: bool = False,
    ) -> Answer:
        """Send a request until there is an answer that is no sign of load; each such sign is counted."""
        pause = 1.0
        for _ in range(TRIES):
            try:
                answer = await self._exchange(method, path, fields, body, is_paced=is_paced)
            except (LineCut, NoAnswer) as trouble:
                self._note(trouble)
            else:
                if answer.status not in BUSY:
                    return answer
            await asyncio.sleep(pause / self._factor)
            pause = min(LONGEST_PAUSE, pause * 2)
        raise NotDone(f"{method} {path}: no success in {TRIES} attempts")

    def _note(self, trouble: Exception) -> None:
        """Count a cut, and an answer that did not come; what was refused is counted with its answer."""
        if isinstance(trouble, LineCut):
            self._sender.met["cut"] += 1
        elif isinstance(trouble, NoAnswer):
            self._sender.met[str(trouble)] += 1

    async def _exchange(
        self, method: str, path: str, fields: dict[str, str] | None, body: bytes, *, is_paced: bool
    ) -> Answer:
        own = {"Cookie": f"cwg_portal={self._sender.cookie}; cwg_lang=en", "Origin": self._sender.origin}
        answer = await self._line.exchange(method, path, own | (fields or {}), body, is_paced=is_paced)
        if answer.status >= 500 or answer.status == 429:
            self._sender.met[f"{answer.status} {method} {path.partition('?')[0].split('/')[1]}"] += 1
        return answer

    async def _send_in_pieces(self, name: str) -> str:
        """Send the file in pieces; return the address of the upload."""
        address, sent, step, speed, pause = "", 0, float(LEAST * 4), 0.0, 1.0
        whole, seconds = len(self._content), PIECE_SECONDS / self._factor
        while sent < whole:
            start = time.monotonic()
            piece = self._content[sent : sent + int(step)]
            try:
                answer = await self._send_piece(address, name, sent, piece)
                if answer.status not in (201, 204):
                    raise PieceRefused
            except (LineCut, NoAnswer, PieceRefused) as trouble:
                self._note(trouble)
                step = max(LEAST, step / 2)
                await asyncio.sleep(pause / self._factor)
                pause = min(LONGEST_PAUSE, pause * 2)
                address, sent = await self._look(address, name)
                continue
            address = address or answer.fields["location"]
            now = len(piece) / max(time.monotonic() - start, 0.001)
            speed = 0.7 * speed + 0.3 * now if speed else now
            sent, step, pause = int(answer.fields["upload-offset"]), min(MOST, max(LEAST, speed * seconds)), 1.0
        return address

    async def _send_piece(self, address: str, name: str, at: int, piece: bytes) -> Answer:
        is_last = at > 0 and at + len(piece) == len(self._content)
        digest = hashlib.sha256(self._content if is_last else piece).digest()
        fields = {
            "X-Form-Token": self._sender.form_token,
            "Content-Type": "application/partial-upload",
            "Upload-Offset": str(at),
            "Repr-Digest" if is_last else "Content-Digest": f"sha-256=:{b64encode(digest).decode()}:",
        }
        announced = {"body": self._body, "name": name, "size": len(self._content)}
        method, path = ("PATCH", address) if address else ("POST", f"/uploads?{urlencode(announced)}")
        return await self._exchange(method, path, fields, piece, is_paced=True)

    async def _look(self, address: str, name: str) -> tuple[str, int]:
        """Return the address of the upload and how much of it has arrived; nothing if it was not begun."""
        if not address:
            listed = json.loads((await self._ask("GET", "/uploads")).body)
            address = next((each["address"] for each in listed if each["name"] == name), "")
        if not address:
            return "", 0
        return address, int((await self._ask("HEAD", address)).fields["upload-offset"])

    async def _send_form(self, name: str, upload: str | None) -> None:
        """Send the form that makes the draft. Raises NotDone if the portal does not take it."""
        typed = {
            "token": self._sender.form_token,
            "key": str(self._key),
            "version": "0",
            "title": f"Proposals, {name}",
            "original": "en",
        }
        if upload:
            typed["upload"] = upload.rpartition("/")[2]
        kind, form = encode_form(typed, None if upload else (name, self._content))
        for _ in range(TRIES):
            try:
                answer = await self._exchange(
                    "POST", f"/meetings/{self._meeting}/contributions", {"Content-Type": kind}, form, is_paced=True
                )
            except (LineCut, NoAnswer) as trouble:
                self._note(trouble)
                if await self._is_drafted():
                    return
            else:
                if answer.status == 303 or (answer.status == 404 and await self._is_drafted()):
                    return
                if answer.status not in BUSY:
                    raise NotDone(f"the form: {answer.status} {find_words(answer.text)}")
            await asyncio.sleep(1 / self._factor)
        raise NotDone("the form was not taken")

    async def _is_drafted(self) -> bool:
        """Return whether a form had arrived whose answer did not: then its file is used, and is not taken again."""
        return (await self._ask("GET", f"{self._place}/check")).status == 200

    async def _confirm(self, deposit: Deposit) -> None:
        """Submit the draft; if it is late, ask the chair to accept it."""
        shown = await self._ask("GET", f"{self._place}/check")
        version = re.search(r'name="version" value="(\d+)"', shown.text)
        if not version:
            raise NotDone(f"the check page: {shown.status} {find_words(shown.text)}")
        deposit.asked_at = time.monotonic()
        page, late = shown.text, ""
        # A question comes later where the file was still being inspected, and lateness comes with the time.
        for _ in range(CLICKS):
            answers = [("answers", key) for key in re.findall(r'name="answers" value="([^"]*)"', page)]
            typed = [("token", self._sender.form_token), ("version", version[1]), ("late", late), *answers]
            fields = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = await self._ask("POST", f"{self._place}/submit", fields, urlencode(typed).encode())
            deposit.submitted_at, deposit.was_late = time.monotonic(), bool(late)
            if answer.status == 303:
                return
            page = answer.text
            late = "yes" if 'name="late"' in page else ""
        raise NotDone(f"the submission: {answer.status} {find_words(answer.text)}")

    async def _fetch_receipt(self) -> dict[str, object]:
        page = await self._ask("GET", f"{self._place}/receipt")
        link = re.search(rf"{self._place}/receipts/[0-9a-f-]{{36}}\.json", page.text)
        if not link:
            raise NotDone(f"the receipt: {page.status} {find_words(page.text)}")
        receipt: dict[str, object] = json.loads((await self._ask("GET", link[0])).body)
        return receipt


def encode_form(typed: dict[str, str], file: tuple[str, bytes] | None) -> tuple[str, bytes]:
    """Encode a form as a browser does; return its type and its bytes."""
    boundary = "----bench-of-the-portal"
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in typed.items()]
    if file:
        parts.append(
            f'name="file"; filename="{file[0]}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode() + file[1]
        )
    begin = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(begin + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def find_words(page: str) -> str:
    """Return the words of a page's main part, shortened."""
    main = page.partition("<main")[2] or page
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())[:300]
