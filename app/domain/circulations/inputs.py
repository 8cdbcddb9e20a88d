"""What may be asked about circulated versions, comments and answers."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.inputs import Day, Input, Language, Passage, Prose
from app.domain.circulations.models import Answer, CommentKind

Words = Annotated[Passage, Field(min_length=2)]


class Circulation(Input):
    """What the chair says with a version, and on exactly which text; by when comments are wished for."""

    note: Prose = ""
    comments_by: Day | None = None
    text: str


class NewComment(Input):
    """What a State says of a paragraph, counted from 1, of the text in one language; 0 is the whole of it."""

    language: Language
    paragraph: Annotated[int, Field(ge=0, le=50_000)]
    kind: CommentKind
    text: Words
    lang: Language


class Rewording(Input):
    """The words that stand instead."""

    text: Words
    lang: Language


class NewAnswer(Input):
    """What becomes of a comment. Unless it is taken as it is, words say why."""

    answer: Answer
    text: Annotated[Prose, Field(validate_default=True)] = ""
    lang: Language

    @field_validator("text")
    @classmethod
    def says_why(cls, value: str, about: ValidationInfo) -> str:
        if about.data.get("answer") in (Answer.IN_PART, Answer.NOT_TAKEN) and len(value) < 3:
            raise PydanticCustomError("string_too_short", "an answer without words")
        return value
