"""Inputs about invitations."""

from typing import Annotated

from pydantic import StringConstraints

from app.core.i18n import DEFAULT_LANGUAGE
from app.core.validation import LanguageCode, MailAddress, OneLine
from app.domain.bodies.inputs import SeatTerm
from app.domain.bodies.models import Capacity

InvitedEntity = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]


class NewInvitation(SeatTerm):
    """The invitation of a person by their e-mail address, with the language of the e-mail that informs them."""

    name: OneLine
    email: MailAddress
    entity: InvitedEntity
    capacity: Capacity
    language: LanguageCode = DEFAULT_LANGUAGE
