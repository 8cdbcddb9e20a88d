"""The terms of the portal in six languages (`app/locale/terms.toml`), which pages use and their glossary lists."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.core.i18n import CATALOGUE_FOLDER, LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _

TERMS_FILE: Final = CATALOGUE_FOLDER / "terms.toml"


@dataclass(frozen=True, slots=True)
class Term:
    """One word for one thing: its name in each language, its source, and its definition if the glossary has one.

    `rivals` are regular expressions of the words that must not be used for it, by language.
    """

    names: Mapping[str, str]
    source: str
    definition: LazyText | None
    rivals: Mapping[str, tuple[str, ...]]


def load_terms(path: Path = TERMS_FILE) -> tuple[Term, ...]:
    """Load the terms. Raises KeyError where one has no name in a language."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["term"]
    return tuple(
        Term(
            {language: entry[language] for language in LANGUAGES},
            entry["source"],
            LazyText(entry["definition"]) if "definition" in entry else None,
            {language: tuple(words) for language, words in entry.get("rivals", {}).items()},
        )
        for entry in entries
    )


TERMS: Final = load_terms()
SOURCE_LABELS: Final = MappingProxyType(
    {
        "constitution": _("Constitution of ITU"),
        "convention": _("Convention of ITU"),
        "resolution-169": _("Resolution 169 of the Plenipotentiary Conference"),
        "resolution-75": _("Resolution 75 of WTSA"),
        "decision-556": _("Decision 556 of the Council"),
        "council": _("Usage of the ITU Council"),
        "un": _("Usage of the United Nations"),
        "portal": None,
    }
)
"""Where the name of a term comes from; None where there is no official one."""
