"""Every page that needs no session, fetched without one: it answers, reveals nothing and changes nothing."""

from fastapi import FastAPI
from sqlalchemy import func, select

from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.contributions.models import Contribution
from app.http.authentication import SignedInGuard
from app.http.route_guards import AllowAnyone, list_routes_with_guard_or_none
from tests.browser import Browser

# The status without a session; /sign-in needs a provider and is tested in test_sign_in, and no document is public here.
EXPECTED = {
    ("GET", "/"): 200,
    ("GET", "/help"): 200,
    ("GET", "/help/rights"): 200,
    ("GET", "/help/chairing"): 200,
    ("GET", "/help/contacts"): 200,
    ("GET", "/help/deadlines"): 200,
    ("GET", "/help/first-contribution"): 200,
    ("GET", "/help/preparing"): 200,
    ("GET", "/help/contribution-template-{language}.docx"): 200,
    ("GET", "/help/glossary"): 200,
    ("GET", "/verify"): 200,
    ("GET", "/verify/receipt.py"): 200,
    ("GET", "/verify/liaison.py"): 200,
    ("GET", "/keys"): 200,
    ("GET", "/keys.json"): 200,
    ("GET", "/ledger/checkpoint"): 404,
    ("GET", "/ledger/checkpoint/{size}"): 404,
    ("GET", "/ledger/inclusion/{size}/{index}"): 404,
    ("GET", "/ledger/consistency/{old}/{size}"): 404,
    ("GET", "/ledger/tile/{level}/{place}"): 404,
    ("GET", "/public/documents"): 200,
    ("GET", "/public/documents/{document}"): 404,
    ("GET", "/public/documents/{document}/{edition}"): 404,
    ("GET", "/public/documents/{document}/files/{language}"): 404,
    ("GET", "/public/documents/{document}/{edition}/files/{language}"): 404,
    ("GET", "/calendars/{secret}.ics"): 404,
    ("GET", "/letters/stop"): 303,
    ("POST", "/letters/stop"): 200,
    ("GET", "/static/{name}"): 200,
    ("GET", "/.well-known/security.txt"): 404,  # no contact is set; more in tests/http/test_security_txt.py
    ("GET", "/healthz"): 200,
    ("GET", "/readyz"): 200,
    ("GET", "/sign-in"): 503,
    ("GET", "/sign-in/again"): 503,
    ("GET", "/sign-in/approval"): 400,
    ("GET", "/sign-in/callback"): 303,
    ("GET", "/sign-in/refused/{refusal}"): 401,
    ("GET", "/sign-out/provider"): 303,
    ("POST", "/sign-in/backchannel-logout"): 400,
    ("POST", "/inbox/liaisons"): 403,  # more in tests/web/liaisons/test_inbox.py
}


def list_open_routes(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method, str(route.path_format))
        for route, guard in list_routes_with_guard_or_none(app, AllowAnyone, SignedInGuard)
        if isinstance(guard, AllowAnyone)
        for method in route.methods
    }


def test_the_open_pages_are_exactly_the_expected_ones(portal) -> None:
    assert list_open_routes(portal.app) == set(EXPECTED)


def test_nothing_describes_the_portal_or_repeats_a_request(browser) -> None:
    anonymous: Browser = browser()

    for path in ("/docs", "/redoc", "/openapi.json", "/metrics", "/.git/config", "/.env", "/static/", "/_files/"):
        assert anonymous.get(path).status_code == 404, path
    traced = anonymous.client.request("TRACE", "/", headers={"X-Canary": "repeated"})
    assert traced.status_code == 405
    assert "repeated" not in traced.text


def test_an_open_page_answers_without_a_session_and_reveals_nothing(browser, world) -> None:
    """One world serves all of them: after each, it is looked at whether anything was changed."""
    meeting = world.meeting()
    draft = world.draft(meeting, title="Canary of a draft")
    _, document = world.registered(meeting, title="Canary of a document")
    with transaction(world.read) as session:
        before = session.scalar(select(func.count()).select_from(JournalLine))
    names = {"name": "style.css", "document": document.id, "edition": "first", "language": "en", "secret": "x"}
    names |= {"refusal": "cancelled", "size": 1, "index": 0, "old": 1, "level": 0, "place": "000.p/1"}
    wrong = []
    for (method, path), expected in EXPECTED.items():
        anonymous: Browser = browser()
        body = {"logout_token": "x"} if method == "POST" else None
        answer = anonymous.client.request(method, path.format(**names), data=body)
        kind = answer.headers.get("Content-Type", "")
        with transaction(world.read) as session:
            found = {
                "status": answer.status_code == expected,
                "type": bool(kind or not answer.content),
                "encoding": not kind.startswith("text/") or kind.endswith("; charset=utf-8"),
                "draft": draft.title not in answer.text,
                "document": "Canary of a document" not in answer.text,
                "journal": session.scalar(select(func.count()).select_from(JournalLine)) == before,
                "rows": session.scalars(select(Contribution.id).where(Contribution.status == "draft")).all() == [],
            }
        wrong += [f"{method} {path}: {what} ({answer.status_code})" for what, is_right in found.items() if not is_right]
    assert wrong == []


def test_the_page_of_a_refused_sign_in_knows_who_is_signed_in(browser, world) -> None:
    """Somebody who cancelled a sign-in for an act is signed in as before."""
    name = world.person("amina").name

    assert name in browser("amina").get("/sign-in/refused/cancelled").text
    assert name not in browser().get("/sign-in/refused/cancelled").text
