"""Validated inputs of the acts on silence procedures and statements."""

from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.validation import (
    CalendarDay,
    FilterWords,
    InputModel,
    LanguageCode,
    OneLine,
    Prose,
    Reason,
    local_time_to_utc,
)
from app.domain.outputs.models import OutputKind
from app.domain.silence.models import OpeningChoice, SilencePositionKind, StatementKind

StatementWording = Annotated[Prose, Field(min_length=3)]


class ProcedureDeadline(InputModel):
    """A day and a time in the zone of the meeting."""

    on: CalendarDay
    at: time

    def instant_in_zone(self, zone: str) -> datetime:
        """Return the instant of that day and time in this zone."""
        return local_time_to_utc(zone, self.on, self.at)


class NewSilenceProcedure(ProcedureDeadline):
    """The deadline of a new procedure, and what the chair saw: the digest of the text, that of the States of which no
    person can answer (`compute_digest_of_states`), and who will see positions (a `PositionAudience`; empty from a form
    that did not say it). If there are such States, also what the chair chose about them.
    """

    text: str
    unreached: str = ""
    positions_shown_to: str = ""
    choice: OpeningChoice | None = None
    note_sent_on: Annotated[CalendarDay | None, Field(validate_default=True)] = None
    note_reference: Annotated[OneLine | None, Field(validate_default=True)] = None
    opening_reason: Annotated[Reason | None, Field(validate_default=True)] = None

    @field_validator("note_sent_on", "note_reference", "opening_reason")
    @classmethod
    def require_facts_of_choice(cls, value: object, info: ValidationInfo) -> object:
        """Require day and reference of a note verbale, and a reason for opening without one. Raises
        PydanticCustomError."""
        choice = OpeningChoice.OPEN_ANYWAY if info.field_name == "opening_reason" else OpeningChoice.NOTE_VERBALE
        if value is None and info.data.get("choice") == choice:
            raise PydanticCustomError("missing", "a fact of the choice")
        return value


class DeadlineExtension(ProcedureDeadline):
    """The later deadline, and the reason."""

    reason: Reason


class NewSilencePosition(InputModel):
    """The position of a State. A statement and breaking silence need a text; supporting may have one."""

    stance: SilencePositionKind
    paragraph: Annotated[OneLine, Field(max_length=20)] | None = None
    text: Annotated[Prose, Field(validate_default=True)] = ""
    lang: LanguageCode

    @field_validator("text")
    @classmethod
    def require_text_of_statement(cls, value: str, info: ValidationInfo) -> str:
        """Require a text of at least 3 characters, unless the State supports the text. Raises PydanticCustomError."""
        if info.data.get("stance") not in (None, SilencePositionKind.SUPPORTS_TEXT) and len(value) < 3:
            raise PydanticCustomError("string_too_short", "a position without words")
        return value


class NewStatement(InputModel):
    """A statement that a State attaches to an adopted text, in its own words."""

    kind: StatementKind
    text: StatementWording
    lang: LanguageCode


class StatementRewording(InputModel):
    """The new words of a statement."""

    text: StatementWording
    lang: LanguageCode


class SilenceListFilter(InputModel):
    """Filters of the list of silence procedures, and its order. `due` is an open one whose deadline was reached."""

    words: FilterWords | None = None
    kind: OutputKind | None = None
    status: Literal["open", "due", "adopted", "broken", "void"] | None = None
    sort: Literal["deadline", "-deadline", "kind", "-kind", "status", "-status"] | None = None
