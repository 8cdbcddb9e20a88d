"""What an operator does with an installation: start it, run a task, restore a backup elsewhere."""

import os
import shutil

from app.cli.new_installation.certificates import CertificateAuthority
from tests.deployed.buckets import STORES, use_buckets
from tests.deployed.files import give_to_portal
from tests.deployed.installation import WITNESS_HOST, DeployedInstallation
from tests.deployed.main_job import BODY, build_roster
from tests.deployed.report import Report
from tests.deployed.visitor import Visitor
from tests.deployed.witness import DeployedWitness, find_ledger_key

BACKUPS = "/var/lib/cwg/backups"


def start(installation: DeployedInstallation, report: Report) -> None:
    """Start what `init` wrote, and enter the people with seats."""
    installation.compose("up", "--detach", "--wait", "--wait-timeout", "600")
    report.note("started: every part is healthy")
    roster = installation.folder / "roster.json"
    roster.write_text(build_roster(), encoding="utf-8")
    volume = f"{roster}:/roster.json:ro"
    installation.compose("run", "--rm", "--volume", volume, "maintenance", "roster", "/roster.json")
    report.note(f"roster of {BODY} imported")


def start_witness(
    installation: DeployedInstallation, witness: DeployedWitness, authority: CertificateAuthority, visitor: Visitor
) -> str:
    """Start a witness, and name it to worker and `verify`; return its verifier key."""
    key = witness.start(authority, find_ledger_key(visitor))
    installation.change_settings(CWG_WITNESSES=f"https://{WITNESS_HOST}:{witness.port} {key}")
    installation.compose("up", "--detach", "--wait", "--no-deps", "worker")
    return key


def run_task(installation: DeployedInstallation, report: Report, *command: str) -> None:
    """Run a task of an operator, and print what it wrote."""
    named = " ".join(each for each in command if not each.startswith("--volume"))
    for line in installation.compose("run", "--rm", *command).strip().splitlines():
        report.note(f"{named}: {line}")


def back_up(installation: DeployedInstallation, report: Report) -> None:
    """Take a backup as for a move to another machine: nothing that happens, and no head, is after it. Then remove all
    but the folder."""
    installation.compose("stop", "nginx", "portal-1", "portal-2", "worker")
    run_task(installation, report, "backup", "backup", BACKUPS, "--keep", "30")
    installation.compose("down", "--volumes", "--remove-orphans")


def restore_elsewhere(first: DeployedInstallation, second: DeployedInstallation, head: str, report: Report) -> None:
    """Restore the backup of the first into the second, which has the same settings and secrets, and buckets in place of
    the stores of the first."""
    shutil.copytree(first.folder, second.folder)
    for path in [second.folder, *second.folder.rglob("*")]:  # a copy belongs to root
        status = (first.folder / path.relative_to(second.folder)).stat()
        os.chown(path, status.st_uid, status.st_gid)
    (second.folder / "head").write_text(head, encoding="utf-8")
    shutil.copy(first.folder / "keep-elsewhere" / "backup-identity", second.folder / "identity")
    for name in ("head", "identity"):
        give_to_portal(second.folder / name)
    use_buckets(second, *STORES)
    second.compose("up", "--detach", "--wait", "postgres", "postgres-read", "s3")
    volumes = [f"--volume={second.folder}/{name}:/{name}:ro" for name in ("head", "identity")]
    arguments = ("restore", BACKUPS, "--head", "/head", "--identity", "/identity")
    run_task(second, report, *volumes, "maintenance", *arguments)
    run_task(second, report, "maintenance", "migrate-read")
    run_task(second, report, "maintenance", "rebuild-read")
    second.compose("up", "--detach", "--wait", "--wait-timeout", "600")
    report.note("restored elsewhere, and started there")
