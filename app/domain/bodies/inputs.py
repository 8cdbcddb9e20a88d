"""Inputs about seats and the settings of a body."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import CalendarDay, FilterWords, InputModel, LanguageCode, OneLine, ValidationMessageError
from app.domain.bodies.models import Capacity, Office, StateAct
from app.domain.identity.models.claims import MembershipCategory

MEGABYTE: Final = 1024 * 1024
BodyCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]


class SeatTerm(InputModel):
    """A period from one day to another, both included."""

    from_on: CalendarDay
    until_on: CalendarDay

    @field_validator("until_on")
    @classmethod
    def check_last_day(cls, value: date, info: ValidationInfo) -> date:
        """Return the last day. Raises ValidationMessageError if it is before the first."""
        from_on = info.data.get("from_on")
        if from_on and value < from_on:
            raise ValidationMessageError(_("The last day is before the first day. Enter a later last day."))
        return value


class NewAccreditation(SeatTerm):
    """The accreditation of a person."""

    person: UUID
    capacity: Capacity


class NewAppointment(SeatTerm):
    """The proposal of a person for an office."""

    person: UUID
    office: Office


ADMISSIBLE_CATEGORIES = tuple(
    category
    for category in MembershipCategory
    if category not in (MembershipCategory.ITU_STAFF, MembershipCategory.EXTERNAL)
)
"""The categories of members; where a body admits these, the staff of ITU have offices instead."""
STAFF_ALONE = (MembershipCategory.ITU_STAFF,)
"""What a body of the staff of ITU admits: no member, ever."""

DeadlineDays = Annotated[int, Field(ge=0, le=365)]


class BodyInput(InputModel):
    """What a secretariat says of its body. Names and the words on admission are by language: one name at least, the
    others are to be confirmed. `largest_file` is in megabytes; the days count back from the opening of a meeting."""

    names: Annotated[dict[LanguageCode, OneLine], Field(min_length=1)]
    admission_words: dict[LanguageCode, OneLine]
    legal_basis: OneLine
    parent: UUID | None = None
    deadline_days: DeadlineDays
    posting_days: DeadlineDays
    proposal_days: DeadlineDays
    registration_days: DeadlineDays
    largest_file: Annotated[int, Field(ge=1, le=1000)]
    begins_on: CalendarDay | None = None


class MemberStateFilter(InputModel):
    """Filters of the list of Member States. `words` are of a name; `region` is `none` for States without one."""

    words: FilterWords | None = None
    region: Literal["A", "B", "C", "D", "E", "none"] | None = None
    sort: Literal["name", "-name", "code", "-code", "region", "-region"] | None = None


class PeopleFilter(InputModel):
    """Filters of the people of a body: `words` are of a person, of their State or member."""

    words: FilterWords | None = None
    role: Capacity | None = None
    sort: Literal["entity", "person", "-person", "until", "-until"] | None = None


class DecidingPerson(StrEnum):
    """Who may do an act on behalf of a State: each delegate, or the head of delegation."""

    DELEGATE = "delegate"
    HEAD = "head"


class StateDecisionInput(InputModel):
    """Who may do each act on behalf of a State. Where the head decides about submissions, it is by clearance."""

    submissions: DecidingPerson
    positions: DecidingPerson
    withdrawals: DecidingPerson
    wider_access: DecidingPerson

    @property
    def acts_by_head(self) -> frozenset[StateAct]:
        """The acts that only the head of delegation does."""
        return frozenset(act for act in StateAct if getattr(self, act) == DecidingPerson.HEAD)
