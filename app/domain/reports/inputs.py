"""What may be asked about reports and action points."""

from typing import Annotated

from pydantic import Field

from app.core.inputs import Day, Input, Language, Line, Passage, Prose, Reason
from app.domain.decisions.models import Progress
from app.domain.reports.models import Attribution

Wording = Annotated[Prose, Field(min_length=3)]
Reading = Annotated[Passage, Field(min_length=3)]


class NewReport(Input):
    """How the draft is written: whether speakers are named, and in which language."""

    attribution: Attribution
    lang: Language


class Paragraphs(Input):
    """Paragraphs as they were edited, by their key. An empty one goes; an empty line begins a new paragraph."""

    texts: dict[str, Passage]


class NewCorrection(Input):
    """How the paragraph should read, in the words of the State."""

    text: Reading


class Taking(Input):
    """The paragraph as it reads from now on."""

    text: Reading


class Declining(Input):
    reason: Reason


class NewTemplate(Input):
    """A file that passed the gate, and its fields: the name of each, and whether it stands alone in a paragraph."""

    sha256: str
    size: int
    media: str
    name: str
    fields: tuple[tuple[str, bool], ...]


class NewAction(Input):
    """What has to be done, by whom: the code of a State, or anybody in words."""

    text: Wording
    lang: Language
    owner: Line
    due_on: Day | None = None


class Going(Input):
    """How far it is, and a note on that."""

    progress: Progress
    note: Annotated[Prose, Field(min_length=3, max_length=1000)]
