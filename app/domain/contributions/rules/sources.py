"""Compares the source that a file names with the State whose contribution it is."""

import re
import unicodedata
from functools import cache

from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding, FindingLevel
from app.core.inspection.findings import FindingCode
from app.domain.member_states import LANGUAGES, MEMBER_STATES, RES99_CODES, get_state_name, is_known_state

WORD_PATTERN = re.compile(r"\w+")


def list_source_findings(source: str | None, entity: str) -> tuple[Finding, ...]:
    """Return a finding to check if the file names States as its source, and not the one that submits it.

    The source is a text that somebody wrote: names are found in it in any of the six languages, and what names no State
    by its name is not compared.
    """
    if not source or not is_known_state(entity):
        return ()
    own_names = [each for each, code in list_names() if code == entity]
    found = dict(find_names_in_text(source))
    others = [name for name in found if not any(name in own for own in own_names)]
    if not others or entity in found.values():
        return ()
    what = _("The file names another State as its source: %(source)s.", source=source)
    remedy = _("Check that you chose the right file, or correct the source in it.")
    return (Finding(FindingLevel.DECIDE, what, "", remedy, FindingCode.SOURCE),)


def find_names_in_text(text: str) -> list[tuple[str, str]]:
    """Find the names of States in a text: each as it is compared, with the code of the State. Part of a longer name is
    none."""
    words, found = normalize_name(text), []
    if " و" in words:  # in Arabic “and” is written together with the word after it
        words += words.replace(" و", " ")
    for name, code in list_names():
        if name in words:
            found.append((name, code))
            words = words.replace(name, " | ")
    return found


@cache
def list_names() -> tuple[tuple[str, str], ...]:
    """List the names of all States in all languages, longest first, each with the code of the State."""
    codes = (*MEMBER_STATES, *RES99_CODES)
    names = {normalize_name(get_state_name(code, language)): code for code in codes for language in LANGUAGES}
    return tuple(sorted(names.items(), key=lambda entry: (-len(entry[0]), entry[0])))


def normalize_name(text: str) -> str:
    """Reduce a text to small letters without accents, each word between spaces; Chinese has no spaces to compare."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))
    words = WORD_PATTERN.findall(plain)
    return "".join(words) if any("\u4e00" <= mark <= "\u9fff" for mark in plain) else f" {'  '.join(words)} "
