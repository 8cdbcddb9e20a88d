"""Inputs about participants."""

from uuid import UUID

from pydantic import model_validator

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
    name: OneLine | None = None
    function: OneLine | None = None
    capacity: ParticipantCapacity
    mode: ParticipationMode
    organization: OneLine | None = None

    @model_validator(mode="after")
    def check_identity(self) -> "NewParticipant":
        """Raise ValidationMessageError unless exactly one of person and name is given, and observers' organization."""
        if self.person is None and self.name is None:
            raise ValidationMessageError(_("Select a person, or enter a name."))
        if self.person is not None and self.name is not None:
            raise ValidationMessageError(_("Select a person or enter a name, not both."))
        if self.capacity == ParticipantCapacity.OBSERVER and self.organization is None:
            raise ValidationMessageError(_("Enter the organization of the observer."))
        return self
