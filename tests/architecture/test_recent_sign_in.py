"""Which acts need a recent sign-in, written by hand; and that no route of them can be reached without one."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2

from app.domain.rights import PERMISSIONS
from app.http.authentication import SignedInGuard
from app.http.csrf import SAFE_METHODS
from app.http.route_guards import AllowAnyone, list_routes_with_guard_or_none
from tests.browser import Browser
from tests.portal_app import build_shared_portal
from tests.world import World

ACTS = {
    "output:adopt",
    "output:approve",
    "output:approve-translation",
    "output:let-out",
    "output:let-out-alone",
    "output:complete",
    "output:confirm-withdrawal",
    "output:withdraw-alone",
    "output:retry-withdrawal",
    "silence:open",
    "silence:take-position",
    "accreditation:grant",
    "accreditation:end",
    "focal-point:appoint",
    "office:propose",
    "office:confirm",
    "office:end",
    "secretariat-message:send",
    "body:propose",
    "focal-point:propose",
    "focal-point:confirm",
    "focal-point:end",
    "body:confirm",
    "body:end",
    "body:change",
    "organization:propose-inbox",
    "organization:confirm-inbox",
    "reporting-duty:confirm-publication",
}
# A focal point is appointed with the form that accredits a delegate, under the guard of that act.
WITHOUT_A_ROUTE = {"focal-point:appoint"}
ASKED = "Sign in again to continue. Your entries have been kept."


def routes() -> list[tuple[str, Any, SignedInGuard]]:
    """Method, route and guard of every route of these acts."""
    return [
        (method, route, guard)
        for route, guard in list_routes_with_guard_or_none(build_shared_portal(), AllowAnyone, SignedInGuard)
        if isinstance(guard, SignedInGuard) and guard.permission.needs_recent_sign_in
        for method in sorted(route.methods)
    ]


def test_these_acts_need_a_recent_sign_in() -> None:
    assert {name for name, permission in PERMISSIONS.items() if permission.needs_recent_sign_in} == ACTS


def test_each_of_them_has_a_route_that_declares_it() -> None:
    declared = {guard.permission.name for method, _, guard in routes() if method not in SAFE_METHODS}

    assert declared == ACTS - WITHOUT_A_ROUTE


def test_none_of_their_forms_takes_a_file_which_would_be_lost() -> None:
    for _, route, _ in routes():
        for field in route.dependant.body_params:
            assert "UploadFile" not in str(field.field_info.annotation)


def test_an_old_sign_in_is_asked_for_a_recent_one_before_anything_is_looked_up(
    world: World, browser: Callable[..., Browser]
) -> None:
    recent, old, wrong = browser("ines"), browser("ines"), []
    old.client.cookies.set("cwg_portal", world.sign_in("ines", ago=timedelta(minutes=16)))
    addresses = [(method, route.path_format) for method, route, _ in routes()]
    for method, pattern in addresses:
        unknown = 404 if "{" in pattern else 400 if method == "POST" else 200
        path = re.sub(r"{\w+}", lambda _: str(uuid4()), pattern)
        asked = (
            [ASKED, '<input type="hidden" name="reason" value="typed before">']
            if method == "POST"
            else [f'href="/sign-in/again?next={path}"']
        )
        known, answer = (send(each, method, path) for each in (recent, old))
        if (known.status_code, answer.status_code) != (unknown, 401) or not all(each in answer.text for each in asked):
            wrong.append(f"{method} {pattern}: {known.status_code}, {answer.status_code}")
    assert len(addresses) > 40
    assert wrong == []


def send(browser: Browser, method: str, path: str) -> httpx2.Response:
    return browser.send(method, path, {"reason": "typed before"}) if method == "POST" else browser.get(path)
