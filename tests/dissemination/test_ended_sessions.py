"""A reader session ends in every process; what is remembered of it, and nothing of others; what counts while the
database does not answer."""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from app.core import clock
from app.core.clock import shifted_clock
from app.dissemination import ended_sessions
from app.dissemination.ended_sessions import FRESH_SECONDS
from app.dissemination.reader_sessions import parse_session_cookie
from app.http.csrf import create_form_token
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.logout import LogoutNotice, SessionsToEnd
from tests.conftest import Database
from tests.dissemination.read_path_site import ISSUER, ReaderSite
from tests.dissemination.test_catalogue import eventually
from tests.dissemination.test_sign_in import get_token, sign_in


@pytest.fixture
def other_process(reader_site: ReaderSite, tmp_path: Path) -> Iterator[ReaderSite]:
    """Another process of the same read path: the same settings and database, a memory of its own."""
    made = ReaderSite(reader_site.settings, tmp_path)
    yield made
    made.close()


def rows(database: Database) -> list[tuple[object, ...]]:
    with database.server.line(database.name) as line:
        return line.execute("SELECT digest, begun_until, until FROM reading.ended_session").fetchall()


def sign_out(reader_site: ReaderSite, browser: TestClient) -> None:
    token, origin = get_token(browser.get("/").text), {"Origin": reader_site.settings.read_url}
    assert browser.post("/sign-out", data={"token": token}, headers=origin).status_code == 303


def is_signed_in(browser: TestClient) -> bool:
    return 'href="/sign-in"' not in browser.get("/help").text


def test_a_sign_out_ends_the_cookie_in_every_process_and_no_other_one(
    reader_site: ReaderSite, other_process: ReaderSite
) -> None:
    address = reader_site.release()
    reader_site.with_provider()
    cookie, other_cookie = reader_site.cookie(), reader_site.cookie()
    copies = [site.browser(cookie=cookie) for site in (reader_site, other_process)]
    others = [site.browser(cookie=other_cookie) for site in (reader_site, other_process)]
    assert [each.get(address).status_code for each in (*copies, *others)] == [200] * 4

    sign_out(reader_site, reader_site.browser(cookie=cookie))

    assert copies[0].get(address).status_code == 401
    assert copies[0].get(f"{address}/files/en").status_code == 401
    eventually(lambda: copies[1].get(address).status_code == 401)
    assert copies[1].get(f"{address}/files/en").status_code == 401
    assert [each.get(address).status_code for each in others] == [200] * 2


def test_another_sign_in_ends_the_cookie_that_the_browser_had(
    reader_site: ReaderSite, other_process: ReaderSite
) -> None:
    browser = reader_site.browser()
    sign_in(reader_site, browser, "chen")
    first = browser.cookies["cwg_read"]
    assert is_signed_in(other_process.browser(cookie=first))

    sign_in(reader_site, browser, "amina")

    eventually(lambda: not is_signed_in(other_process.browser(cookie=first)))
    assert is_signed_in(browser)
    assert "Amina" in browser.get("/").text


def sign_in_at(provider: TestClient, browser: TestClient, key: str) -> str:
    """Sign in at a provider that the site knows; returns the session cookie."""
    redirect = browser.get("/sign-in")
    chosen = provider.post(redirect.headers["location"], data={"player": key})
    assert browser.get(chosen.headers["location"]).status_code == 303
    return browser.cookies["cwg_read"]


def test_a_sign_out_at_the_provider_ends_the_sessions_of_its_session_in_every_process(
    reader_site: ReaderSite, other_process: ReaderSite
) -> None:
    """Two browsers of one person, each with a session of its own at the provider."""
    provider = reader_site.with_provider()
    first = sign_in_at(provider, reader_site.browser(), "chen")
    provider.cookies.clear()
    second = sign_in_at(provider, reader_site.browser(), "chen")
    assert is_signed_in(other_process.browser(cookie=first))

    answer = provider.post(f"{ISSUER}/sign-out", data={"confirmed": "yes"})

    assert answer.status_code == 200
    for site in (reader_site, other_process):
        eventually(lambda site=site: not is_signed_in(site.browser(cookie=second)))
        assert is_signed_in(site.browser(cookie=first))


def test_a_logout_token_without_a_session_ends_all_sessions_of_the_person_that_began_before(
    reader_site: ReaderSite,
) -> None:
    earlier = [reader_site.cookie(), reader_site.cookie(provider_sid="a session")]
    assert [is_signed_in(reader_site.browser(cookie=each)) for each in earlier] == [True, True]

    notice = LogoutNotice("token 1", SessionsToEnd(ISSUER, "the-subject", None))
    reader_site.state.ended_sessions.end_sessions_from_provider(notice)
    reader_site.state.ended_sessions.end_sessions_from_provider(
        LogoutNotice("token 2", SessionsToEnd(ISSUER, "another", None))
    )

    later = reader_site.cookie()
    eventually(lambda: not is_signed_in(reader_site.browser(cookie=earlier[0])))
    assert not is_signed_in(reader_site.browser(cookie=earlier[1]))
    assert is_signed_in(reader_site.browser(cookie=later))


def test_a_logout_token_counts_once_in_all_processes(reader_site: ReaderSite, other_process: ReaderSite) -> None:
    notice = LogoutNotice("a token", SessionsToEnd(ISSUER, "the-subject", None))
    reader_site.state.ended_sessions.end_sessions_from_provider(notice)
    cookie = reader_site.cookie()

    with pytest.raises(OidcVerificationError, match="logout-replayed"):
        other_process.state.ended_sessions.end_sessions_from_provider(notice)

    time.sleep(FRESH_SECONDS)
    assert is_signed_in(reader_site.browser(cookie=cookie))


def test_a_forged_logout_token_ends_nothing(reader_site: ReaderSite, database: Database) -> None:
    reader_site.with_provider()
    browser = reader_site.browser("academia")

    answer = browser.post("/sign-in/backchannel-logout", data={"logout_token": "e30.e30.e30"})

    assert (answer.status_code, answer.headers["cache-control"]) == (400, "no-store")
    assert rows(database) == []
    assert is_signed_in(browser)


def test_only_what_ended_is_remembered_and_only_as_long_as_its_cookie(
    reader_site: ReaderSite, database: Database
) -> None:
    address = reader_site.release()
    reader_site.with_provider()
    lifetime = timedelta(minutes=reader_site.settings.read_session_minutes)
    with shifted_clock(timedelta(minutes=10) - lifetime):
        cookie = reader_site.cookie(provider_sid="a session")
    assert reader_site.browser(cookie=cookie).get(address).status_code == 200
    assert reader_site.browser("academia").get(f"{address}/files/en").status_code == 200
    assert rows(database) == []

    sign_out(reader_site, reader_site.browser(cookie=cookie))

    ((digest, _begun, until),) = rows(database)
    assert timedelta(minutes=9) < until - clock.now() <= timedelta(minutes=10)
    content = reader_site.state.session_sealer.unseal(cookie)
    assert content is not None
    assert digest == content["ended_by"][0] != content["id"]
    database.run_as_superuser("UPDATE reading.ended_session SET until = now() - interval '1 second'")
    sign_out(reader_site, reader_site.browser("academia"))
    assert len(rows(database)) == 1
    assert rows(database)[0][0] != digest


def test_a_visitor_does_not_have_the_database_asked(reader_site: ReaderSite) -> None:
    reader_site.release()
    asked = record_statements(reader_site)
    visitor, forged = reader_site.browser(), reader_site.browser(cookie="x" * 200)

    for browser in (visitor, forged):
        assert browser.get("/outputs").status_code == 200
        assert browser.get("/outputs/none/files/en").status_code == 401
    assert asked == []

    member = reader_site.browser("academia")
    assert [member.get("/outputs").status_code for _each in range(5)] == [200] * 5
    assert sum("ended_session" in each for each in asked) == 1


def record_statements(reader_site: ReaderSite) -> list[str]:
    """Record the statements about sessions that this process sends from now on."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(reader_site.state.ended_sessions.engine, "before_cursor_execute", note)
    return asked


def test_without_the_database_a_cookie_counts_for_five_seconds_and_the_public_goes_on(
    reader_site: ReaderSite, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ended_sessions.MAX_AGE_SECONDS == 5
    monkeypatch.setattr(ended_sessions, "MAX_AGE_SECONDS", 60.0)  # on a machine that is busy
    address = reader_site.release()
    member, visitor = reader_site.browser("academia"), reader_site.browser()
    assert member.get(address).status_code == 200
    database.run_as_superuser("REVOKE SELECT ON reading.ended_session FROM cwg_reader")
    try:
        assert member.get(address).status_code == 200
        monkeypatch.setattr(ended_sessions, "MAX_AGE_SECONDS", 0.0)
        monkeypatch.setattr(ended_sessions, "FRESH_SECONDS", 0.0)
        refused = [member.get(page).status_code for page in (address, f"{address}/files/en", "/outputs")]
        assert refused == [401, 401, 200]
        assert not is_signed_in(member)
        assert visitor.get("/outputs").status_code == 200
        token = create_form_token(
            reader_site.state.session_secret,
            parse_session_cookie(reader_site.state, {"cwg_read": member.cookies["cwg_read"]}).id,
        )
        reader_site.with_provider()
        left = member.post("/sign-out", data={"token": token}, headers={"Origin": reader_site.settings.read_url})
        assert (left.status_code, "cwg_read" in member.cookies) == (303, False)
    finally:
        database.run_as_superuser("GRANT SELECT ON reading.ended_session TO cwg_reader")
    monkeypatch.undo()
    assert reader_site.browser("academia").get(address).status_code == 200


def test_a_cookie_of_the_version_before_asks_to_sign_in_again(reader_site: ReaderSite) -> None:
    content: dict[str, object] = {"id": "i" * 22, "name": "Sima Qian", "membership": "academia"}
    assert is_signed_in(reader_site.browser(cookie=seal_cookie(reader_site, content | {"began": 0.0, "ended_by": []})))

    assert not is_signed_in(reader_site.browser(cookie=seal_cookie(reader_site, content)))


def seal_cookie(reader_site: ReaderSite, content: Mapping[str, object]) -> str:
    return reader_site.state.session_sealer.seal(content, timedelta(minutes=30))


def test_a_cookie_that_is_older_than_the_setting_counts_and_can_be_ended_for_good(
    reader_site: ReaderSite, other_process: ReaderSite, database: Database
) -> None:
    """The cookie is of before `read_session_minutes` was lowered to an hour."""
    content = reader_site.state.session_sealer.unseal(reader_site.cookie())
    assert content is not None
    content["began"] = (clock.now() - timedelta(hours=2)).timestamp()
    cookie = reader_site.state.session_sealer.seal(content, timedelta(hours=6))
    assert is_signed_in(other_process.browser(cookie=cookie))
    reader_site.with_provider()

    sign_out(reader_site, reader_site.browser(cookie=cookie))
    sign_out(reader_site, reader_site.browser("academia"))  # deletes what need not be remembered any more

    assert len(rows(database)) == 2
    assert not is_signed_in(reader_site.browser(cookie=cookie))
    eventually(lambda: not is_signed_in(other_process.browser(cookie=cookie)))


def test_no_session_begins_under_a_session_of_the_provider_that_has_ended(
    reader_site: ReaderSite, database: Database
) -> None:
    """The person signs out at the provider while the code of a sign-in is on its way."""
    notice = LogoutNotice("token 1", SessionsToEnd(ISSUER, None, "a session"))
    reader_site.state.ended_sessions.end_sessions_from_provider(notice)

    assert not is_signed_in(reader_site.browser(cookie=reader_site.cookie(provider_sid="a session")))
    assert is_signed_in(reader_site.browser(cookie=reader_site.cookie(provider_sid="another session")))
    (until,) = {row[2] for row in rows(database) if row[2] - clock.now() > timedelta(hours=1)}
    assert timedelta(hours=11) < until - clock.now() <= timedelta(hours=12)  # the longest that a cookie may be valid


def test_of_two_sign_outs_of_one_person_at_the_provider_both_count(reader_site: ReaderSite) -> None:
    end = reader_site.state.ended_sessions.end_sessions_from_provider
    with shifted_clock(timedelta(minutes=-10)):
        end(LogoutNotice("token 1", SessionsToEnd(ISSUER, "the-subject", None)))
    between = reader_site.cookie()
    end(LogoutNotice("token 2", SessionsToEnd(ISSUER, "the-subject", None)))

    assert not is_signed_in(reader_site.browser(cookie=between))
    assert is_signed_in(reader_site.browser(cookie=reader_site.cookie()))
