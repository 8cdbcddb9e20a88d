"""The table of faults of a deployed installation: `python -m tests.deployed faults`."""

import os
from collections.abc import Collection, Iterable, Iterator

from app.cli.new_installation.certificates import CertificateAuthority
from tests.deployed.fault_run import FaultRow, FaultRun
from tests.deployed.files import write_certificate
from tests.deployed.installation import HOSTS, PORTAL, run_docker
from tests.deployed.key_rotation import rotate_key
from tests.deployed.next_version import NEXT, build_next_version
from tests.deployed.report import Report
from tests.deployed.stages import run_task
from tests.deployed.visitor import Visitor

KILLED = (
    *("portal-1", "portal-2", "read-1", "read-2", "worker", "files", "nginx", "postgres", "postgres-read"),
    *("clamav", "backup", "mail", "provider"),
)
HEADINGS = ("fault", "what people saw", "what `doctor` said", "a submission was taken after", "lost")
FILLER = "/var/lib/cwg/store/filler"
CLOCK_AHEAD = 600


def kill_each(run: FaultRun, services: Iterable[str]) -> Iterator[FaultRow]:
    """Kill the process of each of these containers one after the other; Docker starts it again."""
    for service in services:
        yield run.observe(f"{service} killed", lambda each=service: run.kill(each))


def stop_database(run: FaultRun, _authority: CertificateAuthority) -> FaultRow:
    """Stop the portal's database, and start it again."""
    name = "postgres stopped, and started again"
    return run.observe(
        name,
        lambda: run.installation.compose("stop", "postgres"),
        lambda: _start(run, "postgres"),
        attempt=lambda: run.submit(f"{name}: meanwhile"),
        asked=("portal-1", "worker"),
    )


def stop_read_database(run: FaultRun, _authority: CertificateAuthority) -> FaultRow:
    """Stop the read path's database, and start it again."""
    return run.observe(
        "postgres-read stopped, and started again",
        lambda: run.installation.compose("stop", "postgres-read"),
        lambda: _start(run, "postgres-read"),
        attempt=run.job.read,
        asked=("read-1",),
    )


def take_bucket_away(run: FaultRun, _authority: CertificateAuthority) -> FaultRow:
    """Take the S3 server off its networks, and put it back."""
    container = run.installation.compose("ps", "--quiet", "s3").strip()
    networks = [f"{run.installation.name}_{side}-outside" for side in ("portal", "reading", "worker", "tasks")]

    def take() -> None:
        for each in networks:
            run_docker("network", "disconnect", each, container)

    def put_back() -> None:
        for each in networks:
            run_docker("network", "connect", "--alias", "s3.cwg.test", each, container)

    return run.observe(
        "bucket of the releases away, and back", take, put_back, attempt=run.job.read, asked=("read-1", "worker")
    )


def fill_disk(run: FaultRun, _authority: CertificateAuthority) -> FaultRow:
    """Fill the disk of the portal's store, and free it."""
    name = "disk of the store full, and freed"
    return run.observe(
        name,
        lambda: run.installation.try_compose("exec", "-T", "portal-1", "dd", "if=/dev/zero", f"of={FILLER}", "bs=64k"),
        lambda: run.installation.compose("exec", "-T", "portal-1", "rm", FILLER),
        attempt=lambda: run.submit(f"{name}: meanwhile"),
        asked=("portal-1", "worker"),
    )


def shift_clock(run: FaultRun, _authority: CertificateAuthority) -> FaultRow:
    """Set the clock of the identity provider ten minutes ahead of ours, and back."""

    def restart(ahead: int) -> None:
        os.environ["CWG_PROVIDER_AHEAD"] = str(ahead)
        _start(run, "provider")

    return run.observe(
        f"clock of the identity provider {CLOCK_AHEAD} s ahead, and right again",
        lambda: restart(CLOCK_AHEAD),
        lambda: restart(0),
        attempt=lambda: Visitor(PORTAL, run.job.ports, run.job.trust).sign_in("rafael"),
        asked=("portal-1", "read-1"),
    )


def change_certificate(run: FaultRun, authority: CertificateAuthority) -> FaultRow:
    """Replace the certificate as docs/operating.md says under `certificate-ends`."""

    def replace() -> None:
        write_certificate(run.installation.folder / "tls", authority, *HOSTS)
        run.installation.compose("exec", "-T", "nginx", "nginx", "-s", "reload")

    return run.observe("certificate of both hosts changed", replace, attempt=run.job.read)


def change_key(run: FaultRun, _authority: CertificateAuthority) -> FaultRow:
    """Replace the key of receipts as docs/operating.md says under "Keys"."""
    return run.observe("key of receipts changed", lambda: rotate_key(run.installation, "receipts"), asked=("portal-1",))


def run_two_versions(run: FaultRun, _authority: CertificateAuthority) -> FaultRow:
    """Let one portal and one read path be of the next version for a while, with its migrations."""
    build_next_version()
    name = "two versions at once, then back"

    def start_next() -> None:
        os.environ["CWG_IMAGE"] = f"cwg-portal:{NEXT}"
        for task in ("migrate-read", "migrate", "migrate-read"):
            run.installation.compose("run", "--rm", "--no-deps", task)
        _start(run, "portal-1", "read-1")

    def go_back() -> None:
        del os.environ["CWG_IMAGE"]
        _start(run, "portal-1", "read-1")

    return run.observe(
        name,
        start_next,
        go_back,
        attempt=lambda: run.submit(f"{name}: meanwhile"),
        asked=("portal-1", "portal-2", "read-1", "read-2"),
    )


def _start(run: FaultRun, *services: str) -> None:
    """Start services as they are set now, and wait until they are healthy."""
    run.installation.compose("up", "--detach", "--wait", "--no-deps", *services)


FAULTS = (
    change_certificate,
    stop_database,
    stop_read_database,
    take_bucket_away,
    fill_disk,
    shift_clock,
    change_key,
    run_two_versions,
)


def name_faults() -> list[str]:
    """Name all faults: those of FAULTS by their functions, the others by the container that is killed."""
    return [*(cause.__name__ for cause in FAULTS), *KILLED]


def cause_faults(run: FaultRun, authority: CertificateAuthority, report: Report, names: Collection[str]) -> None:
    """Cause the faults of these names, one after the other, and print the table.

    Raises RuntimeError if something was lost.
    """
    rows: list[FaultRow] = []
    for row in _cause_each(run, authority, names):
        report.note(row.format_row())
        rows.append(row)
    run_task(run.installation, report, "maintenance", "verify")
    lines = (HEADINGS, ("---",) * len(HEADINGS))
    print(*(f"| {' | '.join(each)} |" for each in lines), *(each.format_row() for each in rows), sep="\n")
    if lost := [each.name for each in rows if each.lost != "nothing"]:
        raise RuntimeError(f"something was lost: {', '.join(lost)}")


def _cause_each(run: FaultRun, authority: CertificateAuthority, names: Collection[str]) -> Iterator[FaultRow]:
    for cause in FAULTS:
        if cause.__name__ in names:
            yield cause(run, authority)
    yield from kill_each(run, (each for each in KILLED if each in names))
