"""Pages: one thread finds who asks, calls the function of the route and renders its page.

FastAPI solves the dependencies of a route anew for each request, each as a task of the event loop, and changes to a
thread for who asks and to another one for the function: that took a quarter of the time of a small page. What is
answered here follows from what a route declares: a GET whose dependencies are a guard, a context, a costly turn, and
functions that read the address. All others are answered by FastAPI, by the same guards in the same order.
"""

from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from functools import partial
from inspect import iscoroutinefunction, isgeneratorfunction
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.core.db import transaction
from app.http.authentication import SignedInGuard, current_actor, not_signed_in_error
from app.http.page_context import (
    RequestContext,
    build_open_context,
    build_open_page_context,
    build_read_context,
    build_signed_in_context,
    hold_costly_turn,
)
from app.http.portal_state import get_portal_state
from app.http.route_guards import AllowAnyone, find_guard
from app.web.forms.parsing import RejectRepeatedFields

CONTEXTS = (build_read_context, build_open_page_context)
SOLVED_FIRST = (RejectRepeatedFields, SignedInGuard, AllowAnyone)
"""Kinds of dependencies that give nothing to a page: the first is about forms alone."""

_hold_costly_turn = contextmanager(hold_costly_turn)


def answer_page_in_one_thread(route: APIRoute) -> None:
    """Let a route answer in one thread if it is that of a page."""
    if is_page(route):
        vars(route)["get_route_handler"] = lambda: partial(_answer, route.dependant)


def is_page(route: APIRoute) -> bool:
    """Return whether a route is answered as described above."""
    dependant = route.dependant
    has_context = any(each.call in CONTEXTS for each in dependant.dependencies)
    has_guard = find_guard(dependant, (SignedInGuard, AllowAnyone)) is not None
    return route.methods == {"GET"} and has_context and has_guard and _is_plain(dependant)


def _is_plain(dependant: Dependant) -> bool:
    """Return whether a function and all that it depends on can be called in a thread, with what the address says."""
    call = dependant.call
    if isinstance(call, SOLVED_FIRST) or call in (*CONTEXTS, hold_costly_turn):
        return True
    functions = (call, getattr(call, "__call__", None))  # noqa: B004 - of an object
    if any(iscoroutinefunction(each) or isgeneratorfunction(each) for each in functions):
        return False
    others = (dependant.header_params, dependant.cookie_params, dependant.body_params, dependant.response_param_name)
    return not any(others) and all(map(_is_plain, dependant.dependencies))


async def _answer(dependant: Dependant, request: Request) -> Response:
    """Answer in one thread, with a slot of those who read."""
    async with get_portal_state(request).limiter.acquire_slot(is_writer=False):
        return await run_in_threadpool(_call, dependant, request)


def _call(dependant: Dependant, request: Request) -> Response:
    """Call the function of a page in its transaction. Raises Unauthenticated, RecentSignInRequired, TooManyRequests,
    RequestValidationError, and what the function raises."""
    guard = find_guard(dependant, (SignedInGuard,))
    with ExitStack() as stack:
        session = stack.enter_context(transaction(get_portal_state(request).read_sessions))
        actor = current_actor(request, session)
        if not isinstance(guard, SignedInGuard):
            context: RequestContext[Any] = build_open_context(request, session, actor)
        elif actor is None:
            raise not_signed_in_error()
        else:
            request.state.actor = actor
            guard.require_recent_sign_in(request)
            if any(each.call is hold_costly_turn for each in dependant.dependencies):
                stack.enter_context(_hold_costly_turn(request, actor))
            context = build_signed_in_context(request)
        values, errors = _find_values(dependant, request, context)
        if errors:
            raise RequestValidationError(errors)
        call: Callable[..., Response] = dependant.call  # type: ignore[assignment]
        return call(**values)


def _find_values(
    dependant: Dependant, request: Request, context: RequestContext[Any]
) -> tuple[dict[str, Any], list[Any]]:
    """Find the values of the parameters of a function, and what is wrong with those in the address."""
    values, errors = dict[str, Any](), list[Any]()
    for each in dependant.dependencies:
        if each.call in CONTEXTS:
            values[str(each.name)] = context
        elif each.name is not None and each.call is not None:
            inner, wrong = _find_values(each, request, context)
            errors += wrong
            if not wrong:
                values[each.name] = each.call(**inner)
    for fields, given in (
        (dependant.path_params, request.path_params),
        (dependant.query_params, request.query_params),
    ):
        found, wrong = request_params_to_args(fields, given)
        values |= found
        errors += wrong
    if dependant.request_param_name:
        values[dependant.request_param_name] = request
    return values, errors
