"""The gate from the command line: what it finds in files, as text or JSON, without keeping anything."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from app.core.gate.findings import Bounds, Report
from app.core.gate.names import shown_name
from app.core.gate.sandbox import examine


def inspect(paths: Iterable[Path], as_json: bool, write: Callable[[str], object], bounds: Bounds | None = None) -> int:
    """Examine each file and `write` lines about it; 0 if all would be accepted, 1 if any is refused or unreadable."""
    seen = [(path, examined(path, bounds)) for path in paths]
    if as_json:
        write(json.dumps([described(path, found) for path, found in seen], ensure_ascii=False, indent=2))
    else:
        for path, found in seen:
            for line in lines(path, found):
                write(line)
    return int(any(isinstance(found, str) or found.refused for _, found in seen))


def examined(path: Path, bounds: Bounds | None) -> Report | str:
    """The report, or why the file could not be read from the disk."""
    try:
        return examine(path, path.name, bounds)
    except OSError as fault:
        return fault.strerror or str(fault)


def described(path: Path, found: Report | str) -> dict[str, object]:
    if isinstance(found, str):
        return {"file": str(path), "accepted": False, "error": found}
    findings = [
        {"level": f.level.value, "what": str(f.what), "where": f.where, "remedy": str(f.remedy)} for f in found.findings
    ]
    return {"file": str(path), "accepted": not found.refused} | found.to_json() | {"findings": findings}


def lines(path: Path, found: Report | str) -> Iterable[str]:
    name = shown_name(path.name)
    if isinstance(found, str):
        yield f"{name}: refused ({found})"
        return
    pages = f", {found.pages} pages" if found.pages else ""
    yield f"{name}: {'refused' if found.refused else 'accepted'} ({found.kind or 'unknown kind'}{pages})"
    for word, value in (("title", found.title), ("language", found.language)):
        if value:
            yield f"  {word}: {value}"
    for finding in found.findings:
        place = f" [{finding.where}]" if finding.where else ""
        yield f"  {finding.level.value}: {finding.what}{place} {finding.remedy}"
