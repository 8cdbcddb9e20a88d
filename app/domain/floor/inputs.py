"""What may be asked about the floor."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.inputs import Input, Reason
from app.domain.floor.models import Kind

Group = Annotated[str, Field(max_length=200)]


class Asking(Input):
    """A wish to speak. `on_behalf_of` is a regional group, or other States, in the delegate's own words."""

    kind: Kind = Kind.FLOOR
    on_behalf_of: Group = ""


class Putting(Asking):
    """A State that the chair puts on the list: somebody raised its plate."""

    entity: Annotated[str, Field(min_length=1, max_length=20)]


class Moving(Input):
    """In front of which other request, or behind all of them; the reason is shown to everybody."""

    before: UUID | None = None
    reason: Reason


class Declining(Input):
    reason: Reason


class Limit(Input):
    """Minutes for each statement; none for no limit."""

    minutes: float | None = Field(default=None, ge=0.5, le=60)


class Closing(Input):
    """In how many minutes the list closes; 0 is now."""

    minutes: int = Field(default=0, ge=0, le=60)
