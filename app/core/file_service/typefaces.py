"""The typefaces that LibreOffice has here. They are listed before a task is forked, since a task runs no program."""

import shutil
import subprocess
from functools import cache
from typing import Final

FC_LIST: Final = "fc-list"
SECONDS: Final = 30
WITH_TYPEFACES: Final = b"typefaces"
"""Arguments of the task that reads words, for the typefaces that are not here."""
# What LibreOffice takes in place of a typeface, as wide letter by letter (fontconfig, 30-metric-aliases.conf).
EQUALLY_WIDE: Final = {
    "carlito": ("calibri",),
    "caladea": ("cambria",),
    "liberation sans": ("arial", "helvetica"),
    "liberation serif": ("times new roman", "times"),
    "liberation mono": ("courier new", "courier"),
}


@cache
def list_typefaces() -> frozenset[str]:
    """List the families of fontconfig, in lower case; none if that does not answer."""
    program = shutil.which(FC_LIST, path="/usr/bin:/bin")
    if program is None:
        return frozenset()
    try:
        listed = subprocess.run(
            [program, "--format", "%{family}\n"], env={}, cwd="/", capture_output=True, timeout=SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    names = listed.stdout.decode(errors="replace").replace(",", "\n").splitlines()
    return frozenset(name.strip().lower() for name in names) - {""}


def list_replaceable_typefaces(typefaces: frozenset[str]) -> frozenset[str]:
    """List the typefaces for whose Latin, Greek and Cyrillic letters one of these is as wide."""
    return frozenset(name for family in typefaces for name in EQUALLY_WIDE.get(family, ()))
