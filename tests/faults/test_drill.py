"""A backup of an installation is restored completely on an empty one; in full: `python -m tests.faults drill`."""

from collections.abc import Callable
from pathlib import Path

from app.core.storage import open_store
from app.settings import Settings
from tests.conftest import Database
from tests.faults.common_steps import run_checker_on
from tests.faults.drill import drill
from tests.world import World


def test_every_document_with_a_receipt_is_restored(
    world: World, settings: Settings, new_database: Callable[..., Database], tmp_path: Path
) -> None:
    empty = new_database(template="template1")
    there = settings.model_copy(
        update={
            "database_url": empty.portal,
            "owner_database_url": empty.owner,
            "worker_database_url": empty.worker,
            "reader_database_url": empty.reader,
            "store_url": f"file://{tmp_path}/there/store",
            "release_store_url": f"file://{tmp_path}/there/release",
        }
    )

    done = drill(world, settings, there, tmp_path, documents=12)

    assert done.wrong == ()
    assert done.figures["files"] >= 12
    lost = next(iter(open_store(there.store_url).list_digests()))
    Path(there.store_url.removeprefix("file://"), lost[:2], lost[2:4], lost).unlink()
    assert {fault[0] for fault in run_checker_on(there, tmp_path / "told")} == {"2", "7"}
