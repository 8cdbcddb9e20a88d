"""Inputs of the decision actions."""

from typing import Annotated

from pydantic import Field

from app.core.inputs import Input, Language, Prose
from app.domain.decisions.models import How, Stance

Wording = Annotated[Prose, Field(min_length=3)]


class NewDecision(Input):
    """The text of a decision, in one language, and how it was reached."""

    text: Wording
    lang: Language
    how: How = How.CONSENSUS


class NewPosition(Input):
    """A position that a State puts on record, in its own words."""

    stance: Stance
    text: Wording
    lang: Language


class NotedPosition(NewPosition):
    """A position that the chair records for a State."""

    entity: Annotated[str, Field(min_length=1, max_length=20)]
