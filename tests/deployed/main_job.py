"""The main job on a tested deployment, over HTTP through nginx: from a delegate's disk to the membership."""

import hashlib
import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

from app.core import clock
from app.demo.cast import PEOPLE_BY_KEY
from tests.deployed.installation import ISSUER, PORTAL, READ, SENDER
from tests.deployed.received_mail import get_unsubscribe_address, list_links, wait_for_mail
from tests.deployed.visitor import Visitor
from tests.files import make_docx

BODY = "cwg-internet"
UNTIL_ALL_SHOW_IT = 3.0
"""Seconds: each process of the two read paths asks twice a second for what was released, and nginx sends a reader to
any of them."""
SEATED = ("amina", "rafael", "laurent", "layla", "ines", "daniel")
Step = Callable[[str], None]
SendFile = Callable[[Visitor, str, bytes], dict[str, object]]
"""Sends a file from the page with its form, and returns what the form then says of it."""


def attach_file(_visitor: Visitor, _page: str, content: bytes) -> dict[str, object]:
    """Send a file with the form itself, as without scripts."""
    return {"file": ("paper.docx", content)}


def build_roster() -> str:
    """Build the list that an operator imports first: people of the cast with their seats."""
    people = [PEOPLE_BY_KEY[key] for key in SEATED]
    return json.dumps(
        [
            {
                "iss": ISSUER,
                "sub": person.subject,
                "name": person.name,
                "email": person.email,
                "membership": person.membership,
                "entity": person.entity,
                "entity_name": person.entity_name,
                "locale": "en",
                "body": BODY,
                "capacity": person.capacity,
            }
            for person in people
        ]
    )


@dataclass(slots=True)
class MainJob:
    """The people, each with a browser, and what became of the main job so far. Its meetings have the number `first`
    and the next one."""

    ports: Mapping[str, int]
    trust: ssl.SSLContext
    mail: Path
    note: Step
    subject: str = "the cost of connectivity"
    first: int = 100
    send_file: SendFile = attach_file
    people: dict[str, Visitor] = field(default_factory=dict)
    meeting: str = ""
    output: str = ""
    manifest: bytes = b""
    text: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.text = make_docx(f"States may share {self.subject}.", title=self.output_title)

    @property
    def title(self) -> str:
        """The title of the contribution."""
        return f"A paper on {self.subject}"

    @property
    def output_title(self) -> str:
        """The title of the output."""
        return f"Conclusions on {self.subject}"

    def play(self) -> None:
        """Play it from the first sign-in to a reader who has the file. Raises RuntimeError where it does not go on."""
        self.meeting, past = self._convene(self.first, 30), self._convene(self.first + 1, -1)
        self.submit_and_register(self.title)
        self._adopt(past)
        self._release()

    def sign_in(self) -> None:
        """Have all who have seats sign in."""
        for who in SEATED:
            self.people[who] = Visitor(PORTAL, self.ports, self.trust).sign_in(who)
        self.note(f"{len(SEATED)} people signed in at the provider")

    def sign_in_reader(self) -> Visitor:
        """Sign in a member at the read path."""
        return Visitor(READ, self.ports, self.trust).sign_in("chen")

    def submit_and_register(self, title: str) -> str:
        """Submit a contribution to the meeting that comes, have the secretariat register it, and return its address."""
        address = self._submit(title)
        self.people["ines"].send(f"{address}/register", f"{address}/register")
        self.people["rafael"].wait_for("/documents", title)
        self.note(f"registered, and seen by another State: {title}")
        return address

    def read_mail(self) -> None:
        """Read an e-mail about what was registered, and one about what was released."""
        self._read_mail("amina", "A contribution of your delegation was registered")
        self._read_mail("daniel", "A text was released")

    def _convene(self, number: int, days: int) -> str:
        """Convene a meeting that opens in so many days, and return its address."""
        opens = clock.now().date() + timedelta(days=days)
        fields = {
            "number": str(number),
            "place": "Geneva",
            "zone": "Europe/Zurich",
            "opens_on": opens.isoformat(),
            "closes_on": (opens + timedelta(days=2)).isoformat(),
            "life": "open",
            "past": "yes",
        }
        shown = self.people["ines"].send(f"/meetings/new?body={BODY}", "/meetings", **fields)
        return shown.url.path

    def _submit(self, title: str) -> str:
        """Submit a contribution with a file, and return its address."""
        amina, rafael = self.people["amina"], self.people["rafael"]
        page = f"{self.meeting}/contributions/new"
        shown = amina.send(
            page, f"{self.meeting}/contributions", **self.send_file(amina, page, make_docx(title, title=title))
        )
        (address,) = re.findall(r"^/contributions/[0-9a-f-]{36}", shown.url.path)
        amina.send(f"{address}/edit", address, title=title)
        amina.send(f"{address}/check", f"{address}/submit")
        amina.wait_for(address, "is being checked", absent=True)
        _require(rafael.status(address) == 404, "another State does not see what was submitted")
        self.note(f"submitted: {title}")
        return address

    def _adopt(self, meeting: str) -> None:
        """Draft an output, adopt it, and have two people approve it."""
        ines, laurent = self.people["ines"], self.people["laurent"]
        fields = {"kind": "conclusions", "original": "en", "title_en": self.output_title}
        shown = ines.send(f"{meeting}/outputs/new", f"{meeting}/outputs", **fields)
        (self.output,) = re.findall(r"^/outputs/[0-9a-f-]{36}", shown.url.path)
        ines.send(f"{self.output}/edit", f"{self.output}/files", language="en", file=("text.docx", self.text))
        day = clock.now().date().isoformat()
        laurent.send(f"{self.output}/adopt", f"{self.output}/adopt", adopted_on=day, without_pdf="yes")
        for who in ("ines", "layla"):
            self.people[who].sign_in_for(f"{self.output}/approve/sign-in", who)
            self.people[who].send(f"{self.output}/approve", f"{self.output}/approve")
        self.note("adopted by the chair, approved by two, each with a sign-in for it")

    def _release(self) -> None:
        """Release it, and read it as a Sector Member: the file is the one that was uploaded."""
        self.people["daniel"].send(f"{self.output}/let-out", f"{self.output}/let-out", when="now")
        self.read()
        stranger = Visitor(READ, self.ports, self.trust).sign_in("marc")
        _require(self.output_title not in stranger.get("/"), "a stranger sees nothing of it")
        self.note("released, read by a member byte for byte, unseen by a stranger")

    def _read_mail(self, who: str, subject: str) -> None:
        """Wait for an e-mail, open its links as its recipient does, and stop such e-mails without signing in."""
        message = wait_for_mail(self.mail, PEOPLE_BY_KEY[who].email, subject)
        _require(SENDER in str(message["From"]), "the e-mail has the sender of the settings")
        links = list_links(message)
        _require(bool(links), "the e-mail has a link")
        for link in links:
            reader = self.people[who] if link.startswith(PORTAL) else Visitor(READ, self.ports, self.trust).sign_in(who)
            reader.get(link)
        stop = get_unsubscribe_address(message)
        Visitor(PORTAL, self.ports, self.trust).post(stop, {"List-Unsubscribe": "One-Click"})
        self.note(f"e-mail received by {who}: {message['Subject']}; opened {', '.join(map(_shorten, links))}")

    def read(self) -> None:
        """Read what was released as a member."""
        chen = self.sign_in_reader()
        listed = chen.wait_for("/outputs", self.output_title)
        (address,) = set(re.findall(r'href="(/outputs/[^"#?/]+)"[^>]*>\s*' + self.output_title, listed))
        sleep(UNTIL_ALL_SHOW_IT)
        page = chen.wait_for(address, self.output_title)
        file = re.search(r'href="([^"]*/files/en[^"]*)"', page)
        manifest = re.search(r'href="([^"]*\.manifest\.json)"', page)
        _require(file is not None and manifest is not None, "the page has the file and its manifest")
        content = chen.download(file[1] if file else "")
        _require(hashlib.sha256(content).digest() == hashlib.sha256(self.text).digest(), "the file is the one uploaded")
        self.manifest = chen.download(manifest[1] if manifest else "")


def _shorten(link: str) -> str:
    """Return host and first folder of an address."""
    parts = urlsplit(link)
    return f"{parts.netloc}/{parts.path.split('/')[1]}"


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"it does not hold that {what}")
