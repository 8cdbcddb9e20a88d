"""Validated inputs of the acts on circulated versions, comments and answers."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.inputs import Day, Input, Language, Passage, Prose
from app.domain.circulations.models import Answer, CommentKind

Words = Annotated[Passage, Field(min_length=2)]


class Circulation(Input):
    """A note of the chair, the digest of the text that was seen, and the day by which comments are wished for."""

    note: Prose = ""
    comments_by: Day | None = None
    text: str


class NewComment(Input):
    """A comment of a State on a paragraph, counted from 1, of the text in one language; 0 is the whole text."""

    language: Language
    paragraph: Annotated[int, Field(ge=0, le=50_000)]
    kind: CommentKind
    text: Words
    lang: Language


class Rewording(Input):
    """The new words of a comment."""

    text: Words
    lang: Language


class NewAnswer(Input):
    """The answer to a comment. Unless the comment is taken as it is, a text explains why."""

    answer: Answer
    text: Annotated[Prose, Field(validate_default=True)] = ""
    lang: Language

    @field_validator("text")
    @classmethod
    def says_why(cls, value: str, about: ValidationInfo) -> str:
        """Require an explanation of at least 3 characters if the comment is taken in part or not taken."""
        if about.data.get("answer") in (Answer.IN_PART, Answer.NOT_TAKEN) and len(value) < 3:
            raise PydanticCustomError("string_too_short", "an answer without words")
        return value
