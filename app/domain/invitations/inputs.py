"""Inputs about invitations."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from app.core.i18n import DEFAULT_LANGUAGE
from app.core.i18n import lazy_gettext as _
from app.core.validation import LanguageCode, MailAddress, OneLine, ValidationMessageError
from app.domain.bodies.inputs import SeatTerm
from app.domain.bodies.models import REPRESENTATIVES, Capacity

InvitedEntity = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]


def _require_representative(value: Capacity) -> Capacity:
    """Return the capacity of who acts for a member: the staff of ITU are accredited, never invited."""
    if value not in REPRESENTATIVES:
        raise ValidationMessageError(_("Select one of the options."))
    return value


class NewInvitation(SeatTerm):
    """The invitation of a person by their e-mail address, with the language of the e-mail that informs them."""

    name: OneLine
    email: MailAddress
    entity: InvitedEntity
    capacity: Annotated[Capacity, AfterValidator(_require_representative)]
    language: LanguageCode = DEFAULT_LANGUAGE
