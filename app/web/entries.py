"""What people enter: forms read into inputs. What does not fit comes back with what was typed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID, uuid4

from fastapi import Depends, Form, Request
from pydantic import ValidationError

from app.asgi.forms import SAFE, insist_single
from app.core.i18n import Text
from app.core.inputs import Input, complaints
from app.core.intake import Received
from app.domain.documents.inputs import FileOf

Wanted = TypeVar("Wanted", bound=Input)


Version = Annotated[int, Form(ge=0, le=2**31 - 1)]
"""The version of a thing that somebody saw when they decided."""

SeenVersion = Annotated[int | None, Form(ge=0, le=2**31 - 1)]
"""The same, where a form may also come without it."""

Typed = Annotated[str, Form()]
"""A field as it was typed; whether it fits is for the input to say."""


async def names_sent(request: Request) -> frozenset[str]:
    """The fields of a form, also those that were sent empty: FastAPI takes these for missing ones."""
    return frozenset(await request.form())


NamesSent = Annotated[frozenset[str], Depends(names_sent)]


class EachFieldOnce:
    """For the routes of a room: a field sent twice would win silently (ASVS 15.3.7). `many` names those that may be.

    Raises Unacceptable.
    """

    def __init__(self, *many: str) -> None:
        self._many = many

    async def __call__(self, request: Request) -> None:
        if request.method not in SAFE:
            insist_single(await request.form(), many=self._many)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Wanted]):
    """What was typed; and either the input that it makes, or what is wrong with each field."""

    typed: Mapping[str, object]
    made: Wanted | None
    errors: Mapping[str, Text]


def read(wanted: type[Wanted], typed: Mapping[str, object]) -> Entry[Wanted]:
    """Read what was typed; an empty field counts as not filled in."""
    filled = {name: value for name, value in typed.items() if value != ""}
    try:
        return Entry(typed, wanted.model_validate(filled), {})
    except ValidationError as error:
        return Entry(typed, None, complaints(error))


def key_in(typed: str) -> UUID:
    """What a form names by its key; what is no key is that of nothing that there is."""
    with suppress(ValueError):
        return UUID(typed)
    return uuid4()


def file_of(language: str, received: Received) -> FileOf:
    """A received file as the text in one language."""
    return FileOf(
        language=language,
        sha256=received.sha256,
        size=received.size,
        media=received.kind,
        name=received.offered_name,
        findings=[finding.to_json() for finding in (*received.findings, *received.read(language))],
    )
