"""What people choose for themselves."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from app.core.validation import InputModel, OneLine, TimeZoneName


class TimeZoneChoice(InputModel):
    """The time zone that a person chose, by its name in the tz database; None to follow their browser or State."""

    zone: TimeZoneName | None = None


class FilterableList(StrEnum):
    """The lists of which a person can keep filters. Stored: the values stay."""

    DOCUMENTS = "documents"
    REGISTRATION = "registration"
    LATE = "late"
    OUTPUTS = "outputs"
    SILENCE = "silence"


class NewSavedFilter(InputModel):
    """A filter of a list to keep under a name: its query string, without the question mark."""

    list: FilterableList
    name: Annotated[OneLine, StringConstraints(max_length=60)]
    query: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
