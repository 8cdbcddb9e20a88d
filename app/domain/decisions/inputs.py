"""Inputs of the decision actions."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.validation import InputModel, LanguageCode, Prose
from app.domain.decisions.models import DecisionMethod, DecisionStance

DecisionWording = Annotated[Prose, Field(min_length=3)]


class NewDecision(InputModel):
    """The text of a decision, in one language, how it was reached, and the documents that it names."""

    text: DecisionWording
    lang: LanguageCode
    how: DecisionMethod = DecisionMethod.CONSENSUS
    documents: frozenset[UUID] = frozenset()


class NewDecisionPosition(InputModel):
    """A position that a State puts on record, in its own words."""

    stance: DecisionStance
    text: DecisionWording
    lang: LanguageCode


class NotedDecisionPosition(NewDecisionPosition):
    """A position that the chair records for a State."""

    entity: Annotated[str, Field(min_length=1, max_length=20)]
