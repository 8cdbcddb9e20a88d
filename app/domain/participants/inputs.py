"""Inputs about participants."""

from uuid import UUID

from pydantic import model_validator

from app.core.i18n import say
from app.core.inputs import Input, Line, Said
from app.domain.participants.models import Capacity, Mode

OF_A_DELEGATION = (Capacity.HEAD_OF_DELEGATION, Capacity.DEPUTY, Capacity.DELEGATE, Capacity.ADVISER)


class NewParticipant(Input):
    """A participant: a known person, or anybody by name; an observer also with their organization."""

    person: UUID | None = None
    name: Line | None = None
    function: Line | None = None
    capacity: Capacity
    mode: Mode
    organization: Line | None = None

    @model_validator(mode="after")
    def is_somebody(self) -> "NewParticipant":
        """Raise ValidationMessage unless exactly one of person and name is given, and an observer's organization."""
        if self.person is None and self.name is None:
            raise Said(say("Choose a person, or give a name."))
        if self.person is not None and self.name is not None:
            raise Said(say("Choose a person or give a name, not both."))
        if self.capacity == Capacity.OBSERVER and self.organization is None:
            raise Said(say("Give the organization of the observer."))
        return self
