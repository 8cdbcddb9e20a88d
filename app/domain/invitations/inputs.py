"""Inputs about invitations."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from app.core.i18n import DEFAULT_LANGUAGE
from app.core.i18n import lazy_gettext as _
from app.core.mail.message import parse_mail_address
from app.core.validation import LanguageCode, OneLine, ValidationMessageError
from app.domain.bodies.inputs import SeatTerm
from app.domain.bodies.models import Capacity


def _require_complete_address(value: str) -> str:
    """Raise ValidationMessageError for a text to which no e-mail can be sent."""
    try:
        parse_mail_address(value)
    except ValueError:
        raise ValidationMessageError(
            _("Enter one complete e-mail address, such as amina.otieno@example.org.")
        ) from None
    return value


InvitedAddress = Annotated[
    str,
    BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value),
    StringConstraints(max_length=254),
    AfterValidator(_require_complete_address),
]
InvitedEntity = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]


class NewInvitation(SeatTerm):
    """The invitation of a person by their e-mail address, with the language of the e-mail that informs them."""

    name: OneLine
    email: InvitedAddress
    entity: InvitedEntity
    capacity: Capacity
    language: LanguageCode = DEFAULT_LANGUAGE
