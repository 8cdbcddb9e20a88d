"""Builds the images, starts `deploy/compose.yaml` with Docker, plays the main job through nginx over TLS, and does what
an operator does. Says so in one line, and ends with 0, where Docker cannot be used or an image cannot be had.

1. A new installation with its files on a disk, and a witness: the main job, its e-mail, the head that the witness
   cosigned, `verify`, a backup.
2. The backup is restored elsewhere, with files in buckets: what was released is read there, the main job is played once
   more with a file in pieces, then an upgrade and the way back under requests, and `verify`.

`faults` causes faults instead, one after the other, and prints a table of them (`--only`: some of them).

`--keep` leaves everything running, in the folder that it prints.
"""

import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from tests.deployed.buckets import OVERLAYS, use_buckets
from tests.deployed.fault_run import FaultRun
from tests.deployed.faults import cause_faults, name_faults
from tests.deployed.files import create_authority
from tests.deployed.images import build_images, find_obstacle
from tests.deployed.installation import CommandFailed, DeployedInstallation
from tests.deployed.main_job import MainJob
from tests.deployed.pieces import count_pieces, send_in_pieces
from tests.deployed.report import Report
from tests.deployed.stages import back_up, restore_elsewhere, run_task, start, start_witness
from tests.deployed.upgrade import upgrade_and_roll_back
from tests.deployed.witness import DeployedWitness

FIRST_PORT = 18080
WITNESS_PORT = FIRST_PORT + 20


def play(folder: Path, report: Report) -> None:
    """Play both parts. Raises RuntimeError where something does not hold."""
    first, second = open_installations(folder)
    try:
        job, head = play_on_disk(first, DeployedWitness(folder / "witness", WITNESS_PORT), report)
        restore_elsewhere(first, second, head, report)
        job.ports = second.ports
        job.read()
        report.note("read there by a member, byte for byte")
        upgrade_and_roll_back(second, play_in_buckets(second, report), report)
        run_task(second, report, "maintenance", "verify")
    except Exception:
        for installation in (first, second):
            with suppress(CommandFailed, FileNotFoundError):
                print(installation.compose("ps", "--all"), installation.compose("logs", "--tail", "15"), sep="\n")
        raise


def play_on_disk(installation: DeployedInstallation, witness: DeployedWitness, report: Report) -> tuple[MainJob, str]:
    """Start a new installation, play the main job, and take a backup; return the job, and the head of the witness."""
    authority = create_authority()
    installation.create(authority)
    report.note("written by init")
    start(installation, report)
    job = MainJob(installation.ports, installation.trust(), installation.folder / "mail", report.note)
    job.sign_in()
    report.note(f"witness: {start_witness(installation, witness, authority, job.people['amina'])}")
    job.play()
    job.read_mail()
    head = witness.wait_for_head(job.people["amina"], installation.trust())
    report.note(f"the witness has cosigned the head of {head.splitlines()[1]} lines")
    run_task(installation, report, "maintenance", "verify")
    back_up(installation, report)
    return job, head


def play_in_buckets(installation: DeployedInstallation, report: Report) -> MainJob:
    """Play the main job where files are in buckets: pieces of a file go to both portals."""
    job = MainJob(
        installation.ports,
        installation.trust(),
        installation.folder / "mail",
        report.note,
        subject="the price of a bit",
        first=200,
        send_file=send_in_pieces,
    )
    job.sign_in()
    job.play()
    pieces = count_pieces(installation)
    report.note(f"pieces of the file: {pieces}")
    if not all(pieces.values()):
        raise RuntimeError("one portal took all pieces")
    return job


def play_faults(folder: Path, report: Report, names: Collection[str]) -> None:
    """Cause faults in an installation with a small disk for the portal's files, and a bucket for what is released.

    Raises RuntimeError if something was lost.
    """
    installation, authority = open_installation_of_faults(folder), create_authority()
    installation.create(authority)
    use_buckets(installation, "CWG_RELEASE_STORE_URL")
    start(installation, report)
    job = MainJob(installation.ports, installation.trust(), installation.folder / "mail", report.note)
    job.sign_in()
    job.play()
    cause_faults(FaultRun(installation, job), authority, report, names)


def open_installation_of_faults(folder: Path) -> DeployedInstallation:
    """Return the installation in which faults are caused."""
    overlays = (*OVERLAYS, "compose.faults.test.yaml")
    return DeployedInstallation(folder / "faults", "cwg-test-faults", "10.80", FIRST_PORT + 30, overlays)


def open_installations(folder: Path) -> tuple[DeployedInstallation, DeployedInstallation]:
    """Return the installation that is made, and the one that its backup is restored into."""
    return (
        DeployedInstallation(folder / "first", "cwg-test", "10.78", FIRST_PORT),
        DeployedInstallation(folder / "second", "cwg-test-restored", "10.79", FIRST_PORT + 10, OVERLAYS),
    )


def tear_down(folder: Path) -> None:
    """Remove the containers, networks and volumes of the test."""
    for installation in (*open_installations(folder), open_installation_of_faults(folder)):
        if installation.folder.exists():
            installation.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
    witness = DeployedWitness(folder / "witness", WITNESS_PORT)
    if witness.folder.exists():
        witness.compose("down", "--volumes", "--timeout", "5")


def main() -> int:
    """Run it all; 0 if it holds or cannot be tried here."""
    parser = ArgumentParser(prog="python -m tests.deployed", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["job", "faults"], default="job", help="the main job, or the faults")
    parser.add_argument("--only", nargs="+", choices=name_faults(), default=name_faults(), help="only these faults")
    parser.add_argument("--keep", action="store_true", help="leave it running")
    arguments = parser.parse_args()
    if obstacle := find_obstacle():
        print(f"deployed: not run, {obstacle}")
        return 0
    report, folder = Report(), Path(tempfile.mkdtemp(prefix="cwg-deployed-"))
    try:
        build_images(report)
        play(folder, report) if arguments.what == "job" else play_faults(folder, report, arguments.only)
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
