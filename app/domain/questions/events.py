"""What can happen to the Questions of a body."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class QuestionKept(Event):
    """`question` is its code; `content` the digest of titles, confirmed languages and days, `was` that before, empty
    for a new one."""

    name: ClassVar[str] = "question:kept"
    words: ClassVar[LazyText] = _("A Question of a group was added or changed")
    question: str
    content: str
    was: str


@dataclass(frozen=True, slots=True)
class QuestionsRequired(Event):
    name: ClassVar[str] = "question:required"
    words: ClassVar[LazyText] = _("It was set whether each contribution to a group names a Question")
    required: bool
    was: bool
