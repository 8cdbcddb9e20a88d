"""Converts DOCX to PDF with LibreOffice, in a limited process with a temporary home of its own."""

import shutil
from pathlib import Path
from tempfile import mkdtemp
from xml.sax.saxutils import quoteattr

from app.core.rendering.subprocess_limits import MIB, ProcessLimits, ProcessTask, RenderingError, run_in_limited_process

CONVERSION_LIMITS = ProcessLimits(
    seconds=120, cpu_seconds=90, memory=3072 * MIB, max_file_bytes=256 * MIB, descriptors=256
)
COPY_LIMITS = ProcessLimits(max_file_bytes=256 * MIB)
# No macros, no fetching, no links: the inspection has refused files with those, and this is the second line of defence.
# (Items of LibreOffice's registry; 3 is the highest security level for macros.) `DisableActiveContent` is not among
# them: it draws a placeholder instead of every chart.
REGISTRY_SETTINGS = {
    "/org.openoffice.Office.Common/Security/Scripting": {
        "DisableMacrosExecution": "true",
        "BlockUntrustedRefererLinks": "true",
        "MacroSecurityLevel": "3",
    },
    "/org.openoffice.Office.Writer/Content/Update": {"Link": "0", "Field": "false", "Chart": "false"},
    "/org.openoffice.Office.Common/Misc": {"UseLocking": "false"},
}


def convert_docx_to_pdf(soffice: str, source: Path, folder: Path, limits: ProcessLimits = CONVERSION_LIMITS) -> Path:
    """Convert a DOCX and return the PDF in `folder`, without names of people and without tracked changes. Raises
    RenderingError if there is none within the limits."""
    home = Path(mkdtemp(prefix="office-", dir=folder))
    copy = home / "document.docx"
    profile = home / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(render_libreoffice_profile_settings(), encoding="utf-8")
    task = ProcessTask(
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
            str(copy),
        ),
        {"HOME": str(home), "TMPDIR": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )
    try:
        copy.write_bytes(run_in_limited_process(ProcessTask("copy", home), source, COPY_LIMITS))
        run_in_limited_process(task, source, limits)
        converted = home / "out" / "document.pdf"
        if not converted.is_file():  # it ends with 0 and prints nothing when it cannot read a document
            raise RenderingError("no PDF was made")
        return converted.rename(folder / "document.pdf")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def render_libreoffice_profile_settings() -> str:
    """Render the settings as the `registrymodifications.xcu` of a LibreOffice profile."""
    items = "".join(
        f'<item oor:path={quoteattr(path)}><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, settings in REGISTRY_SETTINGS.items()
        for name, value in settings.items()
    )
    spaces = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return f'<?xml version="1.0" encoding="UTF-8"?><oor:items {spaces}>{items}</oor:items>'
