"""Inputs about participants."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import InputModel, OneLine, ValidationMessageError
from app.domain.participants.models import ParticipantCapacity, ParticipationMode

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
