"""What letters of invitation are made for, and what they say besides the facts of the meeting."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from app.core.i18n import lazy_gettext as _
from app.core.validation import InputModel, LanguageCode, OneLine, ValidationMessageError
from app.domain.member_states import MEMBER_STATES


def _require_member_state(code: str) -> str:
    if code not in MEMBER_STATES:
        raise ValidationMessageError(_("Select the Member State."))
    return code


MemberStateCode = Annotated[str, AfterValidator(_require_member_state)]
ShortLine = Annotated[OneLine, StringConstraints(max_length=120)]


class InvitedStates(StrEnum):
    """For which Member States letters are made, or which of them are shown."""

    ALL = "all"
    WITHOUT_LETTER = "without-letter"
    UNREGISTERED = "unregistered"
    SELECTED = "selected"


class InvitationFilter(InputModel):
    """Which Member States the page shows; all of them without a choice."""

    show: InvitedStates | None = None


class InvitationHeading(InputModel):
    """Reference number and signatory of letters. Without `language`, each letter is in the language of its State."""

    reference: ShortLine
    signatory: ShortLine
    function: ShortLine
    language: LanguageCode | None = None


class InvitationPreview(InvitationHeading):
    """The letter to one Member State, as it would be made now."""

    state: MemberStateCode
    format: Literal["docx", "pdf"] = "docx"


class InvitationChoice(InvitationHeading):
    """Letters to make; `selected` counts only if the States were selected one by one."""

    which: InvitedStates
    selected: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _require_selected(self) -> Self:
        if self.which is InvitedStates.SELECTED and not self.selected:
            raise ValidationMessageError(_("Select at least one Member State in the list below."))
        return self
