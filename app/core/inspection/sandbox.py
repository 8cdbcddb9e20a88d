"""Runs the limited process that parses an untrusted file, and trusts only the form of its answer.

The process gets the file as standard input, an empty environment, no other descriptors, and a time limit. It then
limits its memory, processor time and file size and, where the system allows it, gives up the network (`child`).
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import BinaryIO

from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.inspection import report_schema
from app.core.inspection.display_names import EXTENSIONS, display_extension, to_display_name
from app.core.inspection.findings import Finding, FindingLevel, InspectionLimits, InspectionReport

SOURCE_ROOT = Path(__file__).resolve().parents[3]
# -I ignores environment and working directory, so the path to the source is given; nothing else is added.
START_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from app.core.inspection.child import main; main(sys.argv[2])"
)
MAX_REPORT_BYTES = 1024 * 1024

# Number of files that one process inspects at once; others wait, so that a rush does not overload the machine.
PROCESS_SLOTS = BoundedSemaphore(max(2, os.cpu_count() or 2))
MAX_WAIT_SECONDS = 120


def inspect_in_sandbox(path: Path, offered_name: str, limits: InspectionLimits | None = None) -> InspectionReport:
    """Inspect the file at `path` in the limited process. It is accepted unless `report.is_refused`.

    Raises Unavailable if too many files are being inspected and no slot becomes free.
    """
    if not PROCESS_SLOTS.acquire(timeout=MAX_WAIT_SECONDS):
        raise Unavailable(_("Many files are arriving just now. Please hand in yours again in a few minutes."))
    try:
        report = run_sandbox_process(path, limits or InspectionLimits())
    finally:
        PROCESS_SLOTS.release()
    return add_extension_finding(report, offered_name)


def run_sandbox_process(path: Path, limits: InspectionLimits) -> InspectionReport:
    """Run the process and return its report; if it has none, the file is refused."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", START_CODE, str(SOURCE_ROOT), json.dumps(asdict(limits))]
    with path.open("rb") as file, TemporaryFile() as answer:
        try:
            subprocess.run(
                command,
                stdin=file,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                close_fds=True,
                start_new_session=True,
                timeout=limits.seconds,
                check=True,
            )
        except subprocess.TimeoutExpired:
            return build_unreadable_report()
        except subprocess.CalledProcessError:
            return build_unreadable_report()
        return read_process_report(answer)


def read_process_report(answer: BinaryIO) -> InspectionReport:
    """Parse the answer of the process; an invalid one refuses the file."""
    answer.seek(0)
    try:
        return report_schema.parse_report(answer.read(MAX_REPORT_BYTES))
    except ValueError:
        return build_unreadable_report()


def build_unreadable_report() -> InspectionReport:
    """Build the report of a file whose inspection failed or exceeded its limits."""
    finding = Finding(
        FindingLevel.REFUSED,
        _("The file could not be examined: it is damaged, or takes more time or memory than one file may."),
        "",
        _("Save or export the document again from the program that made it; if it is very large, divide it."),
    )
    return InspectionReport(None, (finding,))


def add_extension_finding(report: InspectionReport, offered_name: str) -> InspectionReport:
    """Add a refusal to the report if the extension of the name is not that of the real format (ASVS 5.2.2)."""
    extension = EXTENSIONS.get(report.kind or "")
    if extension is None or display_extension(offered_name) == extension:
        return report
    finding = Finding(
        FindingLevel.REFUSED,
        _("The name of the file does not end in %(ending)s, which is what the file really is.", ending=extension),
        to_display_name(offered_name),
        _("Check that it is the right file, and give its name the ending %(ending)s.", ending=extension),
    )
    return replace(report, findings=(finding, *report.findings))
