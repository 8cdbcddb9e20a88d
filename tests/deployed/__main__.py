"""Builds the images, starts `deploy/compose.yaml` with Docker, plays the main job through nginx over TLS, takes a
backup and restores it elsewhere. Says so in one line, and ends with 0, where Docker cannot be used or an image cannot
be had.

`--keep` leaves everything running, in the folder that it prints.
"""

import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path

from tests.deployed.certificates import CertificateAuthority
from tests.deployed.images import build_images, find_obstacle
from tests.deployed.installation import CommandFailed, DeployedInstallation
from tests.deployed.main_job import MainJob
from tests.deployed.report import Report
from tests.deployed.stages import BACKUPS, restore_elsewhere, run_task, start

FIRST_PORT = 18080


def play(folder: Path, report: Report) -> tuple[DeployedInstallation, ...]:
    """Start, use, back up and restore. Raises RuntimeError where something does not hold."""
    first = DeployedInstallation(folder / "first", "cwg-test", "10.78", FIRST_PORT)
    second = DeployedInstallation(folder / "second", "cwg-test-restored", "10.79", FIRST_PORT + 10)
    try:
        start(first, CertificateAuthority(), report)
        job = MainJob(first.ports, first.trust(), first.folder / "mail", report.note)
        job.play()
        run_task(first, report, "maintenance", "verify")
        head = job.people["amina"].get("/ledger/checkpoint")  # before the backup, which adds a line to the journal
        run_task(first, report, "backup", "backup", BACKUPS, "--keep", "30")
        first.compose("stop")
        restore_elsewhere(first, second, head, report)
        job.ports = second.ports
        job.read()
        report.note("read there by a member, byte for byte")
        run_task(second, report, "maintenance", "verify")
    except Exception:
        for installation in (first, second):
            with suppress(CommandFailed, FileNotFoundError):
                print(installation.compose("ps", "--all"), installation.compose("logs", "--tail", "15"), sep="\n")
        raise
    return first, second


def tear_down(folder: Path) -> None:
    """Remove the containers, networks and volumes of the test."""
    for name, subnets in (("first", "10.78"), ("second", "10.79")):
        project = "cwg-test" if name == "first" else "cwg-test-restored"
        if (folder / name).exists():
            DeployedInstallation(folder / name, project, subnets, FIRST_PORT).compose(
                "down", "--volumes", "--remove-orphans", "--timeout", "5"
            )


def main() -> int:
    """Run it all; 0 if it holds or cannot be tried here."""
    parser = ArgumentParser(prog="python -m tests.deployed", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave it running")
    arguments = parser.parse_args()
    if obstacle := find_obstacle():
        print(f"deployed: not run, {obstacle}")
        return 0
    report, folder = Report(), Path(tempfile.mkdtemp(prefix="cwg-deployed-"))
    try:
        build_images(report)
        play(folder, report)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        report.note(f"FAILED: {error}")
        return 1
    finally:
        if arguments.keep:
            print(f"left running: {folder}")
        else:
            tear_down(folder)
            shutil.rmtree(folder)
    report.note("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
