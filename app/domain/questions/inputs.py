"""Inputs about Questions."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.core.validation import LanguageCode, OneLine
from app.domain.bodies.inputs import SeatTerm


class QuestionInput(SeatTerm):
    """The titles of a Question by language, one at least, and the days on which it is studied."""

    titles: Annotated[dict[LanguageCode, OneLine], Field(min_length=1)]


class NewQuestion(QuestionInput):
    """A new Question."""

    code: Annotated[str, StringConstraints(pattern=r"^Q[0-9]{1,3}/[0-9]{1,3}$")]

    @property
    def number(self) -> int:
        """The number of the Question in its body."""
        return int(self.code.removeprefix("Q").split("/")[0])
