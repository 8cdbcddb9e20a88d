"""Every act that cannot be undone has a check page, and every other POST route says how it is undone."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from app.core.permissions import Permission
from app.domain.rights import PERMISSIONS
from app.http.authentication import SignedInGuard
from app.server.database_urls import PROJECT_ROOT
from app.web.forms.checked_acts import CHECKED_ACTS, NO
from app.web.routers import list_routers

TEMPLATES = PROJECT_ROOT / "templates"
AGENDA, FLOOR = "/meetings/{meeting}/agenda", "/meetings/{meeting}/floor"
DRAFT, OUTPUT = "/contributions/{contribution}", "/outputs/{output}"
# How each act without a check page is undone, and the acts.
UNDONE: Mapping[str, tuple[str, ...]] = {
    "what was saved is changed or saved again": (
        *(
            "/account/time-zone",
            "/filters",
            "/letters",
            f"{AGENDA}/proposals/until",
            f"{AGENDA}/deputies",
            "/topics",
            "/organizations",
            "/organizations/{organization}",
            "/organizations/{organization}/inbox",
            *("/mandates", "/mandates/{mandate}", "/mandates/{mandate}/{clause}/edit", "/action-lines/{action_line}"),
            *(f"/action-lines/{{action_line}}/facilitators{which}" for which in ("", "/{facilitation}")),
        ),
        *("/bodies/{body}/clearance", DRAFT, "/topics/{topic}", "/states"),
        "/registration/assignments",
        *(
            "/documents/{document}/titles",
            "/documents/{document}/correct",
            "/documents/{document}/{edition:edition}/relist",
        ),
        *("/meetings/{meeting}/edit", "/meetings/{meeting}/practical", "/meetings/{meeting}/attendance"),
        "/meetings/{meeting}/badges",
        *("/meetings/{meeting}/invitation", "/meetings/{meeting}/invitation/preview"),
        *(f"/bodies/{{body}}/invitation-template/{{language}}{act}" for act in ("", "/drop")),
        *("/participants/{participant}", "/sessions/{meeting_session}", OUTPUT),
        "/meetings/{meeting}/report/edit",
        *("/bodies/{body}/reporting-duties", "/reporting-duties/{duty}/edit"),
        *("/meetings/{meeting}/report/corrections-deadline", "/meetings/{meeting}/report/comments/{comment}"),
        *("/bodies/{body}/questions", "/bodies/{body}/questions/required", "/bodies/{body}/questions/{number}"),
        *("/meetings/{meeting}/actions/{action}", "/bodies/{body}/report-template"),
        *("/meetings/{meeting}/decisions/{decision}/action", "/bodies/{body}/report-template/drop"),
        *(f"{FLOOR}/notes", "/meetings/{meeting}/briefing/notes"),
        *("/meetings/{meeting}/decisions/new", "/meetings/{meeting}/decisions/{decision}/correct"),
        *("/meetings/{meeting}/decisions/{decision}/position", "/meetings/{meeting}/decisions/{decision}/note"),
        *(f"{OUTPUT}/comments/{{comment}}", f"{OUTPUT}/comments/{{comment}}/answer"),
        *(f"{OUTPUT}/statements/{{statement}}", f"{AGENDA}/proposals/{{proposal}}/answer"),
        *("/meetings/{meeting}/report/draft", "/meetings/{meeting}/report/proposal", "/translations/assign"),
        *(f"/meetings/{{meeting}}/report/paragraphs/{{paragraph}}/{act}" for act in ("wordings/restore", "said")),
    ),
    "a version or a clause is never removed from the register, as a document is not; its words are changed": (
        *("/mandates/{mandate}/versions/new", "/mandates/{mandate}/clauses/new"),
    ),
    "the editor has an undo": (
        *(f"{AGENDA}/act", f"{AGENDA}/items/{{item}}"),
        f"{AGENDA}/proposals/{{proposal}}/take-up",
    ),
    "there is an opposite act": (
        "/filters/{saved_filter}/delete",
        *("/liaisons/{liaison}/reply", "/liaisons/{liaison}/reply/remove"),
        *(f"/expected-reports/{{expected_report}}/{act}" for act in ("answer", "decline", "reopen")),
        *("/reporting-duties/{duty}/publication", "/reporting-duties/{duty}/publication/end"),
        *("/organizations/{organization}/end", "/organizations/{organization}/restore"),
        *(f"/mandates/{{mandate}}{of}/{act}" for of in ("", "/{clause}") for act in ("retire", "restore")),
        *("/topics/{topic}/retire", "/topics/{topic}/restore", f"{AGENDA}/proposals", "/documents/{document}/relate"),
        *(f"{AGENDA}/proposals/{{proposal}}/take-back", f"{OUTPUT}/versions/{{number}}/comments"),
        *(f"{OUTPUT}/comments/{{comment}}/take-back", f"{OUTPUT}/statements"),
        f"{OUTPUT}/statements/{{statement}}/take-back",
        *("/meetings/{meeting}/sessions", "/sessions/{meeting_session}/cancel", "/meetings/{meeting}/participants"),
        *(
            "/people/{body}/accredit",
            "/people/{body}/offices/propose",
            "/offices/{appointment}/confirm",
            "/action-lines/{action_line}/focal-points",
            "/focal-points/{focal_point}/confirm",
        ),
        *("/bodies", "/bodies/{group}/first-secretary", "/bodies/{body}/edit", "/bodies/{body}/end"),
        *("/body-proposals/{body_proposal}/decline", "/organization-inboxes/{organization_inbox}/decline"),
        *("/account/calendar", "/account/calendar/revoke", "/sign-out", "/sessions/{user_session}/end"),
        *("/people/{body}/import", "/people/{body}/import/confirm"),
        *("/meetings/{meeting}/check-in", "/participants/{participant}/check-in"),
        "/participants/{participant}/check-in/undo",
        *("/meetings/{meeting}/participants/import", "/meetings/{meeting}/participants/import/confirm"),
        *("/people/{body}/invite", "/invitations/{invitation}/withdraw"),
        *("/accreditation-requests", "/accreditation-requests/{accreditation_request}/decline"),
        *("/letters/follow", "/letters/unfollow", "/letters/stop", "/sign-in/backchannel-logout", "/meetings"),
        "/inbox/liaisons",  # the secretariat returns what it does not register
    ),
    "a draft, or its file, that only its authors see": (
        *("/meetings/{meeting}/contributions", f"{DRAFT}/files", f"{DRAFT}/files/{{language}}/remove"),
        *(f"{DRAFT}/files/{{language}}/clean", f"{DRAFT}/files/{{language}}/original", "/uploads"),
        *(f"{DRAFT}/files/{{language}}/language", f"{DRAFT}/files/{{language}}/title"),
        *("/documents/{document}/follow/{step}", "/meetings/{meeting}/outputs", f"{OUTPUT}/files"),
        *(f"{OUTPUT}/files/{{language}}/remove", f"{OUTPUT}/translate"),
        *("/bodies/{body}/liaisons", "/liaisons/{liaison}/files"),
        *("/translations/received", "/translations/received/discard", f"{AGENDA}/titles"),
    ),
    "the session goes on, and the chair corrects it at once": (
        *(f"{FLOOR}/ask", f"{FLOOR}/requests/{{asked}}/withdraw", f"{FLOOR}/open"),
    ),
    "for one minute there is an undo, then the chair corrects it": (
        *(f"{FLOOR}/item", f"{FLOOR}/give", f"{FLOOR}/end", f"{FLOOR}/clock", f"{FLOOR}/limit", f"{FLOOR}/list"),
        *(f"{FLOOR}/add", f"{FLOOR}/undo", f"{FLOOR}/step", f"{FLOOR}/present"),
        *(f"{FLOOR}/requests/{{asked}}/move", f"{FLOOR}/requests/{{asked}}/decline"),
    ),
    "a comment can be written again": (
        *(f"/meetings/{{meeting}}/report/comments/{{comment}}/{act}" for act in ("resolve", "withdraw")),
        "/meetings/{meeting}/report/paragraphs/{paragraph}/comment",
    ),
    "it changes nothing that others see": ("/meetings/{meeting}/pack", "/meetings/{meeting}/invitation/check"),
    "it repeats what was decided": (f"{OUTPUT}/withdrawal/retry",),
}
WITHOUT_CHECK_PAGE = {path for paths in UNDONE.values() for path in paths}


def list_routes(method: str) -> dict[str, Permission[Any] | None]:
    """The permission of each route of a method, by its address."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in list_routers():
        app.include_router(router)
    return {
        str(route.path): find_permission(route.dependant)
        for route in iter_route_contexts(app.routes)
        if method in (route.methods or ())
    }


def find_permission(dependant: Dependant) -> Permission[Any] | None:
    guards = (each.call for each in dependant.dependencies if isinstance(each.call, SignedInGuard))
    return next((guard.permission for guard in guards), None)


def list_faults(posts: Mapping[str, Permission[Any] | None]) -> list[str]:
    """The routes that change something irreversibly, or in an undecided way, without a check page."""
    return [
        path
        for path, permission in posts.items()
        if path not in CHECKED_ACTS
        and (path not in WITHOUT_CHECK_PAGE or (permission is not None and permission.is_irreversible))
    ]


def test_every_act_that_cannot_be_undone_has_a_check_page() -> None:
    posts = list_routes("POST")

    assert len(posts) > 140
    assert list_faults(posts) == []
    assert posts.keys() >= CHECKED_ACTS.keys()
    assert CHECKED_ACTS.keys().isdisjoint(WITHOUT_CHECK_PAGE)


def test_every_irreversible_permission_leads_to_a_check_page_that_says_so() -> None:
    posts = list_routes("POST")
    said = {permission.name for path, act in CHECKED_ACTS.items() if (permission := posts[path]) and act.undo == NO}
    marked = {permission.name for permission in PERMISSIONS.values() if permission.is_irreversible}

    assert len(marked) > 25
    assert marked == said


def test_every_check_page_is_a_page() -> None:
    pages = list_routes("GET")
    posts = list_routes("POST")

    assert [act.page for path, act in CHECKED_ACTS.items() if act.page not in pages and act.page not in posts] == []


def test_every_check_page_shows_what_the_table_says() -> None:
    """Each entry is named by the template or the module that shows it, and by no other route."""
    sources = [*TEMPLATES.rglob("*.html"), *(PROJECT_ROOT / "app" / "web").rglob("*.py")]
    table = PROJECT_ROOT / "app" / "web" / "forms" / "checked_acts.py"
    shown = "\n".join(each.read_text(encoding="utf-8") for each in sources if each != table)
    named = set(re.findall(r'(?:checked_acts\[|act=f?)"([^"]+)"', shown))
    prefixes = {name for name in named if name.endswith("/")}  # followed by the name of the act

    def is_shown(path: str) -> bool:
        return path in shown or any(path.startswith(each) for each in prefixes)

    assert [path for path in CHECKED_ACTS if not is_shown(path) and "/report/" not in path and DRAFT not in path] == []


@pytest.mark.parametrize("name", ["output:adopt", "contribution:discard"])
def test_a_route_without_a_check_page_is_found(name: str) -> None:
    new = {"/undecided": PERMISSIONS["topic:keep"], "/topics": PERMISSIONS[name], "/topics/{topic}": None}

    assert list_faults(new) == ["/undecided", "/topics"]
