"""Inputs about topics."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from app.core.i18n import say
from app.core.inputs import Input, Line, Said


def _require_not_reserved(value: str) -> str:
    if value == "new":  # the address of the form for a new one
        raise Said(say("This code cannot be used. Choose another one."))
    return value


Code = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40),
    AfterValidator(_require_not_reserved),
]


class Names(Input):
    """The names of a topic in all official languages, and the text that it comes from."""

    ar: Line
    zh: Line
    en: Line
    fr: Line
    ru: Line
    es: Line
    basis: Line | None = None


class NewTopic(Names):
    """A new topic."""

    code: Code
