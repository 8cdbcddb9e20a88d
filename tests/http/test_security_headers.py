"""The outermost middleware: Host, path, and the headers of every response."""

import asyncio

import pytest
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from app.http.downloads import SANDBOX_POLICY, VIEWER_POLICY
from app.http.security_headers import SecurityHeadersMiddleware, build_content_policy
from app.http.shutdown import GracefulShutdown
from tests.architecture.source_code import APP

HOME = "https://portal.example.org"


def make_app() -> FastAPI:
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
    return TestClient(
        SecurityHeadersMiddleware(make_app(), public_url=HOME), base_url=HOME, raise_server_exceptions=False
    )


def request_status(headers: list[tuple[bytes, bytes]], path: str = "/", public_url: str = HOME) -> int:
    """Return the status of a handmade request with exactly these header lines."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "scheme": "http"}
    asyncio.run(SecurityHeadersMiddleware(make_app(), public_url=public_url)(scope, receive, send))
    return int(messages[0]["status"])


def test_every_response_has_security_headers(client: TestClient) -> None:
    for path, status in (("/", 200), ("/nothing", 404), ("/broken", 500)):
        response = client.get(path)

        assert response.status_code == status
        assert response.headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'none'; "
            "object-src 'none'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_every_policy_names_all_that_does_not_follow_from_the_default() -> None:
    framing = {SANDBOX_POLICY: "'none'", VIEWER_POLICY: "'self'", build_content_policy(): "'none'"}

    for policy, framed_by in framing.items():
        directives = dict(part.split(" ", 1) if " " in part else (part, "") for part in policy.split("; "))
        assert directives["default-src"] == directives["base-uri"] == "'none'"
        assert directives["frame-ancestors"] == framed_by
        assert directives["form-action"] in ("'none'", "'self'")
    assert "object-src 'none'" in build_content_policy()


def test_a_response_may_set_only_its_caching_and_content_policy(client: TestClient) -> None:
    response = client.get("/file")

    assert response.headers["Content-Security-Policy"] == "sandbox"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers.get_list("X-Frame-Options") == ["DENY"]
    assert "Server" not in response.headers


def test_plain_http_has_no_transport_security_header() -> None:
    home = "http://127.0.0.1:8000"
    response = TestClient(SecurityHeadersMiddleware(make_app(), public_url=home), base_url=home).get("/")

    assert response.status_code == 200
    assert "Strict-Transport-Security" not in response.headers


def test_no_other_site_is_allowed_to_read_an_answer(client: TestClient) -> None:
    elsewhere = {"Origin": "https://elsewhere.example.org", "Access-Control-Request-Method": "GET"}
    for answer in (client.get("/", headers=elsewhere), client.options("/", headers=elsewhere)):
        assert [name for name in answer.headers if name.startswith("access-control")] == []

    sources = [path.read_text(encoding="utf-8").lower() for path in APP.rglob("*.py")]
    assert len(sources) > 300
    assert not any("access-control-allow" in source or "corsmiddleware" in source for source in sources)


def test_a_form_may_lead_to_the_configured_identity_provider() -> None:
    app = SecurityHeadersMiddleware(make_app(), public_url=HOME, form_targets=["https://id.example.org"])
    response = TestClient(app, base_url=HOME).get("/")

    assert "form-action 'self' https://id.example.org;" in response.headers["Content-Security-Policy"]


def test_each_request_has_an_id_chosen_by_the_portal(client: TestClient) -> None:
    first = client.get("/", headers={"X-Request-ID": "mine"})
    second = client.get("/")

    assert first.headers["X-Request-ID"] == first.json()["number"]
    assert len({first.headers["X-Request-ID"], second.headers["X-Request-ID"], "mine"}) == 3


def test_a_foreign_host_is_not_answered(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    for host in ("evil.example.org", "portal.example.org:8443", "portal.example.org.evil.org", ""):
        response = client.get("/", headers={"Host": host})

        assert response.status_code == 421, host
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_host_may_have_its_default_port_and_capitals() -> None:
    assert request_status([(b"host", b"portal.example.org")]) == 200
    assert request_status([(b"host", b"portal.example.org:443")]) == 200
    assert request_status([(b"host", b"PORTAL.example.org")]) == 200
    assert request_status([(b"host", b"127.0.0.1:8000")], public_url="http://127.0.0.1:8000") == 200
    assert request_status([(b"host", b"127.0.0.1")], public_url="http://127.0.0.1:8000") == 421


def test_a_request_must_name_one_host_once() -> None:
    assert request_status([]) == 400
    assert request_status([(b"host", b"portal.example.org"), (b"host", b"portal.example.org")]) == 400
    assert request_status([(b"host", b"portal.example.org"), (b"host", b"evil.example.org")], "/healthz") == 400


def test_health_is_answered_under_any_host_without_repeating_it(client: TestClient) -> None:
    response = client.get("/healthz", headers={"Host": "10.0.0.7:8000"})

    assert response.json() == {"url": f"{HOME}/healthz"}


def test_urls_are_built_from_the_public_one_whatever_the_headers_say(client: TestClient) -> None:
    forged = {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example.org"}
    response = client.get("http://portal.example.org/", headers=forged)

    assert response.json()["url"] == f"{HOME}/"


def test_a_path_with_control_characters_is_refused(client: TestClient) -> None:
    assert client.get("/nothing%20here").status_code == 404
    for path in ("/a%00b", "/a%0d%0ab", "/a%7fb", "/a%c2%85b"):
        assert client.get(path).status_code == 400, path


def test_a_request_target_that_is_not_a_path_is_refused() -> None:
    assert request_status([(b"host", b"portal.example.org")], "*") == 400
    assert request_status([(b"host", b"portal.example.org")], "http://evil.example.org/") == 400


def test_web_sockets_are_refused(client: TestClient) -> None:
    with TestClient(make_app()).websocket_connect("/socket"):
        pass
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass


def request_raw(method: str, path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """Return status, headers and body as they leave the application, before a server or client changes them."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"portal.example.org")],
    }
    asyncio.run(SecurityHeadersMiddleware(make_app(), public_url=HOME)(scope, receive, send))
    headers = {name: value for name, value in messages[0]["headers"] if name != b"x-request-id"}
    return messages[0]["status"], headers, b"".join(message.get("body", b"") for message in messages[1:])


@pytest.mark.parametrize("path", ["/file", "/healthz", "/nothing"])
def test_head_is_answered_like_get_without_the_body(path: str) -> None:
    status, headers, body = request_raw("GET", path)

    assert body
    assert headers[b"content-length"] == str(len(body)).encode()
    assert request_raw("HEAD", path) == (status, headers, b"")


def test_a_server_that_hands_over_answers_only_what_must_not_be_sent_twice() -> None:
    shutdown = GracefulShutdown()
    client = TestClient(SecurityHeadersMiddleware(make_app(), public_url=HOME, shutdown=shutdown), base_url=HOME)
    before = client.get("/").status_code

    shutdown.is_shutting_down = shutdown.is_handing_over = True

    assert [before, client.get("/").status_code, client.head("/").status_code] == [200, 502, 502]
    assert client.post("/").status_code == 405  # answered by the application
