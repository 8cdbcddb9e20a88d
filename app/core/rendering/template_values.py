"""Values of Word templates, and the names of their styles. Imports nothing that reads documents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

PARAGRAPH_STYLE: Final = "Report paragraph"
DECISION_STYLE: Final = "Report decision"
POSITION_STYLE: Final = "Report position"
"""Styles that a template may define, besides Heading 1; a paragraph whose style it lacks looks like its field."""


@dataclass(frozen=True, slots=True)
class TemplatePassage:
    """A paragraph to insert, in the style of that name if the template has it."""

    text: str
    style: str
    language: str


@dataclass(frozen=True, slots=True)
class TemplateFilling:
    """Values of a template: texts by field name, in one language, and passages that replace the field named `block`."""

    language: str
    texts: Mapping[str, str]
    block: str
    passages: Sequence[TemplatePassage]


def parse_template_filling(text: bytes) -> TemplateFilling:
    """Parse the values of a template, which the portal wrote as JSON."""
    return _build_filling(json.loads(text))


def _build_filling(values: dict[str, Any]) -> TemplateFilling:
    passages = [TemplatePassage(**passage) for passage in values.pop("passages")]
    return TemplateFilling(passages=passages, **values)


def parse_named_fillings(text: bytes) -> dict[str, TemplateFilling]:
    """Parse the values of several copies of one template by the name of each, which the portal wrote as JSON."""
    return {name: _build_filling(values) for name, values in json.loads(text).items()}


@dataclass(frozen=True, slots=True)
class LetterWords:
    """The words of the default template of a letter, in one language: two lines of its header, and its paragraphs."""

    language: str
    header: tuple[str, str]
    paragraphs: Sequence[TemplatePassage]


def parse_letter_words(text: bytes) -> LetterWords:
    """Parse the words of the template of a letter, which the portal wrote as JSON."""
    values = json.loads(text)
    return LetterWords(values["language"], values["header"], [TemplatePassage(**each) for each in values["paragraphs"]])


@dataclass(frozen=True, slots=True)
class ContributionWords:
    """The words of the template of a contribution, in one language.

    `labels` and `placeholders` are by the field of the cover; a placeholder is shown in square brackets until somebody
    types in its place. `purposes` are the choices of the purpose.
    """

    language: str
    organization: str
    original: str
    labels: Mapping[str, str]
    placeholders: Mapping[str, str]
    purposes: Sequence[str]
    headings: Mapping[str, str]


def parse_contribution_words(text: bytes) -> ContributionWords:
    """Parse the words of a template, which the portal wrote as JSON."""
    return ContributionWords(**json.loads(text))
