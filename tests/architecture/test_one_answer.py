"""One answer for what does not exist and what is hidden: every address of a thing, asked by those who may not see it.

The addresses are those of the matrix, so that a new route is asked here by itself. An answer is its status, its body
and its headers. What is a list (tables, archives, search, counts, the desk) is asked twice: before and after
there is something to hide.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from starlette.types import ASGIApp

from app.core import clock
from app.core.db import set_row_security_entity, transaction
from app.domain.bodies.models import Accreditation
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document, DocumentAccess, DocumentRelation, RelationKind
from app.domain.meetings.models import Meeting
from app.domain.receipts import queries as receipts
from app.domain.releases.actions.copy import slug_of_symbol
from app.domain.search.actions import index_document, index_file
from app.domain.uploads import actions as uploading
from app.domain.uploads.inputs import NewUpload
from app.http.csrf import SAFE_METHODS
from tests.architecture.test_matrix import CANARY, FORMS, ORIGIN, ROUTES, Grounds
from tests.document_history import change_access, withdraw_document
from tests.document_history import relate_documents as relate
from tests.sampling import CaseSampler
from tests.web.documents.test_lists import registered
from tests.world import World, record_rows

# A delegate of another State; one of another body only; somebody of the State itself without a seat; a Sector Member;
# a stranger.
STRANGERS = ("rafael", "haruka", "wambui", "chen", "marc")
WITHOUT_A_SEAT = STRANGERS[1:]
OWN = {"date", "x-request-id"}  # what no two answers share
OWN_PAGE = "/contributions/{contribution}"
KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SPAN = rb"\d+ (?:minute|hour|day)s?"
MOMENT = re.compile(rb'<p class="kicker">.*?</p>|data-left="\d+"[^<]*|\bin %b\b|\b%b ago\b' % (SPAN, SPAN), re.DOTALL)
"""The time, and how long it is until a deadline or since an event: it may pass between two requests."""
LAST_HOUR = re.compile(rb'<section class="section" aria-labelledby="h-log">.*?</section>', re.DOTALL)
"""The activity log on the desk of the secretariat: that something happened is shown by the log, what it was is not
(tests/web/record)."""
FILLED = {
    "entity": "JPN",
    "version": "1",
    "key": str(uuid4()),
    "reason": "Because.",
    "language": "en",
    "meeting": str(uuid4()),
    "title": "A title",
    "original": "en",
    "purpose": "discussion",
    "note": "What is new.",
    "kind": "comments-on",
    "symbol": "CWG-Internet 22/1",
    "access": "public",
}  # enough for every form to be read


@dataclass
class Hidden:
    """Something that there is: the parameters of its addresses, who opens it, and from whom it is hidden.

    `registered_for` are those who may read the document as which it is registered: its own page leads them there.
    """

    kind: str
    names: dict[str, str]
    owners: tuple[str, ...]
    strangers: tuple[str, ...]
    more: list[str] = field(default_factory=list)
    registered_for: tuple[str, ...] = ()


@pytest.fixture
def grounds(portal: ASGIApp, world: World) -> Iterator[Grounds]:
    """Haruka sits in another body, and nowhere else."""
    with transaction(world.write) as session:
        record_rows(session)
        hers = update(Accreditation).where(Accreditation.person_id == world.person("haruka").id)
        session.execute(hers.values(body_id=world.body("wg-wsis").id))
    world.seat("ines", "secretary", body="wg-wsis")
    cast = (*STRANGERS, "amina", "ines", "laurent")
    actors, secrets = ({who: make(who) for who in cast} for make in (world.actor, world.sign_in))
    with TestClient(portal, base_url=ORIGIN, follow_redirects=False) as client:
        yield Grounds(client, portal.app.state.portal, world, actors, secrets, {})


def answer(grounds: Grounds, who: str, method: str, path: str) -> tuple[object, ...]:
    """All that somebody learns from asking once."""
    route = path.partition("?")[0]
    sent = {"file": ("x.pdf", b"no document")} if route.endswith(("/files", "/translate")) else None
    return observable(grounds.send(who, method, path, FILLED, sent))


def observable(given: httpx2.Response) -> tuple[object, ...]:
    headers = sorted((name, value) for name, value in given.headers.multi_items() if name not in OWN)
    return given.status_code, given.content, headers


def addresses(kind: str) -> list[tuple[str, str]]:
    """Every method and address that names a thing of this kind."""
    routes = [(param.id.partition(" ")[0], param.values[1]) for param in ROUTES]
    return [(method, path) for method, path in routes if f"{{{kind}}}" in path]


def filled(path: str, names: dict[str, str]) -> str:
    for name, value in ({"language": "en", "state": "FRA", "step": "rev", "edition": "first"} | names).items():
        path = path.replace(f"{{{name}}}", value)
    return path


def of_contributions(world: World, meeting: Meeting, late_meeting: Meeting) -> list[Hidden]:
    """A draft, one that came late, one that was registered and one whose document was withdrawn; read in the page."""
    kept, document = world.registered(meeting, title=f"{CANARY} registered")
    ended, other = world.registered(meeting, title=f"{CANARY} withdrawn")
    change_access(world, other, DocumentAccess.PUBLIC)
    withdraw_document(world, other)
    made = {
        world.cleaned(world.asked(meeting, "FRA", title=f"{CANARY} draft")): STRANGERS,
        world.submitted(meeting, title=f"{CANARY} submitted"): (),
        world.submitted(late_meeting, title=f"{CANARY} late"): ("rafael",),
        world.held(late_meeting, title=f"{CANARY} held"): (),
        world.submitted_for(meeting, title=f"{CANARY} in the name of Kenya"): STRANGERS,
        kept: STRANGERS,
        ended: ("rafael", "wambui"),
    }
    world.rendered(world.file().sha256, f"{CANARY} in the text.")
    named = [
        Hidden(
            "contribution",
            named_of(world, each),
            ("amina", "ines", "laurent"),
            who,
            registered_for=("rafael",) if each in (kept, ended) else (),
        )
        for each, who in made.items()
    ]
    invited = world.asked(meeting, "BRA", title=f"{CANARY} that Brazil may co-sponsor")
    named.append(Hidden("contribution", named_of(world, invited), ("rafael",), ("haruka",)))
    world.revised(again(world, document), f"{CANARY} revised.")
    names = {"document": str(document.id), "edition": "rev-1", "relation": related(world, document)}
    texts = [
        Hidden("document", each, ("amina", "ines"), WITHOUT_A_SEAT) for each in (names, {"document": str(other.id)})
    ]
    texts[0].more += [
        "/documents/{document}/differences?from=first&to=rev-1&language=en",
        *(f"/documents/{{document}}/{part}?edition=first" for part in ("read/en", "pages/en", "picture/en")),
        "/documents/{document}/rev-1/files/en",
        "/documents/{document}/read/en?as=text",
    ]
    symbols = [Hidden("symbol", {"symbol": each.symbol}, ("amina",), WITHOUT_A_SEAT) for each in (document, other)]
    slugs = [
        Hidden("slug", {"slug": slug_of_symbol(each.symbol)}, ("amina",), WITHOUT_A_SEAT) for each in (document, other)
    ]
    return [*named, *texts, *symbols, *slugs]


def related(world: World, document: Document) -> str:
    """A relation of that document to another one of its State."""
    _, another = world.registered(world.meeting(number=20, opens_in=60), title=f"{CANARY} replied to")
    relate(world, document, RelationKind.REPLIES_TO, another)
    with transaction(world.read) as session:
        return str(session.scalars(select(DocumentRelation.id)).one())


def named_of(world: World, contribution: Contribution) -> dict[str, str]:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        receipt = receipts.find_latest_receipt(session, contribution.id)
    return {"contribution": str(contribution.id), "receipt": str(receipt.id if receipt else uuid4())}


def again(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def of_uploads(world: World) -> list[Hidden]:
    """A file that is being sent, and one that is whole."""
    found = []
    for state in ("open", "whole"):
        with world.acting("amina") as (session, actor):
            new = NewUpload(body=world.body().id, name=f"{CANARY} {state}.pdf", size=4)
            made = uploading.begin_upload(session, actor, new, max_size=10, began_at=clock.now())
            made.state, made.sha256 = state, "0" * 64 if state == "whole" else None
        found.append(Hidden("upload", {"upload": str(made.id)}, ("amina",), STRANGERS))
    return found


def test_no_address_distinguishes_hidden_from_absent(grounds: Grounds, world: World, case_sampler: CaseSampler) -> None:
    meeting, late_meeting = world.meeting(opens_in=40), world.meeting(opens_in=0, number=21)
    things = [*of_contributions(world, meeting, late_meeting), *of_uploads(world)]
    elsewhere = registered(world, f"{CANARY} elsewhere", body="wg-wsis", scope="44")
    things.append(Hidden("document", {"document": str(elsewhere)}, ("haruka",), ("rafael",)))
    there, asked, wrong = set(), set(), []
    nothing: dict[tuple[str, ...], tuple[object, ...]] = {}  # for each person, part of the portal and method

    def unknown(who: str, method: str, path: str, kind: str) -> tuple[object, ...]:
        name = "CWG-Internet 22/999" if kind == "symbol" else str(uuid4())
        asked.add((method, path))
        return answer(grounds, who, method, filled(path, thing.names | {kind: name}))

    _draft, *others = (each for each in things if each.kind == "contribution" and each.strangers)
    asked_too = case_sampler.take(others, one_of=3)  # every address is asked for the draft
    left_out = [each for each in others if each not in asked_too]
    for thing in things:
        for method, path in [*addresses(thing.kind), *(("GET", each) for each in thing.more)]:
            address = filled(path, thing.names)
            if method in SAFE_METHODS and path not in there:
                seen = (grounds.send(who, method, address, {}).status_code for who in thing.owners)
                there |= {path} if any(status in (200, 202, 204, 303) for status in seen) else set()
            strangers = thing.strangers if method in SAFE_METHODS else thing.strangers[:2]
            for who in case_sampler.take(strangers, one_of=6) if thing not in left_out else ():
                answers = [answer(grounds, who, method, address)]
                if who in thing.registered_for and (method, path) == ("GET", OWN_PAGE):
                    assert answers[0][0] == 303
                    continue
                part = who, path.split("/")[1], method  # a refused form gives back what was typed
                if (method, path) not in asked or part not in nothing:
                    answers.append(unknown(who, method, path, thing.kind))
                if any(each != nothing.setdefault(part, answers[-1]) for each in answers):
                    wrong.append((who, method, path, [each[0] for each in answers]))

    assert {each[0] for each in nothing.values()} == {404}
    assert wrong == []
    assert {path for method, path in asked if method in SAFE_METHODS} == there


def test_an_identifier_in_a_form_discloses_no_more_than_an_address(grounds: Grounds, world: World) -> None:
    """A draft, an upload and a symbol of others, named in a form of one's own."""
    meeting = world.meeting()
    whole = of_uploads(world)[1].names["upload"]
    elsewhere = registered(world, f"{CANARY} elsewhere", body="wg-wsis", scope="44")
    theirs, another, mine = (world.draft(meeting, by=by) for by in ("amina", "amina", "rafael"))
    _, document = world.registered(meeting, by="rafael")
    cover = FORMS["/meetings/{meeting}/contributions"]
    relation = {"kind": "comments-on"}

    def sent(path: str, form: dict[str, str], named: str, value: str) -> tuple[object, ...]:
        given = grounds.send("rafael", "POST", path, form | {named: value})
        place = KEY.sub("…", given.headers.get("Location", ""))
        return given.status_code, given.text.replace(value, "…"), place

    for path, form, named, there, nothing, status in (
        (f"/meetings/{meeting.id}/contributions", cover, "key", str(theirs.id), str(uuid4()), 303),
        (f"/documents/{document.id}/follow/rev", FILLED, "key", str(another.id), str(uuid4()), 303),
        (f"/contributions/{mine.id}/files", {"language": "fr"}, "upload", whole, str(uuid4()), 404),
        (f"/documents/{document.id}/relate", relation, "symbol", "CWG-WSIS 44/1", "CWG-WSIS 44/9", 400),
    ):
        assert sent(path, form, named, there) == sent(path, form, named, nothing), path
        assert sent(path, form, named, there)[0] == status, path
    assert again(world, Document(id=elsewhere)).symbol == "CWG-WSIS 44/1"


def list_surfaces(meeting: Meeting) -> tuple[str, ...]:
    """The addresses of every list, count and way of finding."""
    here = f"/meetings/{meeting.id}"
    return (
        *("/", "/contributions", "/documents", "/meetings", "/outputs", "/people", "/uploads", "/register"),
        *("/documents?since=visit&sort=-posted", "/documents.csv", "/documents.zip"),
        *(here, *(f"{here}/{part}" for part in ("documents", "documents.csv", "documents.zip", "agenda"))),
        *(f"{here}/{part}" for part in ("pack", "briefing")),
        *(f"/search?q={CANARY}", f"/search?q={CANARY}&meeting={meeting.id}&language=en", "/search?q=22/3"),
    )


def found(grounds: Grounds, who: str, addresses: Iterable[str]) -> dict[str, object]:
    """What one person gets at these addresses."""
    answers: dict[str, object] = {}
    for address in addresses:
        status, content, headers = observable(grounds.send(who, "GET", address, {}))
        if address.endswith(".zip") and status == 200:  # it contains the time at which it was packed
            archive = zipfile.ZipFile(io.BytesIO(content))
            answers[address] = [(name, archive.read(name)) for name in archive.namelist()], headers
        else:
            length = ("content-length", str(len(content)))
            compared = MOMENT.sub(b"", LAST_HOUR.sub(b"", content))
            answers[address] = status, compared, [each for each in headers if each != length]
    return answers


def indexed(world: World) -> None:
    """What the worker does with every document that is there."""
    with transaction(world.write) as session:
        for document in session.scalars(select(Document.id)).all():
            index_document(session, document)
        index_file(session, world.file().sha256)


def test_only_how_long_it_is_until_or_since_is_left_out_of_a_comparison() -> None:
    page = b"<p>2 days left, due in 3 hours, sent 1 minute ago: 4 hours are planned.</p>"

    assert MOMENT.sub(b"", page) == b"<p>2 days left, due , sent : 4 hours are planned.</p>"


def test_no_list_depends_on_what_its_reader_may_not_see(
    grounds: Grounds, world: World, case_sampler: CaseSampler
) -> None:
    outside = case_sampler.take(WITHOUT_A_SEAT, one_of=4)
    strangers = ["rafael", *outside]
    meeting, late_meeting = world.meeting(opens_in=40), world.meeting(opens_in=0, number=21)
    _, public = world.registered(meeting, title="A public title")
    change_access(world, public, DocumentAccess.PUBLIC)
    world.registered(meeting, by="rafael", title="Of Brazil")
    world.rendered(world.file().sha256, f"{CANARY} in the text.")
    indexed(world)
    every = list_surfaces(meeting)
    quiet = {who: found(grounds, who, every) for who in (*strangers, "amina", "ines", "laurent")}

    def differ(*cast: str, addresses: Iterable[str] = every) -> set[tuple[str, str]]:
        now = {who: found(grounds, who, addresses) for who in cast}
        return {(who, path) for who in cast for path in now[who] if quiet[who][path] != now[who][path]}

    def all_differ(who: str, *addresses: str) -> bool:
        """Whether one who may see it does: else the comparison would find nothing."""
        return differ(who, addresses=addresses) == {(who, path) for path in addresses}

    # Drafts, what was returned, and what is being sent: nothing of it has left its delegation.
    world.asked(meeting, "FRA", title=f"{CANARY} draft")
    world.returned(meeting, asking="FRA")
    of_uploads(world)
    assert differ("ines", "laurent") == set()
    assert all_differ("amina", "/", "/contributions", "/uploads")

    # What was submitted, came late or is held: between its State, the secretariat and the chair.
    world.submitted(meeting, title=f"{CANARY} submitted")
    world.submitted(late_meeting, title=f"{CANARY} late")
    world.held(late_meeting, title=f"{CANARY} held")
    assert differ(*strangers) == set()
    assert all_differ("ines", "/contributions")
    assert all_differ("laurent", "/contributions")

    # A draft of an output: of chair and secretariat alone. A version that is circulated: of those with a seat.
    quiet |= {who: found(grounds, who, every) for who in (*strangers, "amina")}
    quiet["laurent"] = found(grounds, "laurent", ["/outputs"])
    draft = world.output(meeting, title=f"{CANARY} output")
    assert differ(*strangers, "amina") == set()
    assert all_differ("laurent", "/outputs")
    world.circulated(draft, "One.", "Two.")
    assert differ(*outside) == set()
    assert all_differ("amina", "/outputs", f"/meetings/{meeting.id}")
    quiet["rafael"] = found(grounds, "rafael", every)

    # What was registered for the group, and what was withdrawn from it: of those with a seat in it.
    _, document = world.registered(meeting, title=f"{CANARY} registered")
    world.revised(document, f"{CANARY} revised")
    _, other = world.registered(meeting, title=f"{CANARY} withdrawn")
    withdraw_document(world, other)
    indexed(world)
    assert differ(*outside) == set()
    assert all_differ(
        "rafael", "/documents", "/documents.csv", "/documents.zip", f"/search?q={CANARY}", "/search?q=22/3"
    )
    assert all_differ("rafael", *(f"/meetings/{meeting.id}/{part}" for part in ("pack", "briefing")))
