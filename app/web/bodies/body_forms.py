"""The form of a group: what its secretariat says of it, name by name in six languages."""

from collections.abc import Mapping

from app.core.i18n import LANGUAGES, LazyText
from app.domain.bodies.inputs import BodyInput
from app.web.forms.parsing import InputT, ParsedForm, TypedForm, parse_form

FIELDS_BY_LANGUAGE: Mapping[str, str] = {"names": "name", "admission_words": "admission"}
"""The fields of an input that the form asks for in each language, and what its own fields begin with."""


class BodyForm(TypedForm):
    """The fields of a group, as typed."""

    name_ar: str = ""
    name_zh: str = ""
    name_en: str = ""
    name_fr: str = ""
    name_ru: str = ""
    name_es: str = ""
    admission_ar: str = ""
    admission_zh: str = ""
    admission_en: str = ""
    admission_fr: str = ""
    admission_ru: str = ""
    admission_es: str = ""
    legal_basis: str = ""
    parent: str = ""
    deadline_days: str = "12"
    posting_days: str = "7"
    proposal_days: str = "21"
    registration_days: str = "7"
    largest_file: str = "100"
    begins_on: str = ""


def parse_body_form(input_class: type[InputT], typed: Mapping[str, object]) -> ParsedForm[InputT]:
    """Parse the form of a group, with its fields by language as one; what was typed comes back field by field."""
    by_language = {
        name: {language: typed[f"{prefix}_{language}"] for language in LANGUAGES if typed[f"{prefix}_{language}"]}
        for name, prefix in FIELDS_BY_LANGUAGE.items()
    }
    single = {name: typed[name] for name in input_class.model_fields if name in typed}
    entry = parse_form(input_class, {**single, **by_language})
    return ParsedForm(typed, entry.value, put_at_first_language(entry.errors, FIELDS_BY_LANGUAGE))


def put_at_first_language(errors: Mapping[str, LazyText], prefixes: Mapping[str, str]) -> Mapping[str, LazyText]:
    """Put what is wrong with a field that the form asks for in each language at the first of them."""
    return {
        f"{prefixes[name]}_{LANGUAGES[0]}" if name in prefixes else name: message for name, message in errors.items()
    }


def fill_body_form(content: BodyInput) -> dict[str, object]:
    """Return what the form of a group shows of what it is now."""
    typed = {name: "" if value is None else value for name, value in content.model_dump(mode="json").items()}
    by_language = {
        f"{prefix}_{language}": getattr(content, name).get(language, "")
        for name, prefix in FIELDS_BY_LANGUAGE.items()
        for language in LANGUAGES
    }
    return {**typed, **by_language}
