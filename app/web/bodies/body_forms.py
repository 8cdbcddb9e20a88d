"""The form of a group: what its secretariat says of it, and its rules."""

from collections.abc import Mapping

from app.domain.bodies.inputs import BodyInput
from app.web.forms.by_language import list_texts_by_language, parse_texts_by_language
from app.web.forms.parsing import InputT, ParsedForm, TypedForm

PREFIXES: Mapping[str, str] = {"names": "name_", "admission_words": "admission_"}
"""The fields of an input that the form asks for in each language, and what its own fields begin with."""


class BodyForm(TypedForm):
    """The fields of a group, as typed. None has a default, which would take the place of a field that was emptied."""

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
    deadline_days: str = ""
    posting_days: str = ""
    proposal_days: str = ""
    registration_days: str = ""
    largest_file: str = ""
    begins_on: str = ""
    admits: list[str] = []  # noqa: RUF012 - pydantic copies it
    languages: list[str] = []  # noqa: RUF012 - pydantic copies it
    silence_hours: str = ""


def parse_body_form(input_class: type[InputT], typed: Mapping[str, object], language: str) -> ParsedForm[InputT]:
    """Parse the form of a group, whose errors are shown in this language."""
    return parse_texts_by_language(input_class, typed, PREFIXES, language)


def fill_body_form(content: BodyInput) -> dict[str, object]:
    """Return what the form of a group shows of what it is now."""
    typed: dict[str, object] = {
        name: "" if value is None else value for name, value in content.model_dump(mode="json").items()
    }
    for name, prefix in PREFIXES.items():
        typed |= list_texts_by_language(getattr(content, name), prefix)
    return typed
