"""Inputs about participants."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import InputModel, OneLine, ValidationMessageError
from app.domain.participants.models import Participant, ParticipantCapacity, ParticipationMode

DELEGATION_CAPACITIES = (
    ParticipantCapacity.HEAD_OF_DELEGATION,
    ParticipantCapacity.DEPUTY,
    ParticipantCapacity.DELEGATE,
    ParticipantCapacity.ADVISER,
)


class NewParticipant(InputModel):
    """A participant: a known person, or anybody by name; an observer also with their organization."""

    person: UUID | None = None
    name: Annotated[OneLine | None, Field(validate_default=True)] = None
    function: OneLine | None = None
    capacity: ParticipantCapacity
    mode: ParticipationMode
    organization: Annotated[OneLine | None, Field(validate_default=True)] = None

    @field_validator("name")
    @classmethod
    def check_identity(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Return the name. Raises ValidationMessageError unless exactly one of person and name is given."""
        if "person" not in info.data:
            return value
        if info.data["person"] is None and value is None:
            raise ValidationMessageError(_("Select a person, or enter a name."))
        if info.data["person"] is not None and value is not None:
            raise ValidationMessageError(_("Select a person or enter a name, not both."))
        return value

    @field_validator("organization")
    @classmethod
    def check_organization(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Return the organization. Raises ValidationMessageError if that of an observer is missing."""
        if info.data.get("capacity") == ParticipantCapacity.OBSERVER and value is None:
            raise ValidationMessageError(_("Enter the organization of the observer."))
        return value


class BadgeSelection(StrEnum):
    """For whom badges are made."""

    WITHOUT_BADGE = "without"
    ALL = "all"
    SELECTED = "selected"


class BadgeChoice(InputModel):
    """For which participants badges are made; `selected` counts only if they were selected one by one."""

    which: BadgeSelection
    selected: frozenset[UUID] = frozenset()

    @model_validator(mode="after")
    def _require_selected(self) -> Self:
        if self.which is BadgeSelection.SELECTED and not self.selected:
            raise ValidationMessageError(_("Select at least one participant in the list below."))
        return self

    def includes(self, participant: Participant) -> bool:
        """Return whether a badge is made for a participant; never for a remote one."""
        if not participant.wears_badge:
            return False
        match self.which:
            case BadgeSelection.WITHOUT_BADGE:
                return participant.badge_made_at is None
            case BadgeSelection.SELECTED:
                return participant.id in self.selected
            case BadgeSelection.ALL:
                return True


class CheckInEntry(InputModel):
    """What is typed or scanned at check-in: the code of a badge, or words of a name."""

    entry: OneLine
