"""A DOCX made into a PDF by LibreOffice, in a bounded process with a home of its own that is thrown away."""

import shutil
from pathlib import Path
from tempfile import mkdtemp
from xml.sax.saxutils import quoteattr

from app.core.render.bounded import MIB, Failed, Limits, Task, run

CONVERTING = Limits(seconds=120, cpu_seconds=90, memory=3072 * MIB, file=256 * MIB, descriptors=256)
# Nothing starts by itself, nothing is fetched, no link is followed: the gate has refused what could, and this is the
# second wall. (Items of LibreOffice's registry; 3 is the highest level of security for macros.)
REGISTRY = {
    "/org.openoffice.Office.Common/Security/Scripting": {
        "DisableMacrosExecution": "true",
        "DisableActiveContent": "true",
        "BlockUntrustedRefererLinks": "true",
        "MacroSecurityLevel": "3",
    },
    "/org.openoffice.Office.Writer/Content/Update": {"Link": "0", "Field": "false", "Chart": "false"},
    "/org.openoffice.Office.Common/Misc": {"UseLocking": "false"},
}


def to_pdf(soffice: str, source: Path, folder: Path, limits: Limits = CONVERTING) -> Path:
    """The PDF, in `folder`. Raises Failed if there is none within the limits."""
    home = Path(mkdtemp(prefix="office-", dir=folder))
    offered = home / "document.docx"
    shutil.copyfile(source, offered)
    profile = home / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(registry(), encoding="utf-8")
    task = Task(
        "become",
        home,
        (
            soffice,
            "--headless",
            "--norestore",
            "--nodefault",
            "--nologo",
            "--nolockcheck",
            f"-env:UserInstallation={profile.as_uri()}",
            "--convert-to",
            "pdf:writer_pdf_Export",
            "--outdir",
            str(home / "out"),
            str(offered),
        ),
        {"HOME": str(home), "TMPDIR": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )
    try:
        run(task, source, limits)
        made = home / "out" / "document.pdf"
        if not made.is_file():  # it says nothing when it cannot read a document, and ends with 0
            raise Failed("no PDF was made")
        return made.rename(folder / "document.pdf")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def registry() -> str:
    """The settings as LibreOffice keeps them in a profile."""
    items = "".join(
        f'<item oor:path={quoteattr(path)}><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, settings in REGISTRY.items()
        for name, value in settings.items()
    )
    spaces = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return f'<?xml version="1.0" encoding="UTF-8"?><oor:items {spaces}>{items}</oor:items>'
