"""Has an untrusted file parsed in a limited process, and trusts only the form of its answer.

The process is forked from one that never had anything of the portal (`server`). It gets the file as standard input, an
empty environment, no other descriptors, and a time limit; it then limits its memory, processor time and file size and,
where the system allows it, gives up the network (`child`).
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO, Final

from app.core.errors import Unavailable
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import report_schema
from app.core.inspection.display_names import EXTENSIONS, display_extension, to_display_name
from app.core.inspection.fair_slots import ALONE, FairSlots, NoSlotError
from app.core.inspection.findings import Finding, FindingLevel, InspectionLimits, InspectionReport
from app.core.inspection.server import OUT_OF_MEMORY, EndedInspection

SOURCE_ROOT = Path(__file__).resolve().parents[3]
# -I ignores environment and working directory, so the path to the source is given; nothing else is added.
START_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from app.core.inspection.server import main; main(int(sys.argv[2]))"
)
MAX_REPORT_BYTES = 1024 * 1024
MAX_RESULT_BYTES: Final = 256
GRACE_SECONDS: Final = 5
"""Seconds after the limit in which the server says that an inspection was ended."""

# Files that one process has inspected at once; others wait, and States are served in a fair order.
INSPECTION_SLOTS = FairSlots(max(2, os.cpu_count() or 2))
MAX_WAIT_SECONDS = 120


class InspectionServer:
    """A server process (`server`), and the socket on which it takes requests."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", START_CODE, str(SOURCE_ROOT), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.pid = self._process.pid

    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return self._process.poll() is None

    def request_inspection(self, file: BinaryIO, answer: BinaryIO, limits: InspectionLimits) -> EndedInspection:
        """Have `file` inspected, with the report written to `answer`. Raises OSError or ValueError if the server ends
        or does not reply."""
        reply, theirs = socket.socketpair()
        with reply:
            reply.settimeout(limits.seconds + GRACE_SECONDS)
            with theirs:
                descriptors = [file.fileno(), answer.fileno(), theirs.fileno()]
                socket.send_fds(self._requests, [json.dumps(asdict(limits)).encode()], descriptors)
            result = bytearray()
            while part := reply.recv(MAX_RESULT_BYTES):
                result += part
        return EndedInspection(*json.loads(result))

    def stop(self) -> None:
        """End the server, which ends with its socket."""
        self._requests.close()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_servers: dict[int, InspectionServer] = {}
"""The server of each process, by the number of the process: one that was forked has its own."""
_starting = Lock()


def get_inspection_server() -> InspectionServer:
    """Return the server of this process. It is started with the first file, and again if it has ended."""
    with _starting:
        return find_inspection_server() or _servers.setdefault(os.getpid(), InspectionServer())


def find_inspection_server() -> InspectionServer | None:
    """Find the server of this process, if it was started and has not ended."""
    server = _servers.get(os.getpid())
    if server and not server.is_running():
        _servers.pop(os.getpid()).stop()
        return None
    return server


@atexit.register
def stop_inspection_server() -> None:
    """Stop the server of this process, if there is one."""
    if server := _servers.pop(os.getpid(), None):
        server.stop()


class InspectionBusy(Unavailable):
    """A file was not inspected because of others: the machine is too busy, or the inspection does not answer."""

    def __init__(self) -> None:
        super().__init__(_("Many files are arriving just now. Please hand in yours again in a few minutes."))


def inspect_in_sandbox(
    path: Path,
    offered_name: str,
    limits: InspectionLimits | None = None,
    *,
    party: str = ALONE,
    max_wait_seconds: float = MAX_WAIT_SECONDS,
) -> InspectionReport:
    """Inspect the file at `path` in the limited process. It is accepted unless `report.is_refused`.

    `party` is the State or organisation that hands it in: different ones are served in a fair order. Raises
    InspectionBusy if the inspection could not begin within `max_wait_seconds`, or did not get the processor time that
    it may use.
    """
    try:
        with INSPECTION_SLOTS.hold(party, max_wait_seconds):
            report = run_sandbox_process(path, limits or InspectionLimits())
    except NoSlotError:
        raise InspectionBusy from None
    return add_extension_finding(report, offered_name)


def run_sandbox_process(path: Path, limits: InspectionLimits) -> InspectionReport:
    """Run the process and return its report; if it has none, the file is refused, with the reason why.

    Raises InspectionBusy if it did not get the processor time that it may use, or the server cannot be reached.
    """
    with path.open("rb") as file, TemporaryFile() as answer:
        try:
            ended = get_inspection_server().request_inspection(file, answer, limits)
        except (OSError, ValueError):  # the server was ended
            raise InspectionBusy from None
        if ended.code == 0:
            return read_process_report(answer)
    if ended.cpu_seconds >= limits.cpu_seconds - 1:
        return build_excess_report(_("The file takes more time to examine than one file may."))
    if ended.code == -signal.SIGALRM:
        raise InspectionBusy
    if ended.code in (OUT_OF_MEMORY, -signal.SIGABRT):  # a library in C++ may abort if it gets none
        return build_excess_report(_("The file takes more memory to examine than one file may."))
    return build_unreadable_report()


def read_process_report(answer: BinaryIO) -> InspectionReport:
    """Parse the answer of the process; an invalid one refuses the file."""
    answer.seek(0)
    try:
        return report_schema.parse_report(answer.read(MAX_REPORT_BYTES))
    except ValueError:
        return build_unreadable_report()


def build_unreadable_report() -> InspectionReport:
    """Build the report of a file whose inspection failed."""
    finding = Finding(
        FindingLevel.REFUSED,
        _("The file could not be examined: it is damaged."),
        "",
        _("Save or export the document again from the program that made it, and hand in that file."),
    )
    return InspectionReport(None, (finding,))


def build_excess_report(what: LazyText) -> InspectionReport:
    """Build the report of a file whose inspection exceeded its limits, which `what` names."""
    remedy = _("Make its pictures and tables smaller, or divide it into several documents.")
    return InspectionReport(None, (Finding(FindingLevel.REFUSED, what, "", remedy),))


def add_extension_finding(report: InspectionReport, offered_name: str) -> InspectionReport:
    """Add a finding to check to the report if the extension of the name is not that of the real format: it is taken
    under the name with the right one (ASVS 5.2.2)."""
    extension = EXTENSIONS.get(report.kind or "")
    if extension is None or display_extension(offered_name) == extension:
        return report
    finding = Finding(
        FindingLevel.DECIDE,
        _("The name of the file does not end in %(ending)s, which is what the file really is.", ending=extension),
        to_display_name(offered_name),
        _("Check that it is the right file. It is kept with the ending %(ending)s.", ending=extension),
    )
    return replace(report, findings=(finding, *report.findings))
