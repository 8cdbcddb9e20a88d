"""Values of Word templates, and the names of their styles. Imports nothing that reads documents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
    values = json.loads(text)
    passages = [TemplatePassage(**passage) for passage in values.pop("passages")]
    return TemplateFilling(passages=passages, **values)
