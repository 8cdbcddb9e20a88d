"""Format dates, times, sizes and numbers in one language: the filters and globals of the templates."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from app.core.file_sizes import format_file_size
from app.core.i18n import NATIVE_NAMES, text_direction
from app.http.moments import FORMAT_CACHE_SIZE, MomentFormats, TemplateMoments


class Localizer(MomentFormats):
    """Formatting that depends on the language and the time zone of the reader; sentences are translated elsewhere."""

    def template_functions(self) -> dict[str, Callable[..., object]]:
        """Return the functions that templates may call as filter or global, by their name in templates."""
        return {
            **TemplateMoments(self).functions(),
            "size": self.format_size,
            "number": self.format_number,
            "text": self.translate_text,
            "language_name": self.language_name,
            "language_names": self.format_language_names,
            "own_name": NATIVE_NAMES.__getitem__,
            "direction_of": text_direction,
        }

    def format_size(self, octets: int) -> str:
        """Format a number of bytes: `214 kB`, `3.4 MB`."""
        return format_file_size(self.language, octets)

    def format_percentage(self, fraction: float) -> str:
        """Format a fraction as a percentage: `12 %`."""
        return str(format_percent(fraction, locale=self.locale))

    def format_number(self, value: float) -> str:
        """Format a number with the separators of this language."""
        return _number(self.locale, value)

    def language_name(self, code: str) -> str:
        """Return the name of a language in the language of the page."""
        return str(self.locale.languages[code])

    def format_language_names(self, codes: Iterable[str]) -> str:
        """Format a list of languages: `Arabic, French and Russian`."""
        return str(format_list([self.language_name(code) for code in codes], locale=self.locale))


@lru_cache(FORMAT_CACHE_SIZE)
def _number(locale: Locale, value: float) -> str:
    return str(format_decimal(value, locale=locale))
