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
from app.core.gate import kept
from app.core.gate.findings import Bounds, Finding, Level, Report
from app.core.gate.names import ENDINGS, ending_of, shown_name
from app.core.i18n import say

SOURCE = Path(__file__).resolve().parents[3]
# -I ignores environment and working directory, so the path to the source is given; nothing else is added.
START = "import sys; sys.path.insert(0, sys.argv[1]); from app.core.gate.child import main; main(sys.argv[2])"
LONGEST_REPORT = 1024 * 1024

# Number of files that one process inspects at once; others wait, so that a rush does not overload the machine.
TURNS = BoundedSemaphore(max(2, os.cpu_count() or 2))
LONGEST_WAIT_SECONDS = 120


def examine(path: Path, offered_name: str, bounds: Bounds | None = None) -> Report:
    """Inspect the file at `path` in the limited process. It is accepted unless `report.is_refused`.

    Raises Unavailable if too many files are being inspected and no slot becomes free.
    """
    if not TURNS.acquire(timeout=LONGEST_WAIT_SECONDS):
        raise Unavailable(say("Many files are arriving just now. Please hand in yours again in a few minutes."))
    try:
        report = confined(path, bounds or Bounds())
    finally:
        TURNS.release()
    return named_rightly(report, offered_name)


def confined(path: Path, bounds: Bounds) -> Report:
    """Run the process and return its report; if it has none, the file is refused."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", START, str(SOURCE), json.dumps(asdict(bounds))]
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
                timeout=bounds.seconds,
                check=True,
            )
        except subprocess.TimeoutExpired:
            return unreadable()
        except subprocess.CalledProcessError:
            return unreadable()
        return understood(answer)


def understood(answer: BinaryIO) -> Report:
    """Parse the answer of the process; an invalid one refuses the file."""
    answer.seek(0)
    try:
        return kept.report(answer.read(LONGEST_REPORT))
    except ValueError:
        return unreadable()


def unreadable() -> Report:
    """Build the report of a file whose inspection failed or exceeded its limits."""
    finding = Finding(
        Level.REFUSED,
        say("The file could not be examined: it is damaged, or takes more time or memory than one file may."),
        "",
        say("Save or export the document again from the program that made it; if it is very large, divide it."),
    )
    return Report(None, (finding,))


def named_rightly(report: Report, offered_name: str) -> Report:
    """Add a refusal to the report if the extension of the name is not that of the real format (ASVS 5.2.2)."""
    extension = ENDINGS.get(report.kind or "")
    if extension is None or ending_of(offered_name) == extension:
        return report
    finding = Finding(
        Level.REFUSED,
        say("The name of the file does not end in %(ending)s, which is what the file really is.", ending=extension),
        shown_name(offered_name),
        say("Check that it is the right file, and give its name the ending %(ending)s.", ending=extension),
    )
    return replace(report, findings=(finding, *report.findings))
