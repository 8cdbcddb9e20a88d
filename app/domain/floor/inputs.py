"""Inputs of the floor actions."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.validation import InputModel, LongProse, Prose
from app.domain.floor.models import FloorRequestKind, ItemStep, ListReason

GroupName = Annotated[str, Field(max_length=200)]


class FloorRequestInput(InputModel):
    """A request for the floor. `on_behalf_of` names a regional group or other States, in the delegate's words."""

    kind: FloorRequestKind = FloorRequestKind.FLOOR
    on_behalf_of: GroupName = ""


class ChairFloorRequestInput(FloorRequestInput):
    """A request for the floor that the chair enters for a State which asked by raising its plate."""

    entity: Annotated[str, Field(min_length=1, max_length=20)]


class ListReasonInput(InputModel):
    """The reason for a change of the list, shown to everybody: chosen, or in the chair's `other_reason`; or none."""

    reason: ListReason = ListReason.NOT_GIVEN
    other_reason: Annotated[Prose, Field(max_length=300)] = ""

    @property
    def words(self) -> str:
        """Return what is kept: the chair's words if there are any, else the code of the reason."""
        return self.other_reason or self.reason.value


class FloorRequestMoveInput(ListReasonInput):
    """The request to move another one before, or None for the end of the list; and the reason."""

    before: UUID | None = None


class SpeakingLimitInput(InputModel):
    """Time limit of statements in minutes; and for the current item, the number of statements of each State and their
    minutes together. None for no limit."""

    minutes: float | None = Field(default=None, ge=0.5, le=60)
    statements: int | None = Field(default=None, ge=1, le=20)
    state_minutes: float | None = Field(default=None, ge=0.5, le=120)


class ItemStepInput(InputModel):
    """The step that the meeting goes on to."""

    step: ItemStep


class PresentationInput(InputModel):
    """The document that the chair presents; None ends the presentation."""

    document: UUID | None = None


class SpeakersListClosingInput(InputModel):
    """Minutes until the list of speakers closes; 0 closes it now."""

    minutes: int = Field(default=0, ge=0, le=60)


class ChairNoteInput(InputModel):
    """A private note of the chair; an empty one deletes what was there."""

    text: LongProse = ""
