"""What the address of the agenda editor says after the question mark."""

from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request

from app.core.validation import InputModel
from app.web.forms.parsing import parse_form


class AgendaEditorQuery(InputModel):
    """How the editor shows the list: `by` session or as one list, with the form of a new item in the session of the
    number `into`; `did` is the version that the reader's last change made."""

    by: Literal["list"] | None = None
    into: Annotated[int, Field(ge=1, le=10**6)] | None = None
    did: Annotated[int, Field(ge=1, le=10**9)] | None = None


def read_editor_query(request: Request) -> AgendaEditorQuery:
    """Read the query of the editor. A value that is repeated, or that no link has, counts as none: the page shows the
    whole list then, and what was typed into a form is not lost to an address."""
    given = {name: request.query_params.getlist(name) for name in AgendaEditorQuery.model_fields}
    typed = {name: values[0] for name, values in given.items() if len(values) == 1}
    entry = parse_form(AgendaEditorQuery, typed)
    if entry.value is not None:
        return entry.value
    known = {name: value for name, value in typed.items() if name not in entry.errors}
    return parse_form(AgendaEditorQuery, known).value or AgendaEditorQuery()
