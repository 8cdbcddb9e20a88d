"""Forms that ask for a text in each official language: one field for each, named by its language after a prefix."""

from collections.abc import Mapping

from app.core.i18n import LANGUAGES
from app.web.forms.parsing import InputT, ParsedForm, TypedForm, parse_form


class TextsByLanguageForm(TypedForm):
    """A text in each language, named by the language alone."""

    ar: str = ""
    zh: str = ""
    en: str = ""
    fr: str = ""
    ru: str = ""
    es: str = ""


def parse_texts_by_language(
    input_class: type[InputT], typed: Mapping[str, object], prefixes: Mapping[str, str], language: str
) -> ParsedForm[InputT]:
    """Parse a form whose fields by language are each one field of the input, with these `prefixes` by its name.

    What was typed comes back field by field. An error of such a field is shown at that of the reader's language.
    """
    gathered = {
        name: {code: typed[prefix + code] for code in LANGUAGES if typed[prefix + code]}
        for name, prefix in prefixes.items()
    }
    single = {name: typed[name] for name in input_class.model_fields if name in typed}
    entry = parse_form(input_class, {**single, **gathered})
    errors = {prefixes[name] + language if name in prefixes else name: why for name, why in entry.errors.items()}
    return ParsedForm(typed, entry.value, errors)


def list_texts_by_language(texts: Mapping[str, str], prefix: str) -> dict[str, object]:
    """List what the fields show of these texts."""
    return {prefix + code: texts.get(code, "") for code in LANGUAGES}
