"""Starts the bounded process in which a stranger's file is parsed, and believes nothing it says beyond its form.

The process gets the file as its standard input, an empty environment, no other descriptor of ours, and a time limit.
It then gives up memory, processor time, writing, and, where the system lets it, the network (see `child`).
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
# -I shuts out the environment and the working directory, so the way to our own code is said; nothing else is added.
START = "import sys; sys.path.insert(0, sys.argv[1]); from app.core.gate.child import main; main(sys.argv[2])"
LONGEST_REPORT = 1024 * 1024

# One process parses at most so many files at once; a rush waits its turn instead of eating the machine.
TURNS = BoundedSemaphore(max(2, os.cpu_count() or 2))
LONGEST_WAIT_SECONDS = 120


def examine(path: Path, offered_name: str, bounds: Bounds | None = None) -> Report:
    """What the file at `path` is and what was found in it. Whether it comes in is `not report.refused`.

    Raises Unavailable if so many files are being examined that this one's turn does not come.
    """
    if not TURNS.acquire(timeout=LONGEST_WAIT_SECONDS):
        raise Unavailable(say("Many files are arriving just now. Please hand in yours again in a few minutes."))
    try:
        report = confined(path, bounds or Bounds())
    finally:
        TURNS.release()
    return named_rightly(report, offered_name)


def confined(path: Path, bounds: Bounds) -> Report:
    """The report of the bounded process; if it has none to give, the file is to blame and is refused."""
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
    answer.seek(0)
    try:
        return kept.report(answer.read(LONGEST_REPORT))
    except ValueError:
        return unreadable()


def unreadable() -> Report:
    """The examination ran out of time or memory, or fell over: what cannot be examined cannot come in."""
    finding = Finding(
        Level.REFUSED,
        say("The file could not be examined: it is damaged, or takes more time or memory than one file may."),
        "",
        say("Save or export the document again from the program that made it; if it is very large, divide it."),
    )
    return Report(None, (finding,))


def named_rightly(report: Report, offered_name: str) -> Report:
    """The same report, with a refusal if the name promises something else than the file is (ASVS 5.2.2)."""
    ending = ENDINGS.get(report.kind or "")
    if ending is None or ending_of(offered_name) == ending:
        return report
    finding = Finding(
        Level.REFUSED,
        say("The name of the file does not end in %(ending)s, which is what the file really is.", ending=ending),
        shown_name(offered_name),
        say("Check that it is the right file, and give its name the ending %(ending)s.", ending=ending),
    )
    return replace(report, findings=(finding, *report.findings))
