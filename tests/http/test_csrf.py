"""Forms: sent from a page of the portal, by the person it was made for, each field once."""

from datetime import timedelta
from io import BytesIO
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from starlette.datastructures import FormData, Headers, QueryParams, UploadFile
from starlette.responses import Response

from app.core.clock import shifted_clock
from app.core.errors import BadRequest, Forbidden
from app.http.csrf import create_form_token, is_same_origin, require_single_fields, single_field, verify_csrf

HOME = "https://portal.example.org"
SECRET = "a secret of the tests, long enough to be one"
HERE = {"Sec-Fetch-Site": "same-origin", "Origin": HOME}


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()

    async def check_form(request: Request) -> None:
        await verify_csrf(request, origin=HOME, secret=SECRET, person="ada")

    @app.exception_handler(Forbidden)
    def forbidden(request: Request, refusal: Forbidden) -> Response:
        return Response(str(refusal), 403)

    @app.api_route("/", methods=["GET", "POST", "DELETE"])
    def change(_: Annotated[None, Depends(check_form)]) -> str:
        return "changed"

    return TestClient(app, base_url=HOME)


def post_form(client: TestClient, headers: dict[str, str], *tokens: str) -> int:
    return client.post("/", headers=headers, data={"token": list(tokens)}).status_code


def test_a_form_of_the_portal_is_accepted(client: TestClient) -> None:
    token = create_form_token(SECRET, "ada")

    assert post_form(client, HERE, token) == 200
    assert post_form(client, {"Origin": HOME}, token) == 200
    assert post_form(client, {"Sec-Fetch-Site": "same-origin"}, token) == 200
    assert post_form(client, {"Referer": f"{HOME}/meetings/22?tab=a"}, token) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": HOME},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example.org"},
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Origin": "http://portal.example.org"},
        {"Origin": "https://portal.example.org.evil.org"},
        {"Origin": "null", "Referer": f"{HOME}/"},
        {"Referer": "https://evil.example.org/?https://portal.example.org/"},
        {"Referer": "https://portal.example.org@evil.example.org/"},
    ],
)
def test_a_form_of_another_origin_is_refused_even_with_a_valid_token(
    client: TestClient, headers: dict[str, str]
) -> None:
    assert post_form(client, HERE, create_form_token(SECRET, "ada")) == 200
    assert post_form(client, headers, create_form_token(SECRET, "ada")) == 403


def test_a_repeated_header_is_refused() -> None:
    assert is_same_origin(Headers(raw=[(b"origin", HOME.encode())]), HOME)
    assert not is_same_origin(Headers(raw=[(b"origin", HOME.encode()), (b"origin", b"https://evil.example.org")]), HOME)
    assert not is_same_origin(Headers(raw=[(b"sec-fetch-site", b"same-origin")] * 2), HOME)
    assert not is_same_origin(Headers(raw=[(b"referer", HOME.encode())] * 2), HOME)


def test_a_token_is_valid_for_one_person_under_one_secret(client: TestClient) -> None:
    good = create_form_token(SECRET, "ada")

    assert post_form(client, HERE, good) == 200
    for bad in (
        create_form_token(SECRET, "bob"),
        create_form_token("another secret", "ada"),
        good[:-1],
        good + "0",
        "",
        "é",
        "\x00",
    ):
        assert post_form(client, HERE, bad) == 403, bad


def test_a_token_must_be_present_once_and_as_text(client: TestClient) -> None:
    good = create_form_token(SECRET, "ada")

    assert post_form(client, HERE) == 403
    assert post_form(client, HERE, good, good) == 403
    assert client.post("/", headers=HERE, files={"token": ("token", good)}).status_code == 403
    assert client.post("/", headers=HERE, json={"token": good}).status_code == 403


def test_a_token_is_valid_until_the_end_of_the_next_day(client: TestClient) -> None:
    token = create_form_token(SECRET, "ada")

    with shifted_clock(timedelta(days=1)):
        assert post_form(client, HERE, token) == 200
    with shifted_clock(timedelta(days=2)):
        assert post_form(client, HERE, token) == 403
    with shifted_clock(timedelta(days=-1)):
        assert post_form(client, HERE, token) == 403


def test_reading_needs_no_token_and_every_other_method_does(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    assert client.delete("/", headers=HERE).status_code == 403


def test_one_value_is_read_and_anything_else_is_refused() -> None:
    form = FormData([("title", "Fibre"), ("twice", "a"), ("twice", "b"), ("file", UploadFile(file=BytesIO()))])

    assert single_field(form, "title") == "Fibre"
    assert single_field(QueryParams("page=2"), "page") == "2"
    for name in ("twice", "file", "absent"):
        with pytest.raises(BadRequest):
            single_field(form, name)


def test_a_repeated_field_is_refused_unless_allowed() -> None:
    form = FormData([("title", "Fibre"), ("topics", "a"), ("topics", "b")])

    require_single_fields(form, repeatable={"topics"})
    with pytest.raises(BadRequest):
        require_single_fields(form)
