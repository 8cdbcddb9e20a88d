"""Request bodies of unknown visitors are not read; those of signed-in users up to a limit."""

import asyncio
import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from select import select
from uuid import uuid4

import httpx2
import pytest
import structlog
from sqlalchemy import update
from starlette.types import ASGIApp, Message

from app.core import clock
from app.core.db import transaction
from app.core.errors import TooManyRequests
from app.domain.bodies.models import Accreditation
from app.domain.rights import list_permissions_without_seat
from app.http.body_rules import BodyRule, BytesUnderWay, list_body_rules
from app.http.concurrency import ConcurrencyLimiter
from app.http.csrf import create_form_token
from app.web.app import MAX_FORM_SIZE
from tests.browser import Browser
from tests.conftest import SECRET
from tests.http_server import free_port, served
from tests.portal_app import build_shared_portal
from tests.sampling import CaseSampler
from tests.world import World, record_rows

Open = Callable[..., Browser]
HOST = "127.0.0.1:8000"


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
BODY_RULES = list_body_rules(build_shared_portal(), list_permissions_without_seat())
FIRST_PIECE = b"x" * 65536


def send_form(
    portal: ASGIApp,
    path: str,
    body: bytes,
    cookie: str = "",
    *,
    length: bool = True,
    kind: str = FORM,
    announced: int | None = None,
    method: str = "POST",
) -> tuple[int, int]:
    """Send a form in pieces; return the status, and how many bytes were read before the response.

    With `announced`, its length is announced as that.
    """
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    requested, statuses = 0, []

    async def receive() -> Message:
        nonlocal requested
        piece = pieces.pop(0) if pieces else b""
        requested += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = {
        "host": HOST,
        "origin": f"http://{HOST}",
        "content-type": kind,
        "cookie": f"cwg_portal={cookie}; cwg_lang=en",
    } | ({"content-length": str(announced or len(body))} if length else {"transfer-encoding": "chunked"})
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(portal(scope, receive, send))
    return statuses[0], requested


PATHS = ["/sign-out", "/meetings", "/contributions/00000000-0000-0000-0000-000000000000/files", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cookie", ["", "forged", "x" * 43])
def test_no_body_of_an_unknown_visitor_is_read(portal: ASGIApp, world: World, path: str, cookie: str) -> None:
    assert send_form(portal, path, b"title=words", cookie) == (401, 0)


@pytest.mark.parametrize("kind", ["application/partial-upload", "application/json", "text/plain", ""])
@pytest.mark.parametrize("path", ["/sign-out", "/meetings", "/uploads"])
def test_a_body_that_is_not_a_form_is_not_read(portal: ASGIApp, world: World, path: str, kind: str) -> None:
    assert send_form(portal, path, b"title=words", kind=kind) == (401, 0)
    assert send_form(portal, path, b"title=words", world.sign_in("amina"), kind=kind) == (
        403,
        0,
    )  # not sent by any page of the portal


@pytest.mark.parametrize(
    "kind",
    [FORM.upper(), f" {FORM}", f"{FORM} ; charset=utf-8", "Multipart/Form-Data; boundary=x", "\tmultipart/form-data"],
)
def test_every_spelling_of_a_form_media_type_is_accepted(portal: ASGIApp, world: World, kind: str) -> None:
    assert send_form(portal, "/sign-out", b"title=words", kind=kind) == (401, 0)


def test_bodies_of_signed_in_users_are_read_up_to_the_limit(portal: ASGIApp, world: World) -> None:
    secret, token = world.sign_in("amina"), create_form_token(SECRET, world.person("amina").id)
    form = f"token={token}&everywhere=".encode()
    large = form + b"x" * MAX_FORM_SIZE
    file = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n' + b"x" * (3 * MAX_FORM_SIZE)

    assert send_form(portal, "/sign-out", large, secret) == (413, 0)
    for body, kind in ((large * 3, FORM), (file, MULTIPART)):
        status, requested = send_form(portal, "/sign-out", body, secret, length=False, kind=kind)
        assert status == 413
        assert requested < MAX_FORM_SIZE + 3 * 65536
    assert send_form(portal, "/sign-out", form, secret) == (303, len(form))


def test_a_form_to_a_route_that_takes_pieces_of_files_is_bounded_as_a_form(portal: ASGIApp, world: World) -> None:
    secret, pieces = world.sign_in("amina"), [r for r in BODY_RULES if r.declared_limit and not r.is_open]
    assert [rule.route.path for rule in pieces] == ["/uploads", "/uploads/{upload}"]

    for rule in pieces:
        (method,) = rule.methods
        large = b"x" * (MAX_FORM_SIZE + 1)
        assert send_form(portal, path_of(rule), large, secret, method=method) == (413, 0)


def test_who_never_had_a_seat_learns_nothing_of_a_thing(portal: ASGIApp, world: World) -> None:
    marc = world.sign_in("marc")

    assert send_form(portal, f"/contributions/{world.draft(world.meeting()).id}", b"title=words", marc) == (404, 0)
    assert send_form(portal, f"/contributions/{uuid4()}", b"title=words", marc) == (404, 0)
    assert send_form(portal, "/meetings", b"place=words", marc) == (403, 0)


def test_what_is_refused_before_its_body_is_read_leaves_a_line(portal: ASGIApp, world: World) -> None:
    marc, person = world.sign_in("marc"), str(world.person("marc").id)

    with structlog.testing.capture_logs() as logged:
        send_form(portal, f"/contributions/{uuid4()}/files", b"x=1", marc)
        send_form(portal, "/meetings", b"place=words", marc)

    lines = [(line["person"], line["route"], line["reason"]) for line in logged if line["event"] == "refused"]
    assert lines == [(person, "/contributions/{contribution}/files", "not-found"), (person, "/meetings", "forbidden")]


def test_without_the_database_pages_and_forms_are_answered(
    portal: ASGIApp, world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, state = browser("amina"), portal.app.state
    assert amina.get("/meetings").status_code == 200
    monkeypatch.setattr(state, "portal", replace(state.portal, limiter=ConcurrencyLimiter(lambda: True)))

    for answer in (amina.post("/meetings", {"place": "words"}), amina.get("/meetings")):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "The database is not responding" in answer.text
    assert amina.get("/no-such-page").status_code == 404


def test_a_form_typed_in_an_expired_session_is_returned(world: World, browser: Open, portal: ASGIApp) -> None:
    amina = browser("amina")
    secret = amina.client.cookies["cwg_portal"]
    amina.post("/sign-out")
    amina.client.cookies.set("cwg_portal", secret)

    answer: httpx2.Response = amina.post("/meetings", {"place": "Words that took an hour"})

    assert answer.status_code == 401
    assert "Words that took an hour" in answer.text
    assert send_form(portal, "/meetings", b"x" * (MAX_FORM_SIZE + 1), secret) == (401, 0)
    assert send_form(portal, "/meetings", b"place=words", secret, length=False) == (401, 0)
    # A server that lets more pass than was announced.
    status, requested = send_form(portal, "/meetings", b"x" * (3 * MAX_FORM_SIZE), secret, announced=1024)
    assert (status, requested < MAX_FORM_SIZE + 3 * 65536) == (413, True)


def test_bodies_of_public_routes_are_small(portal: ASGIApp) -> None:
    open_routes = {rule.path.pattern for rule in BODY_RULES if rule.is_open}
    assert open_routes == {r"^/sign\-in/backchannel\-logout$", "^/letters/stop$", "^/inbox/liaisons$"}

    for address, small, endless in (("/sign-in/backchannel-logout", 400, 413), ("/letters/stop", 200, 200)):
        assert send_form(portal, address, b"logout_token=x")[0] == small
        assert send_form(portal, address, b"x" * MAX_FORM_SIZE)[0] == 413
        status, requested = send_form(portal, address, b"x" * MAX_FORM_SIZE, length=False)
        assert (status, requested <= 3 * 65536) == (endless, True)  # logout tokens are refused without reading the body

    for length in (True, False):  # a letter of a stranger is not read at all
        assert send_form(portal, "/inbox/liaisons", b"x" * MAX_FORM_SIZE, length=length) == (403, 0)


def path_of(rule: BodyRule) -> str:
    """An address of a route, of a thing that there is not."""
    path = rule.path.pattern.strip("^$").replace("\\", "")
    path = re.sub(r"\(\?P<edition>.*?\)\)?(?=/)", "first", path)
    return re.sub(r"\(\?P<\w+>\[\^/\]\+\)", str(uuid4()), path)


def answer_to_first_piece(port: int, method: str, path: str, cookie: str, kind: str, length: int | None) -> int:
    """Send the head of a request and 64 kB of a body that is longer; return the status of the answer.

    Raises TimeoutError if the server waits for the rest.
    """
    head = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        f"Origin: http://{HOST}",
        f"Content-Type: {kind}",
        f"Cookie: cwg_portal={cookie}; cwg_lang=en",
        f"Content-Length: {length}" if length else "Transfer-Encoding: chunked",
    ]
    piece = FIRST_PIECE if length else b"%x\r\n%s\r\n" % (len(FIRST_PIECE), FIRST_PIECE)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + piece)
        return int(connection.recv(65536).split(b" ", 2)[1])


def test_of_somebody_without_a_seat_no_route_reads_more_than_the_first_piece(
    portal: ASGIApp, world: World, case_sampler: CaseSampler
) -> None:
    marc, port = world.sign_in("marc"), free_port()
    cases = [
        (rule, method, kind, length)
        for rule in BODY_RULES
        for method in rule.methods
        for kind in (FORM, MULTIPART, "application/partial-upload")
        for length in (20 * MAX_FORM_SIZE, None if rule.needs_seat and kind != FORM else MAX_FORM_SIZE + 1)
    ]

    with served(portal, port):
        for rule, method, kind, length in case_sampler.take(cases, one_of=8):
            status = answer_to_first_piece(port, method, path_of(rule), marc, kind, length)
            assert status in ((401, 403, 404) if rule.needs_seat else (401, 403, 413, 400)), (method, rule)
    assert len(cases) > 800
    assert sum(rule.takes_file for rule in BODY_RULES) == 15


def test_a_route_that_takes_no_file_reads_no_more_than_a_form(portal: ASGIApp, world: World) -> None:
    port, ines = free_port(), world.sign_in("ines")

    with served(portal, port):
        for rule in BODY_RULES:
            if not rule.takes_file and rule.declared_limit is None:
                (method,) = rule.methods
                assert answer_to_first_piece(port, method, path_of(rule), ines, MULTIPART, MAX_FORM_SIZE + 1) == 413


def test_a_file_is_read_only_from_those_who_may_send_one(portal: ASGIApp, world: World) -> None:
    path, large = "/contributions/00000000-0000-0000-0000-000000000000/files", b"x" * (MAX_FORM_SIZE + 1)

    assert send_form(portal, path, large, world.sign_in("amina"))[1] > 65536  # a delegate
    assert send_form(portal, path, large, world.sign_in("joseph"), kind=MULTIPART) == (403, 0)  # a focal point
    assert send_form(portal, path, b"title=words", world.sign_in("joseph"))[1] == len(b"title=words")


def end_at_midnight(world: World, who: str) -> None:
    """The accreditation ended with the day before."""
    with transaction(world.write) as session:
        record_rows(session)
        theirs = update(Accreditation).where(Accreditation.person_id == world.person(who).id)
        session.execute(theirs.values(until_on=clock.now().date() - timedelta(days=1)))


def test_what_was_typed_survives_a_seat_that_ended_at_midnight(world: World, browser: Open) -> None:
    contribution, amina, words = world.draft(world.meeting()), browser("amina"), "Words that took <an> hour"
    before = amina.post(f"/contributions/{contribution.id}", {"title": words, "version": "1"})

    end_at_midnight(world, "amina")
    there, nowhere = (
        amina.post(f"/contributions/{key}", {"title": words, "version": "1"}) for key in (contribution.id, uuid4())
    )
    foreign = amina.post(
        f"/contributions/{contribution.id}", {"title": words}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert before.status_code != 404
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content
    assert "Words that took &lt;an&gt; hour</textarea>" in there.text
    assert "Copy what you need" in there.text
    assert amina.token not in there.text.split("</h1>")[1]
    assert "Words that took" not in foreign.text


def test_a_small_form_of_somebody_who_had_a_seat_is_still_read(portal: ASGIApp, world: World) -> None:
    end_at_midnight(world, "amina")
    secret = world.sign_in("amina")

    assert world.actor("amina").seats == frozenset()
    assert send_form(portal, "/meetings", b"place=words", secret)[1] == len(b"place=words")
    assert send_form(portal, "/meetings", b"x" * (MAX_FORM_SIZE + 1), secret) == (403, 0)
    assert send_form(portal, "/meetings", b"place=words", secret, length=False) == (403, 0)
    assert send_form(portal, "/meetings", b"place=words", world.sign_in("marc")) == (403, 0)


def test_bytes_under_way_are_bounded_by_person() -> None:
    under_way, one, other = BytesUnderWay(100), uuid4(), uuid4()

    with under_way.hold(one, 60):
        with pytest.raises(TooManyRequests), under_way.hold(one, 60):
            pass
        with under_way.hold(other, 60), under_way.hold(one, 40):
            pass
    with under_way.hold(one, 101):  # one body alone is bounded by its route
        pass


@pytest.mark.parametrize(
    "length_and_body",
    [f"Content-Length: {100 * MAX_FORM_SIZE}\r\n\r\n--x\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\n--x\r\n\r\n"],
)
def test_a_person_who_is_sending_two_files_waits_before_a_third(
    portal: ASGIApp, world: World, length_and_body: str
) -> None:
    """A body of unknown length counts as the largest one."""
    amina, port = world.sign_in("amina"), free_port()
    path = "/contributions/00000000-0000-0000-0000-000000000000/files"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {MULTIPART}\r\n"
        f"Cookie: cwg_portal={amina}\r\n{length_and_body}"
    ).encode()

    with served(portal, port), ExitStack() as open_lines:
        lines = [open_lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(3)]
        for line in lines:
            line.sendall(head)
        answered = select(lines, [], [], 20)[0]  # whichever came last
        (answer,) = [line.recv(65536) for line in answered]
        assert answer.split(b" ", 2)[1] == b"429"
        assert b"\r\nretry-after: 5\r\n" in answer
        assert answer_to_first_piece(port, "POST", "/sign-out", world.sign_in("rafael"), FORM, 65536) == 403
