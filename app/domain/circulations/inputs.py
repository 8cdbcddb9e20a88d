"""Validated inputs of the acts on circulated versions, comments and answers."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.validation import CalendarDay, InputModel, LanguageCode, LongProse, Prose
from app.domain.circulations.models import CommentAnswerKind, CommentKind

CommentWording = Annotated[LongProse, Field(min_length=2)]


class NewCirculation(InputModel):
    """A note of the chair, the digest of the text that was seen, and the day by which comments are wished for."""

    note: Prose = ""
    comments_by: CalendarDay | None = None
    text: str


class NewComment(InputModel):
    """A comment of a State on a paragraph, counted from 1, of the text in one language; 0 is the whole text."""

    language: LanguageCode
    paragraph: Annotated[int, Field(ge=0, le=50_000)]
    kind: CommentKind
    text: CommentWording
    lang: LanguageCode


class CommentRewording(InputModel):
    """The new words of a comment."""

    text: CommentWording
    lang: LanguageCode


class NewCommentAnswer(InputModel):
    """The answer to a comment. Unless the comment is taken as it is, a text explains why."""

    answer: CommentAnswerKind
    text: Annotated[Prose, Field(validate_default=True)] = ""
    lang: LanguageCode

    @field_validator("text")
    @classmethod
    def require_explanation(cls, value: str, info: ValidationInfo) -> str:
        """Require an explanation of at least 3 characters if the comment is taken in part or not taken.

        Raises PydanticCustomError.
        """
        if info.data.get("answer") in (CommentAnswerKind.TAKEN_IN_PART, CommentAnswerKind.NOT_TAKEN) and len(value) < 3:
            raise PydanticCustomError("string_too_short", "an answer without words")
        return value
