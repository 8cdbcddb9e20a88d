"""Error pages: what happened, why, and what the person can do. "Does not exist" and "not yours" give the same page; no
input is echoed."""

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

from app.asgi.forms import SAFE, TOKEN, is_from_here
from app.asgi.pages import Pages
from app.core.errors import Expired, Refusal, Unavailable, Unknown
from app.core.i18n import Text, say

Typed = Sequence[tuple[str, str]]
Recognise = Callable[[Request], Awaitable[object]]
MOST_FIELDS = 200
RETRY_AFTER = "5"  # seconds


@dataclass(frozen=True, slots=True)
class Account:
    """The texts around the reason, for one HTTP status: title, what happened, what the person can do."""

    title: Text
    happened: Text
    can: Text


ACCOUNTS = MappingProxyType(
    {
        400: Account(
            say("This could not be taken"),
            say("What was sent was not accepted, and nothing was changed."),
            say("Go back, correct it as the reason says, and send it again."),
        ),
        401: Account(
            say("Please sign in"),
            say("Nobody is signed in in this browser, or the time of the session has run out. Nothing was changed."),
            say("Sign in and go on from here."),
        ),
        403: Account(
            say("You may not do this"),
            say("Nothing was changed."),
            say("If you think that you should be able to, ask the focal point of your delegation or the secretariat."),
        ),
        404: Account(
            say("There is no such page"),
            say("There is nothing at this address that could be shown to you."),
            say("Check the address, or look for the page from the start. Some pages are seen only by those concerned."),
        ),
        405: Account(
            say("This address cannot be used in that way"),
            say("Nothing was changed."),
            say("Go back to the page that you came from and use its links and buttons."),
        ),
        409: Account(
            say("Somebody was here before you"),
            say("It was not done, because things have changed since you opened the page."),
            say("Open the page again to see how things stand now, and decide anew."),
        ),
        410: Account(
            say("This was withdrawn"),
            say("It was released here, and is not any more."),
            say("Its page says when it was withdrawn, why, and what takes its place."),
        ),
        413: Account(
            say("This is too large"),
            say("What was sent was not accepted, and nothing was changed."),
            say("Make the file smaller, for instance by compressing its pictures, and send it again."),
        ),
        422: Account(
            say("The form could not be read"),
            say("What was sent was not accepted, and nothing was changed."),
            say("Open the form again, fill in every field and send it anew."),
        ),
        500: Account(
            say("Something went wrong on our side"),
            say("The page could not be made. What you did last may not have been saved."),
            say("Try again in a few minutes, and look first whether what you did is there already."),
        ),
        503: Account(
            say("This does not work just now"),
            say("Something that is needed for this page does not answer. Nothing was changed."),
            say("Try again in a few minutes."),
        ),
    }
)
REASONS = MappingProxyType(
    {
        405: say("The page at this address does not take what was sent to it."),
        422: say("A field is missing, or holds something that is not expected there."),
        500: say("There is a fault in the program. It has been noted and will be looked at."),
    }
)
GENERAL = say("The request was not one that can be answered.")


def refusal_page(pages: Pages, request: Request, refusal: Refusal, typed: Typed = ()) -> Response:
    """Render the page for a domain error; `typed` are form fields whose text must not be lost."""
    return _render_error(pages, request, refusal.status, refusal.reason, typed)


async def typed_text(request: Request, origin: str) -> Typed:
    """Read the text fields of a form whose session has ended; empty unless it was sent from our own pages."""
    if request.method in SAFE or not is_from_here(request.headers, origin):
        return []
    try:
        async with request.form() as form:
            return _text_fields(form)
    except HTTPException:  # not a readable form
        return []


async def nobody_known(_: Request) -> None:
    """Identify nobody: for an application without signed-in people."""


def answer_refusals(app: FastAPI, pages: Pages, recognise: Recognise = nobody_known) -> None:
    """Answer every exception with an error page; unhandled exceptions are re-raised afterwards, for the log.

    Where no guard has run (404), `identify_visitor` sets the page context, so that the masthead still shows the person.
    """

    async def ensure_identified(request: Request) -> None:
        if not hasattr(request.state, "reader"):
            await recognise(request)

    async def on_domain_error(request: Request, error: Refusal) -> Response:
        typed = await typed_text(request, pages.origin) if isinstance(error, Expired) else ()
        if isinstance(error, Unknown):
            await ensure_identified(request)
        response = refusal_page(pages, request, error, typed)
        if isinstance(error, Unavailable):
            response.headers["Retry-After"] = RETRY_AFTER
        return response

    async def on_http_error(request: Request, error: HTTPException) -> Response:
        await ensure_identified(request)
        if error.status_code == Unknown.status:
            return refusal_page(pages, request, Unknown())
        response = _render_error(pages, request, error.status_code, REASONS.get(error.status_code, GENERAL))
        response.headers.update(error.headers or {})
        return response

    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        if any(fault["loc"][0] == "path" for fault in error.errors()):
            return refusal_page(pages, request, Unknown())
        return _render_error(pages, request, 422, REASONS[422])

    async def on_unhandled_error(request: Request, _: Exception) -> Response:
        return _render_error(pages, request, 500, REASONS[500], request_id=getattr(request.state, "request_id", ""))

    app.exception_handler(Refusal)(on_domain_error)
    app.exception_handler(HTTPException)(on_http_error)
    app.exception_handler(RequestValidationError)(on_validation_error)
    app.exception_handler(Exception)(on_unhandled_error)


def _render_error(
    pages: Pages, request: Request, status: int, reason: Text, typed: Typed = (), request_id: str = ""
) -> Response:
    explanation = ACCOUNTS.get(status, ACCOUNTS[400])
    return pages.show(
        request,
        "refusal.html",
        status=status,
        account=explanation,
        reason=reason,
        shown=[pair for pair in typed if _is_prose(pair)],
        kept=[pair for pair in typed if not _is_prose(pair)],
        number=request_id,
        sign_in=_sign_in_path(request) if status == Expired.status else "",
    )


def _sign_in_path(request: Request) -> str:
    """Path of the sign-in page that leads back to this page; not to an address that would change something."""
    if request.method not in SAFE:
        return "/sign-in"
    query = f"?{request.url.query}" if request.url.query else ""
    return "/sign-in?next=" + quote(request.url.path + query, safe="/")


def _text_fields(form: FormData) -> Typed:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)][:MOST_FIELDS]


def _is_prose(pair: tuple[str, str]) -> bool:
    """Tell whether the error page shows a field: it contains several words and is not the CSRF token."""
    name, value = pair
    return name != TOKEN and any(character.isspace() for character in value)
