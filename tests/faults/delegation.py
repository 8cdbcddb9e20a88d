"""A delegation that submits papers over HTTP, repeats what was not answered, and notes the answers in a file."""

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import httpx2

from app.domain.meetings.models import Meeting
from app.http.csrf import create_form_token
from tests.faults.installation import Installation
from tests.files import make_docx

TIMEOUT = 60.0


class Unanswered(Exception):
    """No answer, or one that says to try again later."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """One delegate with a browser. Notes go into a separate file and are synced to the disk before the next request."""

    url: str
    cookie: str
    token: str
    meeting: UUID
    notes: Path
    timeout: float = 10.0  # seconds that one answer is waited for

    @classmethod
    def of(cls, installation: Installation, meeting: Meeting, folder: Path, who: str = "amina") -> "Delegation":
        secret = installation.settings.session_secret.get_secret_value()
        token = create_form_token(secret, installation.world.person(who).id)
        folder.mkdir(exist_ok=True)
        notes = folder / f"{who}-{uuid4().hex[:8]}.told"
        return cls(installation.settings.portal_url, installation.world.sign_in(who), token, meeting.id, notes)

    def with_own_notes(self, number: int) -> "Delegation":
        """A copy that notes into its own file, for several at once: each file has the order of the answers."""
        return replace(self, notes=self.notes.with_stem(f"{self.notes.stem}-{number}"))

    def note(self, title: str, **said: object) -> None:
        with self.notes.open("a") as file:
            file.write(json.dumps({"title": title, **said}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def send(self, method: str, path: str, data: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        """Send one request on a new connection. Raises Unanswered."""
        headers = {"Origin": self.url, "Cookie": f"cwg_portal={self.cookie}; cwg_lang=en"}
        form = {"token": self.token, **(data or {})} if method == "POST" else None
        try:
            answer = httpx2.request(method, self.url + path, data=form, headers=headers, timeout=self.timeout, **more)
        except httpx2.HTTPError as fault:
            raise Unanswered(type(fault).__name__) from fault
        if answer.status_code >= 500:
            raise Unanswered(str(answer.status_code))
        return answer

    def hand_in(self, title: str, content: bytes | None = None, *, key: str | None = None) -> dict[str, Any]:
        """Submit a paper, from the empty form to the receipt, in one attempt. Notes each answer. Raises Unanswered."""
        place, version = self.draft(title, content, key=key)
        return self.submit_for_receipt(place, version, title)

    def draft(self, title: str, content: bytes | None = None, *, key: str | None = None) -> tuple[str, str]:
        """Return its address and version; no version if an attempt whose answer was lost has submitted it."""
        key = key or str(uuid4())
        cover = {"key": key, "title": title, "original": "en", "purpose": "discussion", "abstract": "", "item": ""}
        self.note(title, key=key)
        file = {"file": ("paper.docx", content or make_docx(title, title=title), "application/octet-stream")}
        drafted = self.send("POST", f"/meetings/{self.meeting}/contributions", cover, files=file)
        place = drafted.headers.get("Location", "").partition("/edit")[0] or self.found(title)
        return place, self.version_to_submit(place)

    def version_to_submit(self, place: str) -> str:
        """Return the version that the check page of a draft shows; none if it was submitted."""
        shown = self.send("GET", f"{place}/check")
        version = re.search(r'name="version" value="(\d+)"', shown.text)
        return version[1] if version else ""

    def submit_for_receipt(self, place: str, version: str, title: str) -> dict[str, Any]:
        """Submit it, unless that was done before, and fetch the receipt."""
        if version:
            done = self.send("POST", f"{place}/submit", {"version": version})
            if done.status_code != 303:
                raise Unanswered(f"submit: {done.status_code}")
            self.note(title, submitted=True)
        return self.receipt(place, title)

    @contextmanager
    def send_without_reading(self, path: str, data: dict[str, str]) -> Iterator[None]:
        """Send the whole request without reading the answer; the connection is closed at the end of the block."""
        there, body = urlsplit(self.url), urlencode({"token": self.token, **data})
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {there.netloc}\r\nOrigin: {self.url}\r\n"
            f"Cookie: cwg_portal={self.cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((str(there.hostname), int(there.port or 80)), timeout=20) as line:
            line.sendall((head + body).encode())
            yield

    def found(self, title: str) -> str:
        """Return the address of the paper if a repeated form has found it there already."""
        listed = self.send("GET", "/contributions").text
        place = re.search(r'href="(/contributions/[0-9a-f-]{36})[^"]*"[^>]*>\s*' + re.escape(title), listed)
        if not place:
            raise Unanswered("the list does not show it")
        return place[1]

    def receipt(self, place: str, title: str) -> dict[str, Any]:
        page = self.send("GET", f"{place}/receipt")
        link = re.search(rf"{place}/receipts/[0-9a-f-]{{36}}\.json", page.text)
        if page.status_code != 200 or not link:
            raise Unanswered(f"receipt: {page.status_code}")
        found: dict[str, Any] = json.loads(self.send("GET", link[0]).content)
        self.note(title, receipt=found, settled=True)
        return found

    def head(self) -> int:
        """Note the newest head of the ledger; return its number of lines, 0 while there is none. Raises Unanswered."""
        answer = self.send("GET", "/ledger/checkpoint")
        if answer.status_code != 200:
            return 0
        self.note("", head=answer.text)
        return int(answer.text.split("\n")[1])

    def hand_in_until_done(self, title: str, content: bytes | None = None, *, key: str | None = None) -> dict[str, Any]:
        """Repeat `hand_in` with the same key until there is a receipt."""
        key, until = key or str(uuid4()), monotonic() + TIMEOUT
        content = content or make_docx(title, title=title)
        while True:
            try:
                receipt = self.hand_in(title, content, key=key)
                self.head()
                return receipt
            except Unanswered as why:
                if monotonic() > until:
                    raise TimeoutError(f"{title}: {why}") from why
                sleep(0.2)
