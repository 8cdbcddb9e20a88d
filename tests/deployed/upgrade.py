"""The commands of docs/operating.md, "Upgrade or restart", run while people read and submit."""

import os
import re
import subprocess

from tests.deployed.installation import ROOT, CommandFailed, DeployedInstallation
from tests.deployed.main_job import MainJob
from tests.deployed.next_version import NEXT, build_next_version
from tests.deployed.readers import keep_reading
from tests.deployed.report import Report

SECTION = re.compile(r"^### To (?P<name>upgrade|roll back)$(?P<text>.*?)(?=^##)", re.MULTILINE | re.DOTALL)
COMMANDS_IN_CHECKOUT = "docker build"
PAGES_OF_PORTAL, PAGES_OF_READ_PATH = ("/documents", "/meetings", "/contributions"), ("/outputs", "/")


def list_commands(name: str) -> list[str]:
    """List the commands of a section that are called in the folder of the installation."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    (section,) = [found["text"] for found in SECTION.finditer(text) if found["name"] == name]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    return [line for line in lines if not line.startswith(COMMANDS_IN_CHECKOUT)]


def run_commands(installation: DeployedInstallation, name: str, report: Report) -> None:
    """Run the commands of a section. Raises CommandFailed."""
    for command in list_commands(name):
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=installation.folder,
            env=os.environ | installation.environment | {"VERSION": NEXT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandFailed(f"{command}: {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
        report.note(f"{name}: {command}")


def roll(installation: DeployedInstallation, job: MainJob, name: str, report: Report) -> None:
    """Upgrade or roll back under requests. Raises RuntimeError if one was not answered."""
    people = [(job.people[who], PAGES_OF_PORTAL) for who in ("amina", "rafael", "layla")]
    with keep_reading([*people, (job.sign_in_reader(), PAGES_OF_READ_PATH)]) as readings:
        run_commands(installation, name, report)
    report.note(f"{name}: {readings.describe()}, longest time without a page {readings.longest_gap:.1f} s")
    if readings.failed:
        raise RuntimeError(f"{name}: {readings.failed}")


def upgrade_and_roll_back(installation: DeployedInstallation, job: MainJob, report: Report) -> None:
    """Go to the next version and back, with a document submitted on each; both are there at the end."""
    build_next_version()
    titles = {"upgrade": "Submitted to the next version", "roll back": "Submitted after the way back"}
    for name, title in titles.items():
        roll(installation, job, name, report)
        job.submit_and_register(title)
        report.note(f"{name}: {title}")
    for title in titles.values():
        job.people["rafael"].wait_for("/documents", title)
