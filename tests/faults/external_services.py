"""External services: scanner, identity provider, store. They are stopped (SIGSTOP) or gone: users get an error
in time, what does not need them continues, and everything works again afterwards."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace

import httpx2
import psycopg

from tests.clamd import Daemon
from tests.faults.common_steps import Outcome, owner_address, run_checker
from tests.faults.delegation import Delegation, Unanswered
from tests.faults.installation import Installation
from tests.faults.s3_server import Bucket
from tests.files import make_docx
from tests.waiting import stopped_processes, wait_until

AT_ONCE = 5.0  # seconds in which a page has to be there while a service is not
SCAN = 30.0  # seconds that an upload waits for the scanner (`app.core.clamav.SCAN_TIMEOUT`)
SIGN_IN = 10.0  # seconds that a sign-in waits for the provider (`app.http.oidc.http_client.TOTAL_TIMEOUT`)
STORE = 60.0  # seconds: three tries (`app.core.storage.s3`)
CROWD = 45  # more than there are threads for handlers
SLACK = 10.0  # seconds, on a busy machine
PAPERS = 120.0  # seconds in which a crowd is done


def hanging_scanner(installation: Installation, delegation: Delegation, daemon: Daemon) -> Outcome:
    """A paper is accepted unchecked after the timeout of the scanner, and is checked once the scanner continues."""
    title, patient = "A paper before a scanner that hangs", replace(delegation, timeout=SCAN + 3 * SLACK)
    wrong: list[str] = []
    with stopped_processes([daemon.number]):
        began = time.monotonic()
        receipt = patient.hand_in(title)
        seconds = time.monotonic() - began
    file = receipt["statement"]["files"][0]["sha256"]
    if not SCAN - 1 < seconds < SCAN + SLACK:
        wrong.append(f"the scanner was waited for {seconds:.0f} s")
    if (found := _scan(installation, file)) != "waiting":
        wrong.append(f"an unchecked file is {found}")
    with suppress(TimeoutError):
        wait_until(lambda: _scan(installation, file) == "clean", within=120)
    if (found := _scan(installation, file)) != "clean":
        wrong.append(f"the scanner goes on, and the file is {found}")
    return Outcome("scanner hangs", True, (*wrong, *run_checker(installation, delegation.notes.parent)), seconds)


def hanging_scanner_and_a_crowd(installation: Installation, delegation: Delegation, daemon: Daemon) -> Outcome:
    """Submit more papers at once than there are threads: pages are served meanwhile, and each paper is accepted."""
    patient = replace(delegation, timeout=4 * SCAN)
    slowest, wrong = 0.0, list[str]()
    with ThreadPoolExecutor(CROWD) as many:
        with stopped_processes([daemon.number]):
            papers = [
                many.submit(patient.with_own_notes(n).hand_in_until_done, f"A paper of a crowd, {n}")
                for n in range(CROWD)
            ]
            over = time.monotonic() + SCAN + SLACK
            while time.monotonic() < over and not all(each.done() for each in papers):
                began = time.monotonic()
                try:
                    delegation.send("GET", "/contributions")
                    slowest = max(slowest, time.monotonic() - began)
                except Unanswered as why:
                    wrong.append(f"while {CROWD} papers wait for the scanner a page is not there: {why}")
                time.sleep(0.5)
        for each in papers:
            each.result(PAPERS)
    if slowest > AT_ONCE:
        wrong.append(f"while {CROWD} papers wait for the scanner a page takes {slowest:.0f} s")
    found = (*wrong, *run_checker(installation, delegation.notes.parent))
    return Outcome(f"scanner hangs, {CROWD} papers at once", True, found, slowest)


def _scan(installation: Installation, file: str) -> str:
    with psycopg.connect(owner_address(installation), connect_timeout=10) as connection:
        row = connection.execute("SELECT state FROM portal.contribution_scan WHERE sha256 = %s", [file]).fetchone()
        return str(row[0]) if row else "clean"


def hanging_provider(installation: Installation, delegation: Delegation, number: int) -> Outcome:
    """Sign-in is refused in time while the provider hangs, sessions continue; afterwards sign-in is possible."""
    url, wrong = installation.settings.portal_url, list[str]()
    with stopped_processes([number]), httpx2.Client(base_url=url, timeout=60, trust_env=False) as visitor:
        began = time.monotonic()
        answer = visitor.get("/sign-in", params={"lang": "en"})
        seconds = time.monotonic() - began
        if answer.status_code != 503 or "The sign-in service is not responding" not in answer.text:
            wrong.append(f"/sign-in says {answer.status_code}")
        if seconds > SIGN_IN + AT_ONCE:
            wrong.append(f"/sign-in took {seconds:.0f} s")
        delegation.hand_in_until_done("A paper while nobody can sign in")
        if visitor.get("/readyz").status_code != 200:
            wrong.append("/readyz depends on the provider")
    with suppress(TimeoutError):
        wait_until(lambda: httpx2.get(f"{url}/sign-in", timeout=30).status_code in (302, 303), within=60)
    if httpx2.get(f"{url}/sign-in", timeout=30).status_code not in (302, 303):
        wrong.append("the provider goes on, and nobody can sign in")
    return Outcome(
        "identity provider hangs", True, (*wrong, *run_checker(installation, delegation.notes.parent)), seconds
    )


@contextmanager
def run_provider(installation: Installation) -> Iterator[int]:
    """Run the demo's identity provider at the address in the settings; yields its process number."""
    port = installation.settings.oidc_issuer.split(":")[2].partition("/")[0]
    installation.begin("provider", port, module="app.demo")
    number = installation.running["provider"].pid
    wait_until(lambda: _answers(f"{installation.settings.oidc_issuer}/.well-known/openid-configuration"))
    try:
        yield number
    finally:
        installation.kill("provider")


def _answers(address: str) -> bool:
    try:
        return httpx2.get(address, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def store_unavailable(installation: Installation, delegation: Delegation, bucket: Bucket, *, hangs: bool) -> Outcome:
    """The object store hangs, or is gone and comes back: no paper is half stored, pages are served."""
    title = f"A paper and a store that {'hangs' if hangs else 'is gone'}"
    content, wrong = make_docx(title, title=title), list[str]()
    with stopped_processes([bucket.process]) if hangs else bucket.connection.interrupted():
        began = time.monotonic()
        try:
            replace(delegation, timeout=100.0).hand_in(title, content)
            wrong.append("a receipt without a store")
        except Unanswered as why:
            if str(why) != "503":
                wrong.append(f"without a store the answer is {why}")
        seconds = time.monotonic() - began
        if delegation.send("GET", "/contributions").status_code != 200:
            wrong.append("without a store nobody can read")
    if seconds > STORE:
        wrong.append(f"the store was waited for {seconds:.0f} s")
    delegation.hand_in_until_done(title, content)
    name = "store hangs" if hangs else "store gone"
    return Outcome(name, True, (*wrong, *run_checker(installation, delegation.notes.parent)), seconds)
