"""A record that was restored and is in doubt: a running server uses no connection to it."""

from collections.abc import Callable

from tests.browser import Browser
from tests.conftest import Database

HOLD = "INSERT INTO release.hold (id, since, doubt) VALUES (1, now(), 'behind')"
NO_HOLD = "DELETE FROM release.hold"


def test_a_portal_that_started_before_its_database_serves_nothing_of_a_record_in_doubt(
    database: Database, browser: Callable[..., Browser]
) -> None:
    database.run_as_superuser(HOLD)
    amina = browser("amina")

    assert [amina.get(path).status_code for path in ("/readyz", "/", "/healthz")] == [503, 503, 200]

    database.run_as_superuser(NO_HOLD)

    assert [amina.get(path).status_code for path in ("/readyz", "/", "/healthz")] == [200, 200, 200]
