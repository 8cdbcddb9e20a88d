"""Form parsing: fields into pydantic inputs; with errors, the typed values come back too."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID, uuid4

from fastapi import Depends, Form, Request
from pydantic import ValidationError

from app.asgi.forms import SAFE, insist_single
from app.core.i18n import LANGUAGES, OWN_NAMES, Text
from app.core.inputs import Input, complaints
from app.core.intake import Received
from app.domain.documents.inputs import FileOf

TONGUES = [(code, OWN_NAMES[code], code) for code in LANGUAGES]


Wanted = TypeVar("Wanted", bound=Input)


Version = Annotated[int, Form(ge=0, le=2**31 - 1)]
"""Version of the row that the user saw, for optimistic locking."""

SeenVersion = Annotated[int | None, Form(ge=0, le=2**31 - 1)]
"""Version of the row that the user saw, in forms that may come without it."""

Typed = Annotated[str, Form()]
"""A field as it was typed; the input validates it."""


async def names_sent(request: Request) -> frozenset[str]:
    """Return the names of all fields of a form, also of empty ones, which FastAPI takes for missing."""
    return frozenset(await request.form())


NamesSent = Annotated[frozenset[str], Depends(names_sent)]


class EachFieldOnce:
    """Dependency of a router: reject a field that was sent twice, of which one would win silently (ASVS 15.3.7).

    Fields named in `many` may be repeated. Raises BadRequest.
    """

    def __init__(self, *many: str) -> None:
        self._many = many

    async def __call__(self, request: Request) -> None:
        if request.method not in SAFE:
            insist_single(await request.form(), many=self._many)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Wanted]):
    """A parsed form: the typed values, and either the input made from them or a message for each wrong field."""

    typed: Mapping[str, object]
    made: Wanted | None
    errors: Mapping[str, Text]


def read(wanted: type[Wanted], typed: Mapping[str, object]) -> Entry[Wanted]:
    """Parse typed values into an input; empty fields count as not filled in."""
    filled_fields = {name: value for name, value in typed.items() if value != ""}
    try:
        return Entry(typed, wanted.model_validate(filled_fields), {})
    except ValidationError as error:
        return Entry(typed, None, complaints(error))


def key_in(typed: str) -> UUID:
    """Parse a UUID; for anything else return a random one, which names nothing."""
    with suppress(ValueError):
        return UUID(typed)
    return uuid4()


def file_of(language: str, received: Received) -> FileOf:
    """Build the input for a received file as the text in one language."""
    return FileOf(
        language=language,
        sha256=received.sha256,
        size=received.size,
        media=received.kind,
        name=received.offered_name,
        findings=[finding.to_json() for finding in (*received.findings, *received.read(language))],
    )
