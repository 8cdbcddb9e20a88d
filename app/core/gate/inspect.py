"""Command-line inspection: prints the findings of files as text or JSON, without storing anything."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from app.core.gate.findings import Bounds, Report
from app.core.gate.names import shown_name
from app.core.gate.sandbox import examine


def inspect(paths: Iterable[Path], as_json: bool, write: Callable[[str], object], bounds: Bounds | None = None) -> int:
    """Inspect each file and `write` lines about it; return 0 if all would be accepted, 1 if any is refused or
    unreadable."""
    results = [(path, examined(path, bounds)) for path in paths]
    if as_json:
        write(json.dumps([described(path, report) for path, report in results], ensure_ascii=False, indent=2))
    else:
        for path, report in results:
            for line in lines(path, report):
                write(line)
    return int(any(isinstance(report, str) or report.refused for _, report in results))


def examined(path: Path, bounds: Bounds | None) -> Report | str:
    """Inspect a file; return its report, or why it could not be read from the disk."""
    try:
        return examine(path, path.name, bounds)
    except OSError as error:
        return error.strerror or str(error)


def described(path: Path, found: Report | str) -> dict[str, object]:
    """Return the result for one file as JSON values."""
    if isinstance(found, str):
        return {"file": str(path), "accepted": False, "error": found}
    findings = [
        {"level": finding.level.value, "what": str(finding.what), "where": finding.where, "remedy": str(finding.remedy)}
        for finding in found.findings
    ]
    return {"file": str(path), "accepted": not found.refused} | found.to_json() | {"findings": findings}


def lines(path: Path, found: Report | str) -> Iterable[str]:
    """Yield the result for one file as lines of text."""
    name = shown_name(path.name)
    if isinstance(found, str):
        yield f"{name}: refused ({found})"
        return
    pages = f", {found.pages} pages" if found.pages else ""
    yield f"{name}: {'refused' if found.refused else 'accepted'} ({found.kind or 'unknown kind'}{pages})"
    for label, value in (("title", found.title), ("language", found.language)):
        if value:
            yield f"  {label}: {value}"
    for finding in found.findings:
        where = f" [{finding.where}]" if finding.where else ""
        yield f"  {finding.level.value}: {finding.what}{where} {finding.remedy}"
