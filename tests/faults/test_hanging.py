"""A database that hangs, and writers that wait: requests are answered in time, and work again afterwards.

Real processes: a separate cluster, all of which is stopped (SIGSTOP) and continued (SIGCONT).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

import httpx2
import pytest
from sqlalchemy import NullPool, create_engine, text

from app.http.csrf import create_form_token
from tests.chunks import piece_headers
from tests.faults.fault_plan import SECRET, installation_settings
from tests.faults.installation import Installation, Postmaster, answers, run_installation
from tests.waiting import stopped_processes


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A portal of one process, which recovers after each test."""
    with run_installation(tmp_path_factory.mktemp("house"), installation_settings()) as made:
        made.begin("portal", "pages", "--port", made.settings.portal_url.rpartition(":")[2])
        answers(made.settings.portal_url)
        yield made


@contextmanager
def hanging(installation: Installation) -> Iterator[None]:
    """Stop every process of the database: it keeps its connections and does not answer."""
    with stopped_processes(Postmaster(installation.settings).processes()):
        yield


def signed_in_client(installation: Installation, who: str = "amina") -> httpx2.Client:
    url = installation.settings.portal_url
    headers = {"Origin": url, "Cookie": f"cwg_portal={installation.world.sign_in(who)}; cwg_lang=en"}
    headers["X-Form-Token"] = create_form_token(SECRET, installation.world.person(who).id)
    limits = httpx2.Limits(max_connections=200)
    return httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False, limits=limits)


def timed(client: httpx2.Client, path: str) -> tuple[int, float]:
    began = monotonic()
    answer = client.get(path)
    return answer.status_code, monotonic() - began


def test_requests_are_answered_in_time_while_the_database_hangs_and_succeed_afterwards(
    installation: Installation,
) -> None:
    with signed_in_client(installation) as amina:
        assert amina.get("/").status_code == 200
        with hanging(installation):
            began = monotonic()
            with ThreadPoolExecutor(80) as many:
                caught = [many.submit(timed, amina, "/") for _ in range(80)]
                sleep(5)
                assert timed(amina, "/readyz") < (503, 1.0)
                assert amina.get("/readyz").status_code == 503
                assert timed(amina, "/healthz") < (200, 1.0)
                refused = amina.get("/")
                assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
                assert "The database is not responding." in refused.text
                assert monotonic() - began < 9
            assert {each.result()[0] for each in caught} == {503}
            assert max(each.result()[1] for each in caught) < 25
        answers(installation.settings.portal_url, within=15)

        assert timed(amina, "/") < (200, 5.0)


def test_blocked_writers_do_not_block_readers(installation: Installation) -> None:
    engine = create_engine(str(installation.settings.owner_database_url), poolclass=NullPool)
    new = {"body": str(installation.world.body().id), "name": "one.pdf", "size": "1000"}
    with signed_in_client(installation) as amina, ThreadPoolExecutor(100) as many, engine.connect() as holder:
        assert amina.get("/").status_code == 200
        holder.execute(text("LOCK TABLE portal.upload IN SHARE ROW EXCLUSIVE MODE"))
        waiting = [
            many.submit(lambda: amina.post("/uploads", params=new, headers=piece_headers(b"")).status_code)
            for _ in range(80)
        ]
        sleep(1)

        seen = [timed(amina, "/") for _ in range(10)]

        assert [status for status, _ in seen] == [200] * 10
        assert max(seconds for _, seconds in seen) < 3
        assert not any(each.done() for each in waiting)
        holder.rollback()
        assert {each.result() for each in waiting} <= {201, 409}
    engine.dispose()
