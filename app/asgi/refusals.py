"""Refusals as pages: what happened, why, what one can do. Unknown and not yours are one answer; nothing is echoed."""

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
    """The words around the reason, for one kind of refusal."""

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
    """The page for a refusal; `typed` is what its reader had typed and must not lose."""
    return _page(pages, request, refusal.status, refusal.reason, typed)


async def typed_text(request: Request, origin: str) -> Typed:
    """The text fields of a form that came too late; only from a page of ours, or others could put words into it."""
    if request.method in SAFE or not is_from_here(request.headers, origin):
        return []
    try:
        async with request.form() as form:
            return _texts(form)
    except HTTPException:  # not a form that can be read
        return []


async def nobody_known(_: Request) -> None:
    """For a door that knows nobody."""


def answer_refusals(app: FastAPI, pages: Pages, recognise: Recognise = nobody_known) -> None:
    """Answer everything that is raised with a page. A fault is still raised afterwards, for the log.

    Where no page is, no guard has asked who is reading: `recognise` does, so that the masthead still knows them.
    """

    async def known(request: Request) -> None:
        if not hasattr(request.state, "reader"):
            await recognise(request)

    async def refused(request: Request, refusal: Refusal) -> Response:
        typed = await typed_text(request, pages.origin) if isinstance(refusal, Expired) else ()
        if isinstance(refusal, Unknown):
            await known(request)
        answer = refusal_page(pages, request, refusal, typed)
        if isinstance(refusal, Unavailable):
            answer.headers["Retry-After"] = RETRY_AFTER
        return answer

    async def not_served(request: Request, error: HTTPException) -> Response:
        await known(request)
        if error.status_code == Unknown.status:
            return refusal_page(pages, request, Unknown())
        answer = _page(pages, request, error.status_code, REASONS.get(error.status_code, GENERAL))
        answer.headers.update(error.headers or {})
        return answer

    async def not_read(request: Request, error: RequestValidationError) -> Response:
        if any(fault["loc"][0] == "path" for fault in error.errors()):
            return refusal_page(pages, request, Unknown())
        return _page(pages, request, 422, REASONS[422])

    async def failed(request: Request, _: Exception) -> Response:
        return _page(pages, request, 500, REASONS[500], number=getattr(request.state, "request_id", ""))

    app.exception_handler(Refusal)(refused)
    app.exception_handler(HTTPException)(not_served)
    app.exception_handler(RequestValidationError)(not_read)
    app.exception_handler(Exception)(failed)


def _page(pages: Pages, request: Request, status: int, reason: Text, typed: Typed = (), number: str = "") -> Response:
    account = ACCOUNTS.get(status, ACCOUNTS[400])
    return pages.show(
        request,
        "refusal.html",
        status=status,
        account=account,
        reason=reason,
        shown=[pair for pair in typed if _is_prose(pair)],
        kept=[pair for pair in typed if not _is_prose(pair)],
        number=number,
        sign_in=_sign_in(request) if status == Expired.status else "",
    )


def _sign_in(request: Request) -> str:
    """Back to the page that was asked for; never to one that would be asked to do something."""
    if request.method not in SAFE:
        return "/sign-in"
    query = f"?{request.url.query}" if request.url.query else ""
    return "/sign-in?next=" + quote(request.url.path + query, safe="/")


def _texts(form: FormData) -> Typed:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)][:MOST_FIELDS]


def _is_prose(pair: tuple[str, str]) -> bool:
    """Whether a field is worth showing again: it has words in it, and is not the seal of the form."""
    name, value = pair
    return name != TOKEN and any(letter.isspace() for letter in value)
