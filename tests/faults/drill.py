"""The restore drill: registered documents are backed up and restored into an empty database and empty stores.

`python -m tests.faults drill` prints figures; exit code 1 if the independent checker or `verify` finds a fault.
Receipts and a head are kept outside, as a delegation keeps them. Backup and restore are the commands of an operator, in
separate processes. `restore_10000_s` is the time of the whole command: every byte of the copy is checked first, and
everything that was restored is verified last. `verify_s` is one more verification, `checker_s` the independent checker
over all receipts.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.db import transaction
from app.core.storage import open_store
from app.domain.ledger import actions as ledger
from app.embedded import delete_postgres_cluster, run_postgres_cluster
from app.record_verification import verify_record
from app.server.database_urls import PROJECT_ROOT, add_cluster_urls_to_settings, create_owner_and_databases
from app.settings import Settings
from tests.faults.bulk_documents import fill
from tests.faults.common_steps import run_checker_on
from tests.faults.installation import environment, run_installation
from tests.world import PORTAL, World

PROCESSES = 2 * (os.cpu_count() or 1)  # that fill: each waits for the database half of the time


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What was measured, in seconds and numbers, and everything that is wrong."""

    figures: dict[str, float]
    wrong: tuple[str, ...]


def drill(
    world: World, source: Settings, target: Settings, folder: Path, documents: int, processes: int = 1
) -> DrillResult:
    """Fill the source, back it up, and restore the copy into the empty target. Raises RuntimeError."""
    notes, copies, head, figures = folder / "told", folder / "copies", folder / "head", dict[str, float]()
    notes.mkdir()
    with timed(figures, "filling_s"):
        fill(world, source, documents, notes, processes)
    head.write_text(signed_head(world))
    with timed(figures, "backup_s"):
        command(source, "backup", str(copies))
    with timed(figures, f"restore_{documents}_s"):
        command(target, "restore", str(copies), "--head", str(head))
    with timed(figures, "verify_s"):
        found = verify_record(
            str(target.owner_database_url), *map(open_store, (target.store_url, target.release_store_url))
        )
    with timed(figures, "checker_s"):
        wrong = [*found.faults, *run_checker_on(target, notes)]
    if (found.numbers, sum(len(path.read_text().splitlines()) for path in notes.iterdir())) != (documents, documents):
        wrong.append(f"{found.numbers} numbers came back, not {documents}")
    counted = {"documents": documents, "journal_lines": found.journal_lines, "files": found.files}
    return DrillResult(counted | figures | {"load": round(os.getloadavg()[0], 1)}, tuple(wrong))


@contextmanager
def timed(figures: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    figures[name] = round(time.monotonic() - began, 1)


def signed_head(world: World) -> str:
    """Return the ledger's head over all lines, as a witness would keep it."""
    with transaction(world.work) as session:
        while ledger.store_next_full_tiles(session):
            pass
        made = ledger.sign_head(session)
        if made is None:
            raise RuntimeError("nothing happened that a head could be of")
        return made.note


def command(settings: Settings, *arguments: str) -> None:
    """Run a command as an operator does. Raises RuntimeError with its output if it failed."""
    given = [sys.executable, "-m", "app", *arguments]
    done = subprocess.run(
        given, env=environment(settings), cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]}: {done.stdout}{done.stderr}")


def run_drill(settings: Settings, documents: int) -> DrillResult:
    """Run the drill with two temporary installations: one that is backed up, and an empty one."""
    with TemporaryDirectory(prefix="cwg-faults-") as name, ExitStack() as undo:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "there").mkdir()
        installation = undo.enter_context(run_installation(folder, settings))
        undo.callback(delete_postgres_cluster, folder / "there" / "postgres")
        running = undo.enter_context(run_postgres_cluster(folder / "there" / "postgres"))
        create_owner_and_databases(running)
        stores = {"store_url": f"file://{folder}/there/store", "release_store_url": f"file://{folder}/there/release"}
        source = installation.settings.model_copy(update={"portal_url": PORTAL})  # whose ledger the head is of
        target = add_cluster_urls_to_settings(running, source.model_copy(update=stores))
        return drill(installation.world, source, target, folder, documents, PROCESSES)
