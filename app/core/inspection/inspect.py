"""Command-line inspection: prints the findings of files as text or JSON, without storing anything."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from app.core.inspection.display_names import to_display_name
from app.core.inspection.findings import InspectionLimits, InspectionReport
from app.core.inspection.sandbox import inspect_in_sandbox


def inspect_files(
    paths: Iterable[Path], as_json: bool, write: Callable[[str], object], limits: InspectionLimits | None = None
) -> int:
    """Inspect each file and `write` lines about it; return 0 if all would be accepted, 1 if any is refused or
    unreadable."""
    results = [(path, inspect_path(path, limits)) for path in paths]
    if as_json:
        write(json.dumps([report_to_json(path, report) for path, report in results], ensure_ascii=False, indent=2))
    else:
        for path, report in results:
            for line in format_report_lines(path, report):
                write(line)
    return int(any(isinstance(report, str) or report.is_refused for _, report in results))


def inspect_path(path: Path, limits: InspectionLimits | None) -> InspectionReport | str:
    """Inspect a file; return its report, or why it could not be read from the disk."""
    try:
        return inspect_in_sandbox(path, path.name, limits)
    except OSError as error:
        return error.strerror or str(error)


def report_to_json(path: Path, report: InspectionReport | str) -> dict[str, object]:
    """Return the result for one file as JSON values."""
    if isinstance(report, str):
        return {"file": str(path), "accepted": False, "error": report}
    findings = [
        {"level": finding.level.value, "what": str(finding.what), "where": finding.where, "remedy": str(finding.remedy)}
        for finding in report.findings
    ]
    return {"file": str(path), "accepted": not report.is_refused} | report.to_json() | {"findings": findings}


def format_report_lines(path: Path, report: InspectionReport | str) -> Iterable[str]:
    """Yield the result for one file as lines of text."""
    name = to_display_name(path.name)
    if isinstance(report, str):
        yield f"{name}: refused ({report})"
        return
    pages = f", {report.pages} pages" if report.pages else ""
    yield f"{name}: {'refused' if report.is_refused else 'accepted'} ({report.kind or 'unknown kind'}{pages})"
    for label, value in (("title", report.title), ("language", report.language)):
        if value:
            yield f"  {label}: {value}"
    for finding in report.findings:
        where = f" [{finding.where}]" if finding.where else ""
        yield f"  {finding.level.value}: {finding.what}{where} {finding.remedy}"
