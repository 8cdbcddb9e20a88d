"""What may be asked about circulated versions."""

from app.core.inputs import Day, Input, Prose


class Circulation(Input):
    """What the chair says with a version, and on exactly which text; by when comments are wished for."""

    note: Prose = ""
    comments_by: Day | None = None
    text: str
