"""Builds the images, starts `deploy/compose.yaml` with Docker, plays the main job through nginx over TLS, takes a
backup and restores it elsewhere. Says so in one line, and ends with 0, where Docker cannot be used or an image cannot
be had.

`--keep` leaves everything running, in the folder that it prints.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from time import monotonic

import yaml

from tests.deployed.installation import (
    ROOT,
    CommandFailed,
    DeployedInstallation,
    run_docker,
)
from tests.deployed.main_job import BODY, MainJob, build_roster

LARGEST_PORTAL_IMAGE = 450_000_000
"""Bytes of the image of portal, read path and worker."""
BACKUPS = "/var/lib/cwg/backups"
FIRST_PORT = 18080


class Report:
    """Prints each step with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = monotonic()

    def note(self, words: str) -> None:
        print(f"{monotonic() - self._began:7.1f} s  {words}", flush=True)


def find_obstacle() -> str:
    """Return why the deployment cannot be started here; empty if it can."""
    try:
        run_docker("version")
        run_docker("compose", "version")
    except FileNotFoundError:
        return "Docker is not installed"
    except CommandFailed as error:
        return f"Docker cannot be used: {str(error).strip().splitlines()[-1]}"
    for image in list_foreign_images():
        if not _has_image(image):
            return f"the image {image} is neither here nor to be had"
    return ""


def list_foreign_images() -> list[str]:
    """List the images that are not built from this project, as the environment or `deploy/compose.yaml` names them."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    named = {each["image"].strip("${}").partition(":-")[::2] for each in services.values()}
    images = {name: os.environ.get(name, usual) for name, usual in named if not name.startswith("CWG_")}
    return sorted({os.environ.get("PYTHON_IMAGE", "python:3.13-slim"), *images.values()})


def _has_image(image: str) -> bool:
    for command in (("image", "inspect", image), ("pull", "--quiet", image)):
        with suppress(CommandFailed):
            run_docker(*command)
            return True
    return False


def build_images(report: Report) -> None:
    """Build both images, and the first one also with the packages of traces. Raises CommandFailed."""
    python = os.environ.get("PYTHON_IMAGE", "python:3.13-slim")
    for target, lock in (("portal", "otel"), ("portal", "run"), ("files", "run")):
        tag = f"cwg-{target}" if lock == "run" else f"cwg-{target}:{lock}"
        arguments = ("--build-arg", f"PYTHON_IMAGE={python}", "--build-arg", f"LOCK={lock}", "--target", target)
        run_docker("build", "--quiet", *arguments, "--tag", tag, ".")
        size = int(run_docker("image", "inspect", "--format", "{{.Size}}", tag))
        report.note(f"built {tag}: {size / 1e6:.0f} MB")
        if target == "portal" and lock == "run" and size > LARGEST_PORTAL_IMAGE:
            raise CommandFailed(f"the image {tag} is larger than {LARGEST_PORTAL_IMAGE / 1e6:.0f} MB")


def start(installation: DeployedInstallation, report: Report) -> None:
    """Write a new installation, start it, and enter the people with seats."""
    installation.create()
    report.note("written by init")
    installation.compose("up", "--detach", "--wait", "--wait-timeout", "600")
    report.note("started: every part is healthy")
    roster = installation.folder / "roster.json"
    roster.write_text(build_roster(), encoding="utf-8")
    volume = f"{roster}:/roster.json:ro"
    installation.compose("run", "--rm", "--volume", volume, "maintenance", "roster", "/roster.json")
    report.note(f"roster of {BODY} imported")


def run_task(installation: DeployedInstallation, report: Report, *command: str) -> None:
    """Run a task of an operator, and print what it wrote."""
    named = " ".join(each for each in command if not each.startswith("--volume"))
    for line in installation.compose("run", "--rm", *command).strip().splitlines():
        report.note(f"{named}: {line}")


def restore_elsewhere(first: DeployedInstallation, second: DeployedInstallation, head: str, report: Report) -> None:
    """Restore the backup of the first into the second, which has the same settings and secrets and nothing else."""
    shutil.copytree(first.folder, second.folder)
    for path in [second.folder, *second.folder.rglob("*")]:  # a copy belongs to root
        status = (first.folder / path.relative_to(second.folder)).stat()
        os.chown(path, status.st_uid, status.st_gid)
    (second.folder / "head").write_text(head, encoding="utf-8")
    shutil.copy(first.folder / "keep-elsewhere" / "backup-identity", second.folder / "identity")
    for name in ("head", "identity"):
        os.chown(second.folder / name, 10001, 10001)
    second.compose("up", "--detach", "--wait", "postgres", "postgres-read")
    volumes = [f"--volume={second.folder}/{name}:/{name}:ro" for name in ("head", "identity")]
    arguments = ("restore", BACKUPS, "--head", "/head", "--identity", "/identity")
    run_task(second, report, *volumes, "maintenance", *arguments)
    run_task(second, report, "maintenance", "migrate-read")
    run_task(second, report, "maintenance", "rebuild-read")
    second.compose("up", "--detach", "--wait", "--wait-timeout", "600")
    report.note("restored elsewhere, and started there")


def play(folder: Path, report: Report) -> tuple[DeployedInstallation, ...]:
    """Start, use, back up and restore. Raises RuntimeError where something does not hold."""
    first = DeployedInstallation(folder / "first", "cwg-test", "10.78", FIRST_PORT)
    second = DeployedInstallation(folder / "second", "cwg-test-restored", "10.79", FIRST_PORT + 10)
    try:
        start(first, report)
        job = MainJob(first.ports, first.trust(), report.note)
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
