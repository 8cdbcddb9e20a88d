"""Startup checks, health endpoints, and the modules that the read path does not import."""

import subprocess
import sys

import pytest
from fastapi import APIRouter

from app.dissemination import app as read_path_app
from app.settings import Settings
from tests.dissemination.read_path_site import ReaderSite
from tests.world import SIGNERS

LIST_MODULES = "import sys, app.dissemination.app; print(*sorted(m for m in sys.modules if m.startswith('app.')))"
FORBIDDEN = (
    "app.http.portal_state",
    "app.http.authentication",
    "app.web",
    "app.core.journal",
    "app.core.files.ingest",
    "app.domain.bodies",
    "app.domain.contributions",
    "app.domain.documents",
    "app.domain.meetings",
    "app.domain.outputs",
    "app.domain.identity.actions.accounts",
    "app.domain.identity.models.tables",
    "app.domain.identity.actions.sessions",
    "app.domain.releases.actions.release",
)


def test_a_route_without_a_guard_prevents_startup(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    read_path_app.create_inner_app(settings).state.read_path.engine.dispose()
    bare = APIRouter()
    bare.add_api_route("/forgotten", lambda: None)
    monkeypatch.setattr(read_path_app, "outputs", bare, raising=True)
    monkeypatch.setattr(read_path_app, "ROUTERS", (*read_path_app.ROUTERS, type("Room", (), {"router": bare})))

    with pytest.raises(RuntimeError, match="no guard on: /forgotten"):
        read_path_app.create_inner_app(settings)


@pytest.mark.parametrize(
    "change", [{"read_session_secret": ""}, {"read_session_secret": "changeme" * 8}, {"reader_database_url": None}]
)
def test_a_weak_secret_or_a_shared_role_prevents_startup(settings: Settings, change: dict[str, object]) -> None:
    values = settings.model_dump()
    read_path_app.create_inner_app(Settings(**values)).state.read_path.engine.dispose()

    with pytest.raises(ValueError, match="CWG_READ"):
        read_path_app.create_inner_app(Settings(**values | change))


def test_the_site_is_alive_and_ready_while_database_and_store_answer(reader_site: ReaderSite) -> None:
    browser = reader_site.browser()

    assert [browser.get(path).text for path in ("/healthz", "/readyz")] == ["alive\n", "ready\n"]
    reader_site.store.root.rmdir()
    assert [browser.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]


def test_the_site_is_not_ready_without_its_database(settings: Settings, tmp_path) -> None:
    url = settings.reader_database_url.replace("cwg_reader", "nobody_of_that_name")
    reader_site = ReaderSite(settings.model_copy(update={"reader_database_url": url}), tmp_path)

    assert [reader_site.browser().get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
    reader_site.close()


def test_anybody_reads_which_keys_the_process_accepts(reader_site: ReaderSite) -> None:
    answer = reader_site.browser().get("/keys.json")

    assert answer.json()["portal"] == reader_site.settings.portal_url
    assert [(each["purpose"], each["public"], each["in_use"]) for each in answer.json()["keys"]] == [
        (purpose.value, signer.public_key.text, True) for purpose, signer in SIGNERS.items()
    ]
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_assets_are_served_as_static_files(reader_site: ReaderSite) -> None:
    browser = reader_site.browser()

    assert browser.get("/static/style.css").headers["content-type"] == "text/css; charset=utf-8"
    assert browser.get("/static/..%2fsettings.py").status_code == 404
    assert browser.get("/docs").status_code == browser.get("/openapi.json").status_code == 404


def test_another_host_is_refused(reader_site: ReaderSite) -> None:
    browser = reader_site.browser()

    assert browser.get("/help").status_code == 200
    assert browser.get("/help", headers={"Host": "evil.example"}).status_code == 421


def test_forms_can_only_submit_to_the_site_or_the_provider(reader_site: ReaderSite) -> None:
    policy = reader_site.browser().get("/").headers["content-security-policy"]

    assert "form-action 'self' http://127.0.0.1:9;" in policy


def test_the_read_path_imports_no_module_of_drafts_people_or_actions() -> None:
    modules = subprocess.run(
        [sys.executable, "-c", LIST_MODULES], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "app.domain.releases.queries.releases" in modules
    assert [name for name in modules if name.startswith(FORBIDDEN)] == []


def test_help_is_public(reader_site: ReaderSite) -> None:
    page = reader_site.browser().get("/help").text

    assert "sha256sum" in page
    assert "it expires after 60 minutes or when you sign out" in page
