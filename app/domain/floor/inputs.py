"""Inputs of the floor actions."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.validation import InputModel, LongProse, Reason
from app.domain.floor.models import FloorRequestKind

GroupName = Annotated[str, Field(max_length=200)]


class FloorRequestInput(InputModel):
    """A request for the floor. `on_behalf_of` names a regional group or other States, in the delegate's words."""

    kind: FloorRequestKind = FloorRequestKind.FLOOR
    on_behalf_of: GroupName = ""


class ChairFloorRequestInput(FloorRequestInput):
    """A request for the floor that the chair enters for a State which asked by raising its plate."""

    entity: Annotated[str, Field(min_length=1, max_length=20)]


class FloorRequestMoveInput(InputModel):
    """The request to move another one before, or None for the end of the list; and the reason, shown to everybody."""

    before: UUID | None = None
    reason: Reason


class SpeakingLimitInput(InputModel):
    """Time limit of statements in minutes; None for no limit."""

    minutes: float | None = Field(default=None, ge=0.5, le=60)


class SpeakersListClosingInput(InputModel):
    """Minutes until the list of speakers closes; 0 closes it now."""

    minutes: int = Field(default=0, ge=0, le=60)


class ChairNoteInput(InputModel):
    """A private note of the chair; an empty one deletes what was there."""

    text: LongProse = ""
