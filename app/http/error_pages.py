"""Error pages: what happened, why, and what the person can do. "Does not exist" and "not yours" give the same page; no
input is echoed."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from app.core.errors import (
    BadRequest,
    Conflict,
    DomainError,
    Forbidden,
    FormExpired,
    NotFound,
    Stale,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.http.csrf import SAFE_METHODS, TOKEN_FIELD, is_same_origin
from app.http.templates import PageTemplates

_ENDS_WITH_KEY = re.compile(r"/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
TypedFields = Sequence[tuple[str, str]]
IdentifyVisitor = Callable[[Request], Awaitable[object]]
RefusalNote = Callable[[Request, DomainError], Awaitable[None]]
MAX_TYPED_FIELDS = 200
SIGN_IN_PATH = "/sign-in"
KEEPING_TYPED_TEXT = (Unauthenticated, Forbidden, NotFound, Conflict)
"""What a form may meet that was opened in time: a session, a seat or a deadline that ended meanwhile."""
RETRY_AFTER_SECONDS = "5"  # seconds


@dataclass(frozen=True, slots=True)
class ErrorExplanation:
    """The texts around the reason, for one HTTP status: title, what happened, what the person can do."""

    title: LazyText
    happened: LazyText
    can: LazyText


EXPLANATIONS = MappingProxyType(
    {
        400: ErrorExplanation(
            _("This was not accepted"),
            _("What was sent was not accepted, and nothing was changed."),
            _("Go back, make the correction indicated, and send it again."),
        ),
        401: ErrorExplanation(
            _("Please sign in"),
            _("You are not signed in in this browser, or your session has expired. Nothing was changed."),
            _("Sign in and continue from here."),
        ),
        403: ErrorExplanation(
            _("You do not have permission to do this"),
            _("Nothing was changed."),
            _(
                "If you should have this permission, contact the secretariat, or the focal point of your delegation if "
                "it has one."
            ),
        ),
        404: ErrorExplanation(
            _("Page not found"),
            _("The page could not be displayed. Nothing was changed."),
            _(
                "Check the address, or look for the page from the home page. Some pages are visible only to "
                "certain people."
            ),
        ),
        405: ErrorExplanation(
            _("This address cannot be used in this way"),
            _("Nothing was changed."),
            _("Return to the previous page and use its links and buttons."),
        ),
        409: ErrorExplanation(
            _("This was changed by another person"),
            _("Your action was not carried out, because the situation has changed since you opened the page."),
            _("Open the page again to see the current situation, then decide again."),
        ),
        410: ErrorExplanation(
            _("This output has been withdrawn"),
            _("It was released here and is no longer available."),
            _("Its page states when and why it was withdrawn, and what replaces it."),
        ),
        413: ErrorExplanation(
            _("The file or form is too large"),
            _("What was sent was not accepted, and nothing was changed."),
            _("Reduce the size of the file, for example by compressing its images, and upload it again."),
        ),
        422: ErrorExplanation(
            _("The form could not be read"),
            _("What was sent was not accepted, and nothing was changed."),
            _("Open the form again, complete every field and send it again."),
        ),
        429: ErrorExplanation(
            _("Too many requests"),
            _("Too many requests were sent from your connection at the same time. Nothing was changed."),
            _("Wait a few seconds, then try again."),
        ),
        500: ErrorExplanation(
            _("Something went wrong on our side"),
            _("The page could not be displayed. Your last action may not have been saved."),
            _("Wait a few minutes, check whether your action was saved, then try again."),
        ),
        503: ErrorExplanation(
            _("Temporarily unavailable"),
            _("A service that this page needs is not responding. Nothing was changed."),
            _("Try again in a few minutes."),
        ),
    }
)
NOT_POSSIBLE_NOW = ErrorExplanation(
    _("This is not possible at present"),
    _("Your action was not carried out, and nothing was changed."),
    _("Open the page again: it shows what can be done now."),
)
"""For a conflict that is not known to come from a change by another person."""
NOT_OPEN_NOW = ErrorExplanation(
    _("This page is not open at present"),
    _("You only opened it, and nothing was changed."),
    _("Return to the previous page: it shows what can be done now."),
)
"""For a page that cannot be shown in the present state of its subject."""
EXPIRED_FORM = ErrorExplanation(
    _("This form is no longer valid"),
    _("What was sent was not accepted, and nothing was changed."),
    _("Open the page again and send the form from there."),
)
"""For a form that is refused whatever the person may do."""
UNREADABLE_ADDRESS = ErrorExplanation(
    _("This address could not be read"),
    _("The page could not be displayed. Nothing was changed."),
    _("Check the address, or look for the page from the home page."),
)
"""For a page whose address has a value after the question mark that cannot be one."""
UNEXPECTED_IN_ADDRESS = _("The part of the address after the question mark contains an unexpected value.")
REASONS = MappingProxyType(
    {
        405: _("The page at this address does not accept what was sent to it."),
        422: _("A field is missing or contains an unexpected value."),
        500: _("There is an error in the program. It has been recorded and will be examined."),
    }
)
GENERAL_REASON = _("The request could not be processed.")


def error_page(templates: PageTemplates, request: Request, error: DomainError, typed: TypedFields = ()) -> Response:
    """Render the page for a domain error; `typed` are form fields whose text must not be lost."""
    explanation = None
    if isinstance(error, Conflict) and not isinstance(error, Stale):
        explanation = NOT_OPEN_NOW if request.method in SAFE_METHODS else NOT_POSSIBLE_NOW
    if isinstance(error, FormExpired):
        explanation = EXPIRED_FORM
    response = _render_error(templates, request, error.status, error.reason, typed, explanation=explanation)
    if isinstance(error, (Unavailable, TooManyRequests)):
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


async def read_entered_fields(request: Request, origin: str) -> TypedFields:
    """Read the text fields of a form that was refused; empty unless it was sent from our own pages."""
    if request.method in SAFE_METHODS or not is_same_origin(request.headers, origin):
        return []
    try:
        async with request.form() as form:
            return _text_fields(form)
    except HTTPException:  # not a readable form
        return []


async def set_no_page_context(_ignored: Request) -> None:
    """Set no page context: for an application without signed-in people."""


async def note_no_refusal(_request: Request, _error: DomainError) -> None:
    """Note nothing: for an application that knows no people."""


def install_error_pages(
    app: FastAPI,
    templates: PageTemplates,
    set_unguarded_page_context: IdentifyVisitor = set_no_page_context,
    note_refusal: RefusalNote = note_no_refusal,
) -> None:
    """Answer every exception with an error page; unhandled exceptions are re-raised afterwards, for the log.

    Where no guard has run (400, 404), `set_unguarded_page_context` sets the page context, so that the masthead still
    shows the person. `note_refusal` is called with each domain error, after the person is known.
    """

    async def ensure_identified(request: Request) -> None:
        if not hasattr(request.state, "reader"):
            await set_unguarded_page_context(request)

    async def on_domain_error(request: Request, error: DomainError) -> Response:
        typed = await read_entered_fields(request, templates.origin) if isinstance(error, KEEPING_TYPED_TEXT) else ()
        if isinstance(error, (NotFound, BadRequest)):  # also raised before the guard
            await ensure_identified(request)
        await note_refusal(request, error)
        return error_page(templates, request, error, typed)

    async def on_http_error(request: Request, error: HTTPException) -> Response:
        await ensure_identified(request)
        if error.status_code == NotFound.status:
            return error_page(templates, request, NotFound())
        response = _render_error(templates, request, error.status_code, REASONS.get(error.status_code, GENERAL_REASON))
        response.headers.update(error.headers or {})
        return response

    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        if any(fault["loc"][0] == "path" for fault in error.errors()):
            return error_page(templates, request, NotFound(), await read_entered_fields(request, templates.origin))
        if request.method in SAFE_METHODS:
            return _render_error(templates, request, 422, UNEXPECTED_IN_ADDRESS, explanation=UNREADABLE_ADDRESS)
        return _render_error(templates, request, 422, REASONS[422])

    async def on_unhandled_error(request: Request, _ignored: Exception) -> Response:
        return _render_error(templates, request, 500, REASONS[500], request_id=getattr(request.state, "request_id", ""))

    app.exception_handler(DomainError)(on_domain_error)
    app.exception_handler(HTTPException)(on_http_error)
    app.exception_handler(RequestValidationError)(on_validation_error)
    app.exception_handler(Exception)(on_unhandled_error)


def _render_error(
    pages: PageTemplates,
    request: Request,
    status: int,
    reason: LazyText,
    typed: TypedFields = (),
    request_id: str = "",
    explanation: ErrorExplanation | None = None,
) -> Response:
    explanation = explanation or EXPLANATIONS.get(status, EXPLANATIONS[400])
    return pages.render_response(
        request,
        "refusal.html",
        status=status,
        account=explanation,
        reason=reason,
        shown=[pair for pair in typed if _is_prose(pair)],
        kept=[pair for pair in typed if not _is_prose(pair)],
        number=request_id,
        sign_in=_sign_in_path(request) if status == Unauthenticated.status else "",
        back=_find_page_above(request) if explanation is NOT_OPEN_NOW else None,
    )


def _find_page_above(request: Request) -> str | None:
    """Find the page of the thing to which the page at this address belongs: the nearest one above it."""
    above = request.url.path
    while above := above.rpartition("/")[0]:
        scope = {**request.scope, "path": above}
        if _ENDS_WITH_KEY.search(above) and any(
            route.matches(scope)[0] is Match.FULL for route in request.app.router.routes
        ):
            return above
    return None


def _sign_in_path(request: Request) -> str:
    """Path of the sign-in page that leads back to this page; not to an address that would change something."""
    if request.method not in SAFE_METHODS:
        return SIGN_IN_PATH
    query = f"?{request.url.query}" if request.url.query else ""
    if request.url.path == SIGN_IN_PATH:
        return SIGN_IN_PATH + query
    return f"{SIGN_IN_PATH}?next=" + quote(request.url.path + query, safe="/")


def _text_fields(form: FormData) -> TypedFields:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)][:MAX_TYPED_FIELDS]


def _is_prose(pair: tuple[str, str]) -> bool:
    """Tell whether the error page shows a field: it contains several words and is not the CSRF token."""
    name, value = pair
    return name != TOKEN_FIELD and any(character.isspace() for character in value)
