"""A fault on a deployed installation: what people saw meanwhile, what `doctor` said, and what was lost."""

import os
import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from textwrap import shorten
from time import monotonic, sleep

import httpx2

from tests.deployed.installation import DeployedInstallation, run_docker
from tests.deployed.main_job import MainJob
from tests.deployed.readers import keep_reading
from tests.deployed.visitor import Visitor

PAGES_OF_PORTAL, PAGES_OF_READ_PATH = ("/documents", "/contributions"), ("/outputs", "/")
DOCTOR_LINE = re.compile(r"^(?:portal|read|worker|maintenance): .*$", re.MULTILINE)
WAIT_SECONDS = 300.0
CELL_LENGTH = 400


def _do_nothing() -> None:
    """Do nothing."""


def find_refusal(attempt: Callable[[], object]) -> str:
    """Attempt something; return why it was refused, or an empty text."""
    try:
        attempt()
    except (RuntimeError, httpx2.HTTPError) as error:
        return str(error) or type(error).__name__
    return ""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A row of the table."""

    name: str
    seen: str
    doctor: str
    seconds: float
    lost: str

    def format_row(self) -> str:
        """Format it as a row of Markdown."""
        cells = (self.name, self.seen, self.doctor, f"{self.seconds:.0f} s", self.lost)
        return "| " + " | ".join(shorten(each.replace("|", "/"), CELL_LENGTH) for each in cells) + " |"


@dataclass(slots=True)
class FaultRun:
    """An installation in which faults are caused, the people in it, and what they submitted so far."""

    installation: DeployedInstallation
    job: MainJob
    submitted: dict[str, str] = field(default_factory=dict)
    """Address and title of each contribution that was acknowledged."""

    def observe(
        self,
        name: str,
        cause: Callable[[], None],
        mend: Callable[[], None] = _do_nothing,
        *,
        attempt: Callable[[], object] = _do_nothing,
        asked: Sequence[str] = (),
    ) -> FaultRow:
        """Cause a fault while people read, attempt something, ask `doctor` in some services, mend it, submit something,
        and look what is lost. The seconds are those from the fault until the submission was taken."""
        people: list[tuple[Visitor, Sequence[str]]] = [
            (self.job.people["amina"], PAGES_OF_PORTAL),
            (self.job.sign_in_reader(), PAGES_OF_READ_PATH),
        ]
        with keep_reading(people) as readings:
            began = monotonic()
            cause()
            refusal = find_refusal(attempt)
            said = [self.ask_doctor(each) for each in asked]
            mend()
            refusal = self.submit_until_taken(name) or refusal
            seconds = monotonic() - began
        seen = f"{readings.describe()}, longest time without a page {readings.longest_gap:.1f} s"
        if refusal:
            seen += f"; refused at first: {refusal}"
        return FaultRow(name, seen, "; ".join(said), seconds, self.find_losses())

    def submit(self, title: str) -> None:
        """Submit and register something. Raises RuntimeError, HTTPError."""
        self.submitted[self.job.submit_and_register(title)] = title

    def submit_until_taken(self, title: str) -> str:
        """Submit until it is taken; return why it was refused first. Raises RuntimeError if it never is."""
        first, until = "", monotonic() + WAIT_SECONDS
        while refusal := find_refusal(lambda: self.submit(title)):
            first = first or refusal
            if monotonic() > until:
                raise RuntimeError(f"{title}: {refusal}")
            sleep(1)
        return first

    def find_losses(self) -> str:
        """Read all that was acknowledged, and what was released; return what is missing, or that nothing is."""
        until = monotonic() + WAIT_SECONDS
        while refusal := find_refusal(self._read_all):
            if monotonic() > until:
                return refusal
            sleep(1)
        return "nothing"

    def _read_all(self) -> None:
        """Raise RuntimeError if something that was acknowledged or released cannot be read."""
        for address, title in self.submitted.items():
            if title not in self.job.people["amina"].get(address):
                raise RuntimeError(f"{title} is missing")
        self.job.read()

    def ask_doctor(self, service: str) -> str:
        """Return what `doctor` prints in the container of a service."""
        printed = self.installation.try_compose("exec", "-T", service, "python", "-m", "app", "doctor")
        return "; ".join(DOCTOR_LINE.findall(printed)) or f"{service} does not run"

    def kill(self, service: str) -> None:
        """Kill the process of a container, as a fault of it would, and wait until Docker has started it again."""
        container = self.installation.compose("ps", "--quiet", service).strip()
        killed = _get_state(container)[0]
        os.kill(int(killed), signal.SIGKILL)
        until = monotonic() + WAIT_SECONDS
        while True:
            process, health = _get_state(container)
            if process not in {killed, "0"} and health in {"healthy", "none"}:
                return
            if monotonic() > until:
                raise RuntimeError(f"{service} was killed, and is {health} after {WAIT_SECONDS:.0f} s")
            sleep(0.5)


def _get_state(container: str) -> tuple[str, str]:
    """Return the number of the process of a container, and its health."""
    template = "{{.State.Pid}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}"
    process, health = run_docker("inspect", "--format", template, container).split()
    return process, health
