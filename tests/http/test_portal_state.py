"""One request is one transaction: what a browser is told has been committed, and a page changes nothing."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, func, select, update

from app.core.db import ReadSession, create_database_engine, set_row_security, transaction
from app.core.journal import JournalLine
from app.domain.contributions.models import Contribution
from app.domain.meetings.models import Meeting
from app.http.csrf import create_form_token
from app.http.portal_state import RequestReadSession
from app.settings import Settings
from app.web.app import create_app
from tests.conftest import SECRET
from tests.world import World


class Trouble:
    """What follows from journal lines, in the commit itself; fails when told to."""

    fails = False

    def __call__(self, _connection: Connection, _lines: list[JournalLine]) -> None:
        if self.fails:
            raise RuntimeError("the commit fails")


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def amina(settings: Settings, world: World, trouble: Trouble) -> Iterator[TestClient]:
    app = create_app(settings, trouble)
    cookies = {"cwg_portal": world.sign_in("amina")}
    client = TestClient(
        app, base_url=settings.portal_url, follow_redirects=False, cookies=cookies, raise_server_exceptions=False
    )
    yield client
    client.close()
    app.app.state.portal.close()


def drafts(world: World) -> int | None:
    with transaction(world.read) as session:
        set_row_security(session, "KEN")
        return session.scalar(select(func.count()).select_from(Contribution))


def test_a_commit_that_fails_is_not_answered_as_done(
    settings: Settings, world: World, amina: TestClient, trouble: Trouble
) -> None:
    draft = world.draft(world.meeting())
    form = {"token": create_form_token(SECRET, world.person("amina").id)}
    headers = {"Origin": settings.portal_url}

    trouble.fails = True
    failed = amina.post(f"/contributions/{draft.id}/discard", data=form, headers=headers)
    left = drafts(world)
    trouble.fails = False
    done = amina.post(f"/contributions/{draft.id}/discard", data=form, headers=headers)

    assert (failed.status_code, left) == (500, 1)
    assert (done.status_code, drafts(world)) == (303, 0)


def by_the_object(session: ReadSession) -> None:
    session.scalars(select(Meeting)).one().number = 23


def by_a_statement(session: ReadSession) -> None:
    session.execute(update(Meeting).values(number=23))


@pytest.mark.parametrize("change", [by_the_object, by_a_statement])
def test_a_page_cannot_change_anything_though_its_handler_tries(
    world: World, amina: TestClient, change: Callable[[ReadSession], None]
) -> None:
    def handler(session: RequestReadSession) -> None:
        change(session)

    world.meeting()
    amina.app.app.add_api_route("/changing", handler, methods=["GET", "POST"])
    found = []
    for method in ("GET", "POST"):
        status = amina.request(method, "/changing").status_code
        with transaction(world.read) as session:
            found.append((status, session.scalars(select(Meeting.number)).one()))

    assert found == [(500, 22), (200, 23)]


def test_whoever_waits_too_long_for_others_is_told_so_and_nothing_is_changed(
    settings: Settings, world: World, amina: TestClient
) -> None:
    draft = world.draft(world.meeting())
    form = {"token": create_form_token(SECRET, world.person("amina").id)}
    headers = {"Origin": settings.portal_url}
    house = amina.app.app.state.portal
    event.listen(house.writing_engine, "begin", lambda asked: asked.exec_driver_sql("SET LOCAL lock_timeout = '50ms'"))

    with world.acting("amina") as (session, _):
        session.get_one(Contribution, draft.id, with_for_update=True)
        waited = amina.post(f"/contributions/{draft.id}/discard", data=form, headers=headers)

    assert (waited.status_code, waited.headers["Retry-After"], drafts(world)) == (503, "5", 1)
    assert "Others are at work" in waited.text


def test_a_database_that_does_not_answer_is_no_fault_of_the_page(amina: TestClient) -> None:
    assert amina.get("/").status_code == 200
    house = amina.app.app.state.portal
    nowhere = create_database_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing", pool_size=1)

    house.read_sessions.configure(bind=nowhere)
    answer = amina.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    nowhere.dispose()
