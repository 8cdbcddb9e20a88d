"""What is checked before letters of invitation are made: how many, in which languages, for whom, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.domain.invitation_letters import queries
from app.domain.invitation_letters.inputs import InvitationChoice
from app.domain.meetings.models import Meeting
from app.http.page_context import ReadContext
from app.web.views.meetings.invitation_letters import build_state_lines


@dataclass(frozen=True, slots=True)
class LettersInLanguage:
    """The letters in one language: the names of their States, and of the template's file; None for the default one."""

    language: str
    states: Sequence[str]
    template: str | None


@dataclass(frozen=True, slots=True)
class LetterCheck:
    """The letters that would be made now, by language. `without_language` are the States whose letter is in the default
    language because no focal point chose one; `again` are those that have a letter to this meeting already."""

    count: int
    languages: Sequence[LettersInLanguage]
    without_language: Sequence[str]
    again: Sequence[str]


def load_letter_check(context: ReadContext, meeting: Meeting, choice: InvitationChoice) -> LetterCheck:
    """Load what would be made of a choice, in four SQL statements."""
    among = [
        each
        for each in queries.list_invited_states(context.session, meeting)
        if each.is_among(choice.which, choice.selected)
    ]
    templates = queries.find_invitation_templates(context.session, meeting.body_id)
    names: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    lines = build_state_lines(among, context.language, DEFAULT_LANGUAGE)
    for line in lines:
        names[choice.language or line.language].append(line.name)
    return LetterCheck(
        count=len(lines),
        languages=[
            LettersInLanguage(language, states, templates[language].name if language in templates else None)
            for language, states in names.items()
            if states
        ],
        without_language=[line.name for line in lines if not (choice.language or line.state.language)],
        again=[line.name for line in lines if line.state.last_letter],
    )
