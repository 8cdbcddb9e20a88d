"""`/.well-known/security.txt` names a contact and never expires while it is served (RFC 9116)."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import ValidationError

from app.core import clock
from app.core.errors import NotFound
from app.http.route_guards import AllowAnyone, require_guards
from app.http.security_txt import PATH, add_security_txt_route
from app.settings import Settings

URL = "https://portal.example.org"


def client(contact: str) -> TestClient:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_security_txt_route(app, contact, URL)
    require_guards(app, AllowAnyone)
    return TestClient(app)


@pytest.mark.parametrize("days", [0, 400, 4000])
def test_it_has_the_fields_of_the_rfc_and_expires_in_the_future(days: int) -> None:
    with clock.shifted_clock(timedelta(days=days)):
        answer = client("mailto:security@example.org").get(PATH)
        now = clock.now()

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = [line.split(": ", 1) for line in answer.text.splitlines()]
    fields = dict(lines)
    assert len(lines) == len(fields)
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"] == URL + PATH
    assert set(fields["Preferred-Languages"].split(", ")) == {"en", "fr", "es", "ar", "zh", "ru"}
    expires = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=170) < expires - now < timedelta(days=365)


def test_without_a_contact_there_is_none() -> None:
    assert client("mailto:security@example.org").get(PATH).status_code == 200
    with pytest.raises(NotFound):
        client("").get(PATH)


def test_the_contact_is_that_of_the_setting_or_of_the_secretariat() -> None:
    secretariat = {"secretariat_mail": "cwg@example.org"}
    assert Settings().security_contact_uri == ""
    assert Settings(**secretariat).security_contact_uri == "mailto:cwg@example.org"
    own = Settings(**secretariat, security_contact="https://example.org/security")
    assert own.security_contact_uri == "https://example.org/security"


@pytest.mark.parametrize("value", ["security@example.org", "http://example.org", "mailto:a@example.org\nHiring: x"])
def test_another_contact_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        Settings(security_contact=value)
