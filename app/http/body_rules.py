"""Which routes take a body from whom, and how large: one rule for each route, derived from its guard and its form.

FastAPI reads forms before it runs guards, so `SessionPrecheckMiddleware` asks these rules first.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.params import File
from fastapi.routing import APIRoute

from app.core.errors import TooManyRequests
from app.core.i18n import lazy_gettext as _
from app.http.authentication import SignedInGuard
from app.http.csrf import SAFE_METHODS
from app.http.route_guards import AllowAnyone, list_routes_with_guard_or_none


@dataclass(frozen=True, slots=True)
class BodyRule:
    """Who may send a body to a route, and whether it takes a file.

    `route` is what the router puts into the scope. `declared_limit` is the limit in bytes that the route itself has:
    it reads its body behind its guard, such as a chunk of a file, or is open to everybody.
    """

    route: APIRoute
    path: re.Pattern[str]
    methods: frozenset[str]
    is_open: bool
    needs_seat: bool
    takes_file: bool
    declared_limit: int | None


def list_body_rules(app: FastAPI, permissions_without_seat: Collection[str]) -> list[BodyRule]:
    """List the rules of all routes with a method that may change something, in the order in which they match.

    `permissions_without_seat` names the permissions that a person without any seat may have.
    """
    rules = []
    for route, guard in list_routes_with_guard_or_none(app, AllowAnyone, SignedInGuard):
        methods = frozenset(route.methods) - SAFE_METHODS
        if methods:
            needs_seat = isinstance(guard, SignedInGuard) and guard.permission.name not in permissions_without_seat
            rules.append(
                BodyRule(
                    route.original_route,
                    route.path_regex,
                    methods,
                    isinstance(guard, AllowAnyone),
                    needs_seat,
                    _takes_file(route.dependant),
                    route.original_route.max_body_size,
                )
            )
    return rules


def find_body_rule(rules: Sequence[BodyRule], method: str, path: str) -> BodyRule | None:
    """Find the rule of the route that matches a request; None if there is none."""
    return next((rule for rule in rules if method in rule.methods and rule.path.match(path)), None)


def _takes_file(dependant: Dependant) -> bool:
    """Tell whether a field of the form is a file, on the route itself or on one of its dependencies."""
    return any(isinstance(field.field_info, File) for field in dependant.body_params) or any(
        _takes_file(dependency) for dependency in dependant.dependencies
    )


class BytesUnderWay:
    """Bytes of the bodies that each person is sending to this process at the moment, up to `limit` for one person."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._bytes_by_person: dict[UUID, int] = {}

    @contextmanager
    def hold(self, person: UUID, length: int) -> Iterator[None]:
        """Context manager: count a body of so many bytes until the end of the block. Raises TooManyRequests."""
        already = self._bytes_by_person.get(person, 0)
        if already and already + length > self.limit:
            raise TooManyRequests(
                _("Uploads from your other pages or windows are still in progress. Nothing was changed.")
            )
        self._bytes_by_person[person] = already + length
        try:
            yield
        finally:
            left = self._bytes_by_person.pop(person) - length
            if left:
                self._bytes_by_person[person] = left
