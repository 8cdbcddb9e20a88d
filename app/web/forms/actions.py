"""Carrying out the action that a form asks for: parsed, in a savepoint, and the page again if it is refused.

Every page with the form of one action has the same four outcomes: shown by GET; sent by POST and shown again with what
is wrong in its fields; refused by the verb, undone and shown again with the reason; done, and left by a redirect.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from fastapi import Response

from app.core.errors import BadRequest, Conflict, DomainError
from app.core.journal import savepoint
from app.core.validation import InputModel
from app.http.page_context import WriteContext
from app.web.forms.parsing import ParsedForm, parse_form

InputT = TypeVar("InputT", bound=InputModel)
SHOWN_REFUSALS: tuple[type[DomainError], ...] = (Conflict, BadRequest)


class RenderForm(Protocol):
    """Renders the page of a form with what was typed, and with the refusal of the verb if there was one."""

    def __call__(self, entry: ParsedForm[Any], refusal: DomainError | None = None, /) -> Response: ...


def try_action(
    context: WriteContext,
    action: Callable[[], object],
    *,
    refusals: tuple[type[DomainError], ...] = SHOWN_REFUSALS,
) -> DomainError | None:
    """Call a verb in a savepoint; return its refusal, with everything it changed undone, or None if it was done.

    Raises every other error: it undoes the whole request.
    """
    try:
        with savepoint(context.session):
            action()
    except refusals as refusal:
        return refusal
    return None


def submit_form(
    context: WriteContext,
    input_class: type[InputT],
    typed: Mapping[str, object],
    *,
    action: Callable[[InputT], object],
    render: RenderForm,
    done: str,
) -> Response:
    """Parse the form and call the verb with its input; redirect to `done`, or render the form again."""
    entry = parse_form(input_class, typed)
    value = entry.value
    if value is None:
        return render(entry)
    refusal = try_action(context, lambda: action(value))
    return render(entry, refusal) if refusal else context.redirect(done)


def form_status(entry: ParsedForm[Any] | None, refusal: DomainError | None = None) -> int:
    """HTTP status of the page of a form: that of the refusal, 400 with errors in its fields, else 200."""
    if refusal is not None:
        return refusal.status
    return 400 if entry is not None and entry.errors else 200
