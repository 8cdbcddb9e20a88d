"""Inputs of the actions on reports and action points."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.validation import CalendarDay, FilterWords, InputModel, LanguageCode, LongProse, OneLine, Prose
from app.domain.decisions.models import ActionPointProgress
from app.domain.reports.models import SpeakerAttribution

ActionPointWording = Annotated[Prose, Field(min_length=3)]
CommentText = Annotated[Prose, Field(min_length=2)]
ParagraphWording = Annotated[LongProse, Field(min_length=3)]


class NewReportDraft(InputModel):
    """Options of a generated draft: whether speakers are named, and the language."""

    attribution: SpeakerAttribution
    lang: LanguageCode


class ParagraphEdits(InputModel):
    """Edited paragraphs by key. An empty text removes the paragraph; a blank line starts a new one."""

    texts: dict[str, LongProse]


class CorrectionsDeadline(InputModel):
    """The last day on which corrections can be requested, at the place of the meeting; without it, until the report is
    adopted."""

    corrections_due_on: CalendarDay | None = None


class NewReportCorrection(InputModel):
    """The text of a paragraph as a State wants it corrected."""

    text: ParagraphWording


class NewReportComment(InputModel):
    """A comment on a paragraph, and its language."""

    comment: CommentText
    lang: LanguageCode


class NewReportCommentAnswer(InputModel):
    """The answer to a comment, and its language."""

    answer: CommentText
    lang: LanguageCode


class ParagraphChange(InputModel):
    """The text of a paragraph from now on."""

    text: ParagraphWording


class NewActionPoint(InputModel):
    """An action point: what has to be done, and by whom: the code of a member or an office, or, before there was a
    choice, free text. With `person`, that person of the group is responsible, for the member `owner`."""

    text: ActionPointWording
    lang: LanguageCode
    owner: OneLine
    person: UUID | None = None
    due_on: CalendarDay | None = None


class ActionPointFilter(InputModel):
    """Filters of the lists of action points, and their order. `overdue` is one that is open and past its due date;
    `sort` is by the decision unless it is by the due date or the owner."""

    words: FilterWords | None = None
    progress: Literal["open", "overdue", "done", "dropped"] | None = None
    owner: FilterWords | None = None
    sort: Literal["due", "owner"] | None = None


class ActionPointUpdate(InputModel):
    """The progress of an action point, and a note on it."""

    progress: ActionPointProgress
    note: Annotated[Prose, Field(min_length=3, max_length=1000)]
