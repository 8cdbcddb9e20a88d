"""Input about a focal point of an action line."""

from uuid import UUID

from app.domain.bodies.inputs import SeatTerm


class NewLineFocalPoint(SeatTerm):
    """The proposal of a person."""

    person: UUID
