"""The PostgreSQL that is installed on this machine, if in another version than that of the tests: all the way."""

from pathlib import Path

import pytest

from app.cli.operations import migrate_both_databases
from app.core.db import create_database_engine, transaction, write_session_factory
from app.server.database_urls import add_cluster_urls_to_settings, create_owner_and_databases
from app.settings import Settings
from tests.deploy.postgresql_programs import INSTALLED, create_cluster, create_folder, run_server
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.test_catalogue import eventually
from tests.world import enrol

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not INSTALLED, reason="no PostgreSQL is installed: apt-get install postgresql"),
]


@pytest.mark.parametrize("programs", INSTALLED, ids=lambda path: path.parent.name)
def test_what_is_released_is_read_with_another_version_of_postgresql(
    programs: Path, common_settings: Settings, tmp_path: Path
) -> None:
    with create_folder() as folder:
        create_cluster(programs, folder)
        with run_server(programs, folder) as cluster:
            create_owner_and_databases(cluster)
            stores = {"store_url": f"file://{tmp_path}/store", "release_store_url": f"file://{tmp_path}/release"}
            settings = add_cluster_urls_to_settings(cluster, common_settings.model_copy(update=stores))
            migrate_both_databases(settings)
            engine = create_database_engine(settings.database_url, pool_size=1)
            with transaction(write_session_factory(engine)) as session:
                enrol(session)
            engine.dispose()

            site = ReaderSite(settings, tmp_path)
            address, reader = site.release(1), site.browser("academia")
            eventually(lambda: reader.get(address).status_code == 200)
            site.withdraw(1)
            eventually(lambda: reader.get(address).status_code == 410)
            assert reader.get("/readyz").status_code == 200
            site.close()
