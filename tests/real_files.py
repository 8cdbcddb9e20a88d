"""Ordinary files of many offices and programs, and what the inspection says of them.

The list is docs/real-files.csv; the files are not kept. `python -m tests.real_files FOLDER` inspects them in the
sandbox and prints what differs from the list. FOLDER has them as `owner/name/path`, as clones of the repositories at
the commits that the list names. `--write` puts verdicts and times into the list. Without a folder, the figures on the
page docs/real-files.md are made from the list.
"""

import argparse
import csv
import hashlib
import json
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryFile

from app.core.file_service import client
from app.core.file_service.messages import TaskRequest
from app.core.file_service.tasks import TASKS
from app.core.inspection import FindingLevel, InspectionLimits, InspectionReport, sandbox
from app.core.inspection.report_schema import parse_report

DOCS = Path(__file__).parents[1] / "docs"
LIST, PAGE = DOCS / "real-files.csv", DOCS / "real-files.md"
BEGIN, END = "<!-- made by python -m tests.real_files -->\n", "<!-- end -->\n"
ORDINARY, RIGHT = "ordinary", "right"
VERSION_PATTERN = re.compile(r"[\W_]*(version|ver|v)?[\W_]*\d.*|\(.*|[\W_]+$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class RealFile:
    """A line of the list: where the file is, what it is, and what was found.

    `judgement` is of a refused file only: whether a person who looked at it found that it was rightly refused, or
    called it an ordinary paper. `cpu_ms` is processor time in milliseconds, without the start of the server.
    """

    repository: str
    commit: str
    path: str
    sha256: str
    size: str
    kind: str
    producer: str
    verdict: str
    reason: str
    judgement: str
    cpu_ms: str

    @property
    def place(self) -> str:
        """Where it is below the folder."""
        return f"{self.repository}/{self.path}"


def read_list() -> list[RealFile]:
    """Read the list."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return [RealFile(**row) for row in csv.DictReader(file)]


def write_list(files: Iterable[RealFile]) -> None:
    """Write the list, sorted by place."""
    with LIST.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(RealFile)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(each) for each in sorted(files, key=lambda each: each.place))


def name_family(producer: str) -> str:
    """Return the name of a program without its version: `Microsoft Word 12.0000` is `microsoft word`."""
    return VERSION_PATTERN.sub("", producer.replace("®", "")).strip().casefold()


def inspect_file(path: Path) -> tuple[InspectionReport, float]:
    """Inspect a file in the sandbox; return the report and processor seconds."""
    limits = InspectionLimits()
    with path.open("rb") as file, TemporaryFile() as answer:
        arguments, options = json.dumps(asdict(limits)).encode(), client.FileServiceOptions()
        reply = client._ask(TaskRequest(sandbox.INSPECT), file, answer, arguments, options, limits.seconds)
        answer.seek(0)
        failure = client.find_failure(reply, TASKS[sandbox.INSPECT].limits)
        report = sandbox.build_failure_report(failure) if failure else parse_report(answer.read())
    return report, reply.cpu_seconds


def inspect_listed(folder: Path, files: Iterable[RealFile]) -> Iterator[RealFile]:
    """Inspect the files and yield their lines with the new verdicts. Raises ValueError for another digest."""
    for each in files:
        path = folder / each.place
        if hashlib.sha256(path.read_bytes()).hexdigest() != each.sha256:
            raise ValueError(f"{each.place} is another file than the list has")
        report, seconds = inspect_file(path)
        yield replace(each, **read_verdict(report), cpu_ms=str(round(seconds * 1000)))


def read_verdict(report: InspectionReport) -> dict[str, str]:
    """Return the verdict, and of a refused file the first reason."""
    if not report.is_refused:
        has_question = any(finding.level is FindingLevel.DECIDE for finding in report.findings)
        return {"verdict": "check" if has_question else "accepted", "reason": "", "judgement": ""}
    reason = next(finding.what for finding in report.findings if finding.level is FindingLevel.REFUSED)
    return {"verdict": "refused", "reason": reason.message}


def render_figures(files: list[RealFile]) -> str:
    """Return the figures as Markdown."""
    refused = [each for each in files if each.verdict == "refused"]
    ordinary = [each for each in refused if each.judgement == ORDINARY]
    papers = len(files) - len(refused) + len(ordinary)
    families = {family for each in files if (family := name_family(each.producer))}
    times = sorted(int(each.cpu_ms) for each in files)
    kinds, verdicts = Counter(each.kind for each in files), Counter(each.verdict for each in files)
    rows = {
        "files, each once by its digest": f"{len(files):,} ({kinds['pdf']:,} PDF, {kinds['docx']:,} DOCX)",
        "repositories": str(len({each.repository for each in files})),
        "producers, without their versions": str(len(families)),
        "let in without a question": f"{verdicts['accepted']:,}",
        "let in, a person looks": f"{verdicts['check']:,}",
        "rightly refused": f"{len(refused) - len(ordinary):,}",
        "ordinary and refused": f"{len(ordinary)} of {papers:,} ordinary files: {len(ordinary) / papers:.2%}",
        "processor time of a verdict": f"median {statistics.median(times):.0f} ms, "
        f"95 % within {times[len(times) * 95 // 100]} ms, longest {times[-1] / 1000:.1f} s",
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    return f"\n| | |\n|---|---|\n{table}\n{render_reasons(refused)}\n{render_ordinary(ordinary)}\n"


def render_reasons(refused: list[RealFile]) -> str:
    """Return how many files were rightly refused for each first reason."""
    reasons = Counter(each.reason for each in refused if each.judgement == RIGHT)
    rows = "".join(f"| {format_cell(reason)} | {count} |\n" for reason, count in sorted(reasons.items(), key=by_count))
    return f"| rightly refused: first reason | files |\n|---|---|\n{rows}"


def render_ordinary(ordinary: list[RealFile]) -> str:
    """Return the ordinary files that are refused."""
    rows = "".join(
        f"| {format_cell(each.place)} | {format_cell(each.producer)} | {format_cell(each.reason)} |\n"
        for each in ordinary
    )
    return f"| ordinary and refused | made by | why |\n|---|---|---|\n{rows}"


def by_count(item: tuple[str, int]) -> tuple[int, str]:
    """Order by falling count."""
    return -item[1], item[0]


def format_cell(text: str) -> str:
    """Return a text as a cell of a table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def write_page() -> None:
    """Write the figures into the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    figures = render_figures(read_list())
    PAGE.write_text(before + BEGIN + figures + END + rest.partition(END)[2], encoding="utf-8")


def main() -> None:
    """Inspect the files of a folder, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true", help="put verdicts and times into the list")
    arguments = parser.parse_args()
    if arguments.folder:
        listed = read_list()
        found = list(inspect_listed(arguments.folder, listed))
        for before, after in zip(listed, found, strict=True):
            if (before.verdict, before.reason) != (after.verdict, after.reason):
                print(f"{after.place}: {before.verdict} is now {after.verdict} {after.reason}")
        if not arguments.write:
            print(render_figures(found))
            return
        write_list(found)
    write_page()


if __name__ == "__main__":
    main()
