"""Inputs of the actions on reports and action points."""

from typing import Annotated

from pydantic import Field

from app.core.inputs import Day, Input, Language, Line, Passage, Prose, Reason
from app.domain.decisions.models import Progress
from app.domain.reports.models import Attribution

Wording = Annotated[Prose, Field(min_length=3)]
Reading = Annotated[Passage, Field(min_length=3)]


class NewReport(Input):
    """Options of a generated draft: whether speakers are named, and the language."""

    attribution: Attribution
    lang: Language


class Paragraphs(Input):
    """Edited paragraphs by key. An empty text removes the paragraph; a blank line starts a new one."""

    texts: dict[str, Passage]


class NewCorrection(Input):
    """The text of a paragraph as a State wants it corrected."""

    text: Reading


class Taking(Input):
    """The text of a paragraph from now on."""

    text: Reading


class Declining(Input):
    """The reason for declining a correction."""

    reason: Reason


class NewTemplate(Input):
    """A file that passed inspection, and its fields: the name of each, and whether it is alone in its paragraph."""

    sha256: str
    size: int
    media: str
    name: str
    fields: tuple[tuple[str, bool], ...]


class NewAction(Input):
    """An action point: what has to be done, and by whom (the code of a State, or free text)."""

    text: Wording
    lang: Language
    owner: Line
    due_on: Day | None = None


class Going(Input):
    """The progress of an action point, and a note on it."""

    progress: Progress
    note: Annotated[Prose, Field(min_length=3, max_length=1000)]
