"""Questions of a group in words: their list, where titles may be to be confirmed, and how other pages name one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.questions.models import Question
from app.domain.questions.queries import list_confirmed_titles
from app.web.views.documents.titles import localize_title


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A Question in the list of its group; `lang` is None if the title is in the language of the page."""

    code: str
    position: int
    title: str
    lang: str | None
    is_to_be_confirmed: bool
    from_on: date
    until_on: date


def build_question_lines(questions: Iterable[Question], language: str) -> list[QuestionLine]:
    """Build the lines of Questions: the title in the language of the page, confirmed or not, else a confirmed one."""
    return [_build_line(question, language) for question in questions]


def _build_line(question: Question, language: str) -> QuestionLine:
    confirmed = list_confirmed_titles(question)
    shown = question.titles if language in question.titles else confirmed or question.titles
    title, lang = localize_title(shown, language)
    is_open = (lang or language) not in confirmed
    return QuestionLine(question.code, question.position, title, lang, is_open, question.from_on, question.until_on)


def name_question(question: Question, language: str) -> str:
    """Name a Question outside its list: its code, with a confirmed title if there is one."""
    title, _lang = localize_title(list_confirmed_titles(question), language)
    return f"{question.code} – {title}" if title else question.code
