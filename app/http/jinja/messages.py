"""The functions by which templates translate: as Jinja's own, but without its calls in between, since a page has a
hundred messages."""

from collections.abc import Callable
from functools import lru_cache
from gettext import GNUTranslations

from markupsafe import Markup, escape

MESSAGE_CACHE_SIZE = 10_000  # messages of templates, in each language


def build_message_functions(catalogue: GNUTranslations) -> dict[str, Callable[..., Markup]]:
    """Build the functions of a language by their names in templates: `_`, `gettext`, `ngettext`, `pgettext`,
    `npgettext`. Translations are HTML, and the values that are put into them are escaped."""

    @lru_cache(MESSAGE_CACHE_SIZE)
    def translate(message: str) -> Markup:
        return Markup(catalogue.gettext(message) % {})  # noqa: S704 - our own text

    def gettext(message: str, /, **values: object) -> Markup:
        return _put_in(catalogue.gettext(message), values) if values else translate(message)

    def ngettext(singular: str, plural: str, number: int, /, **values: object) -> Markup:
        return _put_in(catalogue.ngettext(singular, plural, number), {"num": number, **values})

    def pgettext(context: str, message: str, /, **values: object) -> Markup:
        return _put_in(catalogue.pgettext(context, message), {"context": context, **values})

    def npgettext(context: str, singular: str, plural: str, number: int, /, **values: object) -> Markup:
        text = catalogue.npgettext(context, singular, plural, number)
        return _put_in(text, {"context": context, "num": number, **values})

    functions = {each.__name__: each for each in (gettext, ngettext, pgettext, npgettext)}
    return {"_": gettext, **functions}


def _put_in(text: str, values: dict[str, object]) -> Markup:
    """Put escaped values into a message that is HTML."""
    return Markup(text % {name: escape(value) for name, value in values.items()})  # noqa: S704 - escaped here
