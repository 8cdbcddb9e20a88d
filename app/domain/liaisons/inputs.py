"""Inputs about liaisons."""

from typing import Literal
from uuid import UUID

from pydantic import field_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import (
    CalendarDay,
    FilterWords,
    InputModel,
    LanguageCode,
    OneLine,
    ValidationMessageError,
)
from app.domain.addressees.models import RequestedAct
from app.domain.bodies.inputs import BodyCode
from app.domain.topics.inputs import TopicCode


class NewLiaison(InputModel):
    """A liaison to be taken in. `party` is the code of an organization, or of another body."""

    party: OneLine
    symbol: OneLine | None = None
    subject: OneLine
    original: LanguageCode
    topics: tuple[TopicCode, ...] = ()
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    wants: RequestedAct
    reply_by: CalendarDay | None = None
    answers: UUID | None = None


class LiaisonHolding(InputModel):
    """Who prepares what a liaison asks, and until when."""

    holder: UUID
    until: CalendarDay


class LiaisonFilter(InputModel):
    """What narrows the list of liaisons. `group` is the code of the body that received them."""

    words: FilterWords | None = None
    show: Literal["waiting", "overdue", "received", "done"] | None = None
    party: OneLine | None = None
    topic: TopicCode | None = None
    group: BodyCode | None = None
    mandate: OneLine | None = None
    action_line: OneLine | None = None
    meeting: UUID | None = None


class LiaisonMeeting(InputModel):
    """The meeting at which a liaison is registered."""

    meeting: UUID


class LiaisonsToRegister(LiaisonMeeting):
    """The liaisons that are registered together at a meeting, each with the version that was seen: “id:version”."""

    liaisons: tuple[str, ...]

    @field_validator("liaisons")
    @classmethod
    def check_liaisons(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        """Return the values. Raises ValidationMessageError for none, and for what no page offers."""
        try:
            found = parse_versions(values)
        except ValueError:
            found = {}
        if not found:
            raise ValidationMessageError(_("Select at least one liaison statement."))
        return values

    @property
    def versions(self) -> dict[UUID, int]:
        """The version that was seen of each liaison."""
        return parse_versions(self.liaisons)


def parse_versions(values: tuple[str, ...]) -> dict[UUID, int]:
    """Read keys with their versions. Raises ValueError."""
    pairs = (value.partition(":") for value in values)
    return {UUID(key): int(version) for key, _colon, version in pairs}
