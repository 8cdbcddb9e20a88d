"""Inputs about liaisons."""

from typing import Literal
from uuid import UUID

from app.core.validation import CalendarDay, FilterWords, InputModel, LanguageCode, OneLine
from app.domain.addressees.models import RequestedAct
from app.domain.topics.inputs import TopicCode


class NewLiaison(InputModel):
    """A liaison to be taken in. `party` is the code of an organization, or of another body."""

    party: OneLine
    symbol: OneLine | None = None
    subject: OneLine
    original: LanguageCode
    topics: tuple[TopicCode, ...] = ()
    wants: RequestedAct
    reply_by: CalendarDay | None = None
    answers: UUID | None = None


class LiaisonHolding(InputModel):
    """Who prepares what a liaison asks, and until when."""

    holder: UUID
    until: CalendarDay


class LiaisonFilter(InputModel):
    """What narrows the list of liaisons."""

    words: FilterWords | None = None
    show: Literal["waiting", "overdue", "received", "done"] | None = None
    party: OneLine | None = None
    topic: TopicCode | None = None
    meeting: UUID | None = None


class LiaisonMeeting(InputModel):
    """The meeting at which a liaison is registered."""

    meeting: UUID
