"""What the PDF of a DOCX does not show: its kinds, and how much of each."""

from dataclasses import dataclass, field
from enum import StrEnum


class UndrawnKind(StrEnum):
    """Kind of what the converter does not draw."""

    CHART = "chart"
    DIAGRAM = "diagram"
    INK = "ink"
    PICTURE = "picture"
    FORMULA = "formula"
    FIELD = "field"
    OBJECT = "object"
    TYPEFACE = "typeface"


@dataclass(slots=True)
class UndrawnContent:
    """How much of a kind is not drawn; `after` is the text before some of it, `names` are those of some typefaces."""

    kind: UndrawnKind
    count: int = 0
    after: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
