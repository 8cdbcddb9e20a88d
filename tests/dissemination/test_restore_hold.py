"""A record that was restored and is in doubt: a running read path uses no connection to it."""

from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite
from tests.http.test_restore_hold import HOLD, NO_HOLD


def test_a_read_path_that_started_before_its_database_serves_nothing_of_a_record_in_doubt(
    database: Database, reader_site: ReaderSite
) -> None:
    database.run_as_superuser(HOLD)
    member = reader_site.browser("sector_member")

    assert [member.get(path).status_code for path in ("/readyz", "/", "/healthz")] == [503, 503, 200]

    database.run_as_superuser(NO_HOLD)

    assert [member.get(path).status_code for path in ("/readyz", "/", "/healthz")] == [200, 200, 200]
