"""Translation into six languages: marking messages, choosing a language, direction of script.

Code marks messages with `_("…", name=value)`, or with `_p("context", "…")` where one English message has two
translations; nothing is translated until it is displayed. The catalogues are the `.po` files themselves, read at
start: there is no compiled copy that could be stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

# In the order of the United Nations: by the English name of the language.
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
NATIVE_NAMES = MappingProxyType(
    {"ar": "العربية", "zh": "中文", "en": "English", "fr": "Français", "ru": "Русский", "es": "Español"}
)
DEFAULT_LANGUAGE = "en"
CATALOGUE_FOLDER = Path(__file__).parent.parent / "locale"


@dataclass(frozen=True, slots=True)
class LazyText:
    """A message with its values, not yet translated."""

    message: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)
    context: str = ""

    def translate(self, language: str) -> str:
        """Translate into that language; a value that is a LazyText is translated too."""
        catalogue = load_translations(language)
        translation = (
            catalogue.pgettext(self.context, self.message) if self.context else catalogue.gettext(self.message)
        )
        if not self.values:
            return translation
        values = {
            name: value.translate(language) if isinstance(value, LazyText) else value
            for name, value in self.values.items()
        }
        return translation % values

    def __str__(self) -> str:
        return self.translate(DEFAULT_LANGUAGE)


def lazy_gettext(message: str, /, **values: object) -> LazyText:
    """Mark a message for translation. Placeholders are named: `_("Due on %(day)s.", day=…)`."""
    return LazyText(message, values)


def lazy_pgettext(context: str, message: str, /, **values: object) -> LazyText:
    """Mark a message for translation in this context (`msgctxt`): `_p("floor", "Decline")`."""
    return LazyText(message, values, context)


@cache
def text_direction(language: str) -> str:
    """Return `rtl` for Arabic, `ltr` for the others."""
    return "rtl" if language == "ar" else "ltr"


@cache
def load_translations(language: str) -> GNUTranslations:
    """Load the catalogue of one language."""
    # Imported here: the inspection process, which starts for each file, marks messages and never shows any.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with (CATALOGUE_FOLDER / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def negotiate_language(candidates: list[str | None]) -> str:
    """Return the first candidate that is one of the six languages; a candidate may be a tag such as `fr-CH`."""
    for candidate in candidates:
        if candidate and (language := candidate.replace("_", "-").split("-")[0].lower()) in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


def parse_accept_language(header: str | None) -> list[str | None]:
    """Parse the languages of an `Accept-Language` header, best first (RFC 9110, 12.5.4)."""

    def rank(part: str) -> tuple[float, str]:
        tag, _, weight = part.partition(";q=")
        try:
            return -float(weight or 1), tag.strip()
        except ValueError:
            return 0.0, tag.strip()

    return [tag for _, tag in sorted(map(rank, (header or "").split(",")), key=lambda pair: pair[0])]
