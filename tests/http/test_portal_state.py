"""One request is one transaction: a success response follows the commit, and a GET request changes nothing."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import Depends, Response
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, func, select, update

from app.core.db import ReadSession, create_database_engine, set_row_security_entity, transaction
from app.core.journal import JournalLine
from app.domain.contributions.models import Contribution
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import SEE
from app.http.authentication import SignedInGuard
from app.http.csrf import create_form_token
from app.http.page_context import ReadContext
from app.http.portal_state import RequestReadSession
from app.settings import Settings
from tests.conftest import SECRET
from tests.portal_app import open_portal_copy
from tests.world import World, record_rows


class FailingReaction:
    """A reaction to journal lines inside the commit that fails on demand."""

    fails = False

    def __call__(self, _connection: Connection, _lines: list[JournalLine]) -> None:
        if self.fails:
            raise RuntimeError("the commit fails")


@pytest.fixture
def failing_reaction() -> FailingReaction:
    return FailingReaction()


@pytest.fixture
def amina(settings: Settings, world: World, failing_reaction: FailingReaction) -> Iterator[TestClient]:
    cookies = {"cwg_portal": world.sign_in("amina")}
    with open_portal_copy(settings, failing_reaction) as portal:
        client = TestClient(
            portal, base_url=settings.portal_url, follow_redirects=False, cookies=cookies, raise_server_exceptions=False
        )
        yield client
        client.close()


def count_drafts(world: World) -> int | None:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return session.scalar(select(func.count()).select_from(Contribution))


def test_a_failed_commit_is_not_answered_as_success(
    settings: Settings, world: World, amina: TestClient, failing_reaction: FailingReaction
) -> None:
    draft = world.draft(world.meeting())
    form = {"token": create_form_token(SECRET, world.person("amina").id)}
    headers = {"Origin": settings.portal_url}

    failing_reaction.fails = True
    failed = amina.post(f"/contributions/{draft.id}/discard", data=form, headers=headers)
    count_before = count_drafts(world)
    failing_reaction.fails = False
    response = amina.post(f"/contributions/{draft.id}/discard", data=form, headers=headers)

    assert (failed.status_code, count_before) == (500, 1)
    assert (response.status_code, count_drafts(world)) == (303, 0)


def change_object(session: ReadSession) -> None:
    session.scalars(select(Meeting)).one().number = 23


def run_statement(session: ReadSession) -> None:
    session.execute(update(Meeting).values(number=23))


@pytest.mark.parametrize("change", [change_object, run_statement])
def test_a_get_request_cannot_change_anything_even_if_its_handler_tries(
    world: World, amina: TestClient, change: Callable[[ReadSession], None]
) -> None:
    def handler(session: RequestReadSession) -> None:
        record_rows(session)
        change(session)

    world.meeting()
    amina.app.app.add_api_route("/changing", handler, methods=["GET", "POST"])
    refusals = []
    for method in ("GET", "POST"):
        status = amina.request(method, "/changing").status_code
        with transaction(world.read) as session:
            refusals.append((status, session.scalars(select(Meeting.number)).one()))

    assert refusals == [(500, 22), (200, 23)]


def test_a_page_gives_its_connection_back_as_soon_as_it_is_rendered(amina: TestClient) -> None:
    connections, in_use = amina.app.app.state.portal.engine.pool, []

    def handler(context: ReadContext) -> Response:
        in_use.append(connections.checkedout())
        page = context.render("web/meetings/list.html", coming=[], past=[], may_convene=[], lives={})
        in_use.append(connections.checkedout())
        return page

    amina.app.app.add_api_route("/reading", handler, dependencies=[Depends(SignedInGuard(SEE))])
    answer = amina.get("/reading")

    assert (answer.status_code, in_use) == (200, [1, 0])


def test_no_handler_gets_a_context_that_no_guard_has_looked_at(amina: TestClient) -> None:
    called = []

    def handler(context: ReadContext) -> None:
        called.append(context)

    amina.app.app.add_api_route("/unguarded", handler)

    assert (amina.get("/unguarded").status_code, called) == (500, [])


def test_a_request_that_waits_too_long_for_a_lock_is_refused_and_changes_nothing(
    settings: Settings, world: World, amina: TestClient
) -> None:
    draft = world.draft(world.meeting())
    form = {"token": create_form_token(SECRET, world.person("amina").id)}
    headers = {"Origin": settings.portal_url}
    portal = amina.app.app.state.portal
    event.listen(
        portal.writing_engine, "begin", lambda connection: connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
    )

    with world.acting("amina") as (session, _):
        session.get_one(Contribution, draft.id, with_for_update=True)
        waited = amina.post(f"/contributions/{draft.id}/discard", data=form, headers=headers)

    assert (waited.status_code, waited.headers["Retry-After"], count_drafts(world)) == (503, "5", 1)
    assert "Others are currently changing the same data" in waited.text


def test_a_database_that_does_not_answer_is_reported_as_unavailable(amina: TestClient) -> None:
    assert amina.get("/").status_code == 200
    portal = amina.app.app.state.portal
    nowhere = create_database_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing", pool_size=1)

    portal.read_sessions.configure(bind=nowhere)
    answer = amina.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    nowhere.dispose()
