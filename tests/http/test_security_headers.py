"""The outermost layer: Host, path, and the headers of every answer."""

import asyncio

import pytest
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from app.http.security_headers import SecurityHeadersMiddleware
from app.http.shutdown import GracefulShutdown

HOME = "https://portal.example.org"


def house() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def home(request: Request) -> dict[str, str]:
        return {"url": str(request.url_for("home")), "number": request.state.request_id}

    @app.get("/healthz")
    def healthz(request: Request) -> dict[str, str]:
        return {"url": str(request.url)}

    @app.get("/file")
    def file() -> Response:
        headers = {
            "Content-Security-Policy": "sandbox",
            "Cache-Control": "no-cache",
            "Server": "secret/1",
            "X-Frame-Options": "x",
        }
        return PlainTextResponse("file", headers=headers)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a fault of ours")

    @app.websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        await socket.accept()

    return app


@pytest.fixture
def client() -> TestClient:
    return TestClient(SecurityHeadersMiddleware(house(), public_url=HOME), base_url=HOME, raise_server_exceptions=False)


def answer(headers: list[tuple[bytes, bytes]], path: str = "/", public_url: str = HOME) -> int:
    """The status of a request made by hand, with the header lines as they are."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "scheme": "http"}
    asyncio.run(SecurityHeadersMiddleware(house(), public_url=public_url)(scope, receive, send))
    return int(said[0]["status"])


def test_every_answer_tells_the_browser_what_it_may_do(client: TestClient) -> None:
    for path, status in (("/", 200), ("/nothing", 404), ("/broken", 500)):
        got = client.get(path)

        assert got.status_code == status
        assert got.headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'none'; "
            "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Referrer-Policy"] == "same-origin"
        assert got.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert got.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert got.headers["X-Frame-Options"] == "DENY"
        assert "camera=()" in got.headers["Permissions-Policy"]
        assert got.headers["Cache-Control"] == "no-store"
        assert got.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_an_answer_may_set_its_own_caching_and_content_policy_and_nothing_else(client: TestClient) -> None:
    got = client.get("/file")

    assert got.headers["Content-Security-Policy"] == "sandbox"
    assert got.headers["Cache-Control"] == "no-cache"
    assert got.headers.get_list("X-Frame-Options") == ["DENY"]
    assert "Server" not in got.headers


def test_plain_http_makes_no_promise_about_transport() -> None:
    home = "http://127.0.0.1:8000"
    got = TestClient(SecurityHeadersMiddleware(house(), public_url=home), base_url=home).get("/")

    assert got.status_code == 200
    assert "Strict-Transport-Security" not in got.headers


def test_a_form_may_lead_to_the_identity_provider_if_that_is_named() -> None:
    app = SecurityHeadersMiddleware(house(), public_url=HOME, form_targets=["https://id.example.org"])
    got = TestClient(app, base_url=HOME).get("/")

    assert "form-action 'self' https://id.example.org;" in got.headers["Content-Security-Policy"]


def test_each_request_has_a_name_of_our_choosing(client: TestClient) -> None:
    first = client.get("/", headers={"X-Request-ID": "mine"})
    second = client.get("/")

    assert first.headers["X-Request-ID"] == first.json()["number"]
    assert len({first.headers["X-Request-ID"], second.headers["X-Request-ID"], "mine"}) == 3


def test_a_foreign_host_is_not_answered(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    for host in ("evil.example.org", "portal.example.org:8443", "portal.example.org.evil.org", ""):
        got = client.get("/", headers={"Host": host})

        assert got.status_code == 421, host
        assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_our_host_may_be_written_with_its_usual_port_and_in_capitals() -> None:
    assert answer([(b"host", b"portal.example.org")]) == 200
    assert answer([(b"host", b"portal.example.org:443")]) == 200
    assert answer([(b"host", b"PORTAL.example.org")]) == 200
    assert answer([(b"host", b"127.0.0.1:8000")], public_url="http://127.0.0.1:8000") == 200
    assert answer([(b"host", b"127.0.0.1")], public_url="http://127.0.0.1:8000") == 421


def test_a_request_names_one_host_once() -> None:
    assert answer([]) == 400
    assert answer([(b"host", b"portal.example.org"), (b"host", b"portal.example.org")]) == 400
    assert answer([(b"host", b"portal.example.org"), (b"host", b"evil.example.org")], "/healthz") == 400


def test_health_is_answered_under_any_name_but_never_repeats_it(client: TestClient) -> None:
    got = client.get("/healthz", headers={"Host": "10.0.0.7:8000"})

    assert got.json() == {"url": f"{HOME}/healthz"}


def test_addresses_are_made_from_the_public_one_whatever_the_headers_say(client: TestClient) -> None:
    forged = {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example.org"}
    got = client.get("http://portal.example.org/", headers=forged)

    assert got.json()["url"] == f"{HOME}/"


def test_a_path_with_control_characters_is_refused(client: TestClient) -> None:
    assert client.get("/nothing%20here").status_code == 404
    for path in ("/a%00b", "/a%0d%0ab", "/a%7fb", "/a%c2%85b"):
        assert client.get(path).status_code == 400, path


def test_a_request_target_that_is_no_path_is_refused() -> None:
    assert answer([(b"host", b"portal.example.org")], "*") == 400
    assert answer([(b"host", b"portal.example.org")], "http://evil.example.org/") == 400


def test_no_web_socket_gets_past(client: TestClient) -> None:
    with TestClient(house()).websocket_connect("/socket"):
        pass
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass


def raw(method: str, path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body as they leave us, before any server or client leaves something out."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"portal.example.org")],
    }
    asyncio.run(SecurityHeadersMiddleware(house(), public_url=HOME)(scope, receive, send))
    headers = {name: value for name, value in said[0]["headers"] if name != b"x-request-id"}
    return said[0]["status"], headers, b"".join(message.get("body", b"") for message in said[1:])


@pytest.mark.parametrize("path", ["/file", "/healthz", "/nothing"])
def test_head_is_answered_like_get_without_the_body(path: str) -> None:
    status, headers, body = raw("GET", path)

    assert body
    assert headers[b"content-length"] == str(len(body)).encode()
    assert raw("HEAD", path) == (status, headers, b"")


def test_a_server_that_hands_over_answers_only_what_must_not_be_sent_twice() -> None:
    shutdown = GracefulShutdown()
    client = TestClient(SecurityHeadersMiddleware(house(), public_url=HOME, shutdown=shutdown), base_url=HOME)
    before = client.get("/").status_code

    shutdown.is_shutting_down = shutdown.is_handing_over = True

    assert [before, client.get("/").status_code, client.head("/").status_code] == [200, 502, 502]
    assert client.post("/").status_code == 405  # answered by the application
