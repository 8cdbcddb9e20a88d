"""What a message of the secretariat consists of."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.core.i18n import DEFAULT_LANGUAGE
from app.core.i18n import lazy_gettext as _
from app.core.validation import InputModel, LanguageCode, OneLine, Prose, ValidationMessageError
from app.domain.messages.models import MessageAudience, MessageTemplate


class MessageText(InputModel):
    """Subject and text of a message in one language."""

    subject: Annotated[OneLine, StringConstraints(max_length=150)]
    text: Annotated[Prose, StringConstraints(min_length=1)]


class MessageChoice(InputModel):
    """What a message is about, and who gets it. `meeting` is None if it is about no meeting."""

    template: MessageTemplate
    audience: MessageAudience
    meeting: UUID | None = None

    @model_validator(mode="after")
    def _require_meeting(self) -> Self:
        is_about_meeting = self.template is not MessageTemplate.FREE or self.audience is MessageAudience.PARTICIPANTS
        if is_about_meeting and self.meeting is None:
            raise ValidationMessageError(_("Select the meeting that the message is about."))
        return self


class NewMessage(MessageChoice):
    """A message with its texts by language; there is always an English one, for those whose language is missing."""

    texts: Annotated[dict[LanguageCode, MessageText], Field(max_length=6)]

    @model_validator(mode="after")
    def _require_english(self) -> Self:
        if DEFAULT_LANGUAGE not in self.texts:
            raise ValidationMessageError(_("Enter the English text. It is sent to everyone whose language is missing."))
        return self
