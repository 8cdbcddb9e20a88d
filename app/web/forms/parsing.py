"""Form parsing: fields into pydantic inputs; with errors, the typed values come back too."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Generic, TypeVar
from uuid import UUID, uuid4

from fastapi import Depends, Form, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.core.files.ingest import IngestedFile
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.validation import InputModel, field_errors
from app.domain.documents.inputs import LanguageFile
from app.http.csrf import SAFE_METHODS, require_single_fields
from app.web.forms.field_words import name_problem

LANGUAGE_CHOICES = [(code, NATIVE_NAMES[code], code) for code in LANGUAGES]


InputT = TypeVar("InputT", bound=InputModel)


VersionField = Annotated[int, Form(ge=0, le=2**31 - 1)]
"""Version of the row that the user saw, for optimistic locking."""

OptionalVersionField = Annotated[int | None, Form(ge=0, le=2**31 - 1)]
"""Version of the row that the user saw, in forms that may come without it."""

TextField = Annotated[str, Form()]
"""A field as it was typed; the input validates it."""


class TypedForm(BaseModel):
    """Base of form models: every field as it was typed, with its default if it was empty or not sent.

    A handler declares it with `Annotated[…, Form()]`, next to other fields and files. The input validates it, and the
    page shows it again.
    """

    model_config = ConfigDict(frozen=True)

    @property
    def typed(self) -> dict[str, object]:
        """Fields by name, to be parsed into an input."""
        return self.model_dump()


async def read_field_names(request: Request) -> frozenset[str]:
    """Return the names of all fields of a form, also of empty ones, which FastAPI takes for missing."""
    return frozenset(await request.form())


SentFieldNames = Annotated[frozenset[str], Depends(read_field_names)]


class RejectRepeatedFields:
    """Dependency of a router: reject a field that was sent twice, of which one would win silently (ASVS 15.3.7).

    Fields named in `many` may be repeated. Raises BadRequest.
    """

    def __init__(self, *many: str) -> None:
        self._many = many

    async def __call__(self, request: Request) -> None:
        if request.method not in SAFE_METHODS:
            require_single_fields(await request.form(), repeatable=self._many)


@dataclass(frozen=True, slots=True)
class ParsedForm(Generic[InputT]):
    """A parsed form: the typed values, and either the input made from them or a message for each wrong field."""

    typed: Mapping[str, object]
    value: InputT | None
    errors: Mapping[str, LazyText]

    def with_error(self, field: str, reason: LazyText) -> "ParsedForm[InputT]":
        """Return the form with the same typed values and with a reason why they were refused, shown at one field."""
        return ParsedForm(self.typed, None, {field: reason})


def parse_form(
    input_class: type[InputT], typed: Mapping[str, object], *, whole_form_errors_at: str = ""
) -> ParsedForm[InputT]:
    """Parse typed values into an input; empty fields count as not filled in.

    An error of several fields together, such as two days in the wrong order, is shown at `whole_form_errors_at`.
    """
    filled_fields = {name: value for name, value in typed.items() if value != ""}
    try:
        return ParsedForm(typed, input_class.model_validate(filled_fields), {})
    except ValidationError as error:
        errors = field_errors(error, partial(name_problem, input_class))
        return ParsedForm(typed, None, {name or whole_form_errors_at: reason for name, reason in errors.items()})


def parse_uuid_or_random(typed: str) -> UUID:
    """Parse a UUID; for anything else return a random one, which names nothing."""
    with suppress(ValueError):
        return UUID(typed)
    return uuid4()


def convert_to_language_file(language: str, received: IngestedFile) -> LanguageFile:
    """Build the input for a received file as the text in one language."""
    return LanguageFile(
        language=language,
        sha256=received.sha256,
        size=received.size,
        media=received.kind,
        name=received.offered_name,
        findings=[finding.to_json() for finding in (*received.findings, *received.content_findings(language))],
    )
