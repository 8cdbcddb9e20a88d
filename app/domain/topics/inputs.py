"""Inputs about topics."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from app.core.i18n import lazy_gettext as _
from app.core.validation import InputModel, OneLine, ValidationMessageError


def _require_not_reserved(value: str) -> str:
    if value == "new":  # the address of the form for a new one
        raise ValidationMessageError(_("This code cannot be used. Enter another code."))
    return value


TopicCode = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40),
    AfterValidator(_require_not_reserved),
]


class TopicNames(InputModel):
    """The names of a topic in all official languages, and the text that it comes from."""

    ar: OneLine
    zh: OneLine
    en: OneLine
    fr: OneLine
    ru: OneLine
    es: OneLine
    basis: OneLine | None = None


class NewTopic(TopicNames):
    """A new topic."""

    code: TopicCode
