"""What may be asked about decisions."""

from typing import Annotated

from pydantic import Field

from app.core.inputs import Input, Language, Prose
from app.domain.decisions.models import How, Stance

Wording = Annotated[Prose, Field(min_length=3)]


class NewDecision(Input):
    """A decision as it is read out, in one language."""

    text: Wording
    lang: Language
    how: How = How.CONSENSUS


class NewPosition(Input):
    """What a State wants on record, in its own words."""

    stance: Stance
    text: Wording
    lang: Language


class NotedPosition(NewPosition):
    """What the chair notes for a State that said it in the room."""

    entity: Annotated[str, Field(min_length=1, max_length=20)]
