"""Inputs about Questions."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.validation import LanguageCode, OneLine, ValidationMessageError
from app.domain.bodies.inputs import SeatTerm

CODE_PATTERN = re.compile(r"Q[0-9]{1,3}/[0-9]{1,3}")


def _require_question_code(value: str) -> str:
    if not CODE_PATTERN.fullmatch(value):
        raise ValidationMessageError(
            _("Enter a Q, the number of the Question, a slash and the number of the group, such as Q6/3.")
        )
    return value


QuestionCode = Annotated[str, AfterValidator(_require_question_code)]


class QuestionInput(SeatTerm):
    """The titles of a Question by language, one at least, those that were compared with the source, and the days on
    which it is studied."""

    titles: Annotated[dict[LanguageCode, OneLine], Field(min_length=1)]
    confirmed: tuple[LanguageCode, ...] = ()

    @property
    def confirmed_languages(self) -> list[str]:
        """The languages that were confirmed, of those in which there is a title, in their order."""
        return [language for language in LANGUAGES if language in self.titles and language in self.confirmed]


class NewQuestion(QuestionInput):
    """A new Question."""

    code: QuestionCode

    @property
    def number(self) -> int:
        """The number of the Question in its body."""
        return int(self.code.removeprefix("Q").split("/")[0])
