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
from app.domain.bodies.queries.state_decisions import LeftToHeadOfDelegation
from app.http.page_context import WriteContext
from app.web.forms.parsing import ParsedForm, parse_form

InputT = TypeVar("InputT", bound=InputModel)
ResultT = TypeVar("ResultT")
SHOWN_REFUSALS: tuple[type[DomainError], ...] = (Conflict, BadRequest, LeftToHeadOfDelegation)


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
    action: Callable[[InputT], ResultT],
    render: RenderForm,
    done: str | Callable[[ResultT], str],
    refusals: tuple[type[DomainError], ...] = SHOWN_REFUSALS,
    refusal_at: str = "",
    whole_form_errors_at: str = "",
) -> Response:
    """Parse the form and call the verb with its input; redirect to `done`, or render the form again.

    `done` is an address, or makes one from the result of the verb. A refusal is shown at the field `refusal_at` too.
    Raises every error of the verb that is not one of `refusals`.
    """
    return submit_parsed_form(
        context,
        parse_form(input_class, typed, whole_form_errors_at=whole_form_errors_at),
        action=action,
        render=render,
        done=done,
        refusals=refusals,
        refusal_at=refusal_at,
    )


def submit_parsed_form(
    context: WriteContext,
    entry: ParsedForm[InputT],
    *,
    action: Callable[[InputT], ResultT],
    render: RenderForm,
    done: str | Callable[[ResultT], str],
    refusals: tuple[type[DomainError], ...] = SHOWN_REFUSALS,
    refusal_at: str = "",
) -> Response:
    """Do what `submit_form` does with a form that was parsed already, because more than its input decides about it."""
    if entry.value is None:
        return render(entry)
    try:
        with savepoint(context.session):
            result = action(entry.value)
    except refusals as refusal:
        return render(entry.with_error(refusal_at, refusal.reason) if refusal_at else entry, refusal)
    return context.redirect(done if isinstance(done, str) else done(result))


def get_form_http_status(entry: ParsedForm[Any] | None, refusal: DomainError | None = None) -> int:
    """HTTP status of the page of a form: that of the refusal, 400 with errors in its fields, else 200."""
    if refusal is not None:
        return refusal.status
    return 400 if entry is not None and entry.errors else 200
