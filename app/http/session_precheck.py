"""Check who sends a body before it is read.

FastAPI reads forms before it runs guards. The guards still decide; this middleware keeps bodies from being read for
clients without a session, for people without a seat where the guard of the route needs one, and beyond the size that
the route takes from this person. Bodies that are no form, such as a chunk of a file, are read behind the guards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.db import transaction
from app.core.errors import DomainError, Forbidden, NotFound, PayloadTooLarge
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.queries.seats import build_actor, has_held_seat
from app.domain.identity import queries as identity
from app.domain.uploads.rules import may_begin_somewhere
from app.http.authentication import not_signed_in_error, session_cookie_name, set_unguarded_page_context
from app.http.body_rules import BodyRule, BytesUnderWay, find_body_rule
from app.http.csrf import SAFE_METHODS
from app.http.error_pages import error_page
from app.http.portal_state import PortalState

FORM_MEDIA_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
NO_SEAT = _("You have no role in any group today. Nothing was changed.")
NO_FILES = _("Only delegates, chairs and the secretariat can upload files. You have none of these roles today.")
TOO_LARGE = _("The data sent exceed the maximum size for this page.")


@dataclass(frozen=True, slots=True)
class BodySender:
    """Whose session a request bears: without a person if it has ended. `had_seat` tells of seats held before."""

    person: UUID | None
    has_seat: bool = False
    had_seat: bool = False
    may_send_files: bool = False


class SessionPrecheckMiddleware:
    """ASGI middleware that refuses bodies before they are read: 401, 403, 404, 413 or 429.

    Safe methods, routes that are open to everybody and bodies that no route reads pass. A form of at most
    `largest_form` bytes also passes if its session has ended, or its sender held a seat once, so that the error page
    can give its text back to the person. With a file, a form may have `largest_file` bytes more.
    """

    def __init__(self, app: ASGIApp, *, rules: Sequence[BodyRule], largest_form: int, largest_file: int) -> None:
        self.app, self.rules = app, rules
        self.largest_form, self.largest_file = largest_form, largest_file
        # A person may send two forms with the largest file at once: more are seldom meant.
        self.under_way = BytesUnderWay(2 * (largest_form + largest_file))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        request, rule = Request(scope), find_body_rule(self.rules, scope["method"], scope["path"])
        is_open, is_chunk = (rule.is_open, rule.declared_limit is not None) if rule else (False, False)
        if is_open or not (is_chunk or is_form_request(request)):
            await self.app(scope, receive, send)
            return
        try:
            await self._pass_on(rule, request, receive, send)
        except DomainError as error:
            if rule:
                scope["route"] = rule.route  # as the router would have done: lines and metrics name it
            await self._refuse(request, error, receive, send)

    async def _pass_on(self, rule: BodyRule | None, request: Request, receive: Receive, send: Send) -> None:
        """Pass a request on with a bounded body.

        Raises Unauthenticated, Forbidden, NotFound, PayloadTooLarge or TooManyRequests before any of it is read.
        """
        portal: PortalState = request.app.state.portal
        secret = request.cookies.get(session_cookie_name(portal))
        sender = await self._find_sender(portal, secret) if secret else None
        length, is_form = get_announced_length(request), is_form_request(request)
        is_small = is_form and length is not None and length <= self.largest_form
        if sender is None or (sender.person is None and not is_small):
            raise not_signed_in_error()
        if sender.person is None:
            await self.app(request.scope, _bound_body(receive, self.largest_form), send)
            return
        is_seat_missing = rule is not None and rule.needs_seat and not sender.has_seat
        if rule and is_form and is_seat_missing and not (is_small and sender.had_seat):
            # Nothing is looked up: the answer is that for a thing that does not exist.
            raise NotFound if rule.path.groups else Forbidden(NO_SEAT)
        limit = self._find_limit(rule, request, sender)
        if length is not None and length > limit:
            is_without_right = rule is not None and rule.takes_file and not sender.may_send_files
            raise Forbidden(NO_FILES) if is_without_right else PayloadTooLarge(TOO_LARGE)
        with self.under_way.hold(sender.person, limit if length is None else length):
            await self.app(request.scope, _bound_body(receive, limit), send)

    def _find_limit(self, rule: BodyRule | None, request: Request, sender: BodySender) -> int:
        """Find how many bytes a route reads from this person."""
        if rule and rule.declared_limit is not None and not is_form_request(request):
            return rule.declared_limit
        may_send_file = rule is not None and rule.takes_file and sender.may_send_files
        return self.largest_form + (self.largest_file if may_send_file else 0)

    async def _find_sender(self, portal: PortalState, secret: str) -> BodySender | None:
        async with portal.limiter.acquire_slot(is_writer=False):
            return await run_in_threadpool(_find_sender, portal, secret)

    async def _refuse(self, request: Request, error: DomainError, receive: Receive, send: Send) -> None:
        portal: PortalState = request.app.state.portal
        await set_unguarded_page_context(request)
        await portal.refusals.note_error(request, error)
        await error_page(portal.templates, request, error)(request.scope, receive, send)


def is_form_request(request: Request) -> bool:
    """Tell whether Starlette would parse the body as a form: like Starlette, by the start of Content-Type alone."""
    kind = request.headers.get("Content-Type", "").lower().lstrip()
    return kind.startswith(FORM_MEDIA_TYPES)


def get_announced_length(request: Request) -> int | None:
    """Return the length of the body in bytes; None if it is sent chunked."""
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _bound_body(receive: Receive, limit: int) -> Receive:
    """Return `receive` with a bound: it raises HTTPException (413) once the body has more than `limit` bytes."""
    length = 0

    async def receive_bounded() -> Message:
        nonlocal length
        message = await receive()
        length += len(message.get("body", b""))
        if length > limit:
            raise HTTPException(PayloadTooLarge.status)
        return message

    return receive_bounded


def _find_sender(portal: PortalState, secret: str) -> BodySender | None:
    """Find who has the session of this secret; None if there never was such a session."""
    with transaction(portal.read_sessions) as session:
        found = identity.find_session_by_secret(session, secret, portal.session_limits)
        if found is None:
            return BodySender(None) if identity.is_known_session_secret(session, secret) else None
        actor = build_actor(session, found[1])
        has_seat = bool(actor.seats)
        had_seat = has_seat or has_held_seat(session, actor.person)
        return BodySender(actor.person, has_seat, had_seat, may_begin_somewhere(actor))
