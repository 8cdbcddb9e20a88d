"""LibreOffice's arguments and its profile, in a folder of its own."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

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


def list_converter_arguments(program: Path, folder: Path) -> list[str]:
    """List the arguments that convert `document.docx` in the folder to `out/document.pdf` there."""
    return [
        str(program),
        "--headless",
        "--norestore",
        "--nodefault",
        "--nologo",
        "--nolockcheck",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to",
        "pdf:writer_pdf_Export",
        "--outdir",
        str(folder / "out"),
        str(folder / "document.docx"),
    ]


def write_profile(folder: Path) -> None:
    """Write a profile with the settings to the folder."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(render_libreoffice_profile_settings(), encoding="utf-8")


def render_libreoffice_profile_settings() -> str:
    """Render the settings as the `registrymodifications.xcu` of a LibreOffice profile."""
    items = "".join(
        f'<item oor:path={quoteattr(path)}><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, settings in REGISTRY_SETTINGS.items()
        for name, value in settings.items()
    )
    spaces = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return f'<?xml version="1.0" encoding="UTF-8"?><oor:items {spaces}>{items}</oor:items>'
