"""Reader sessions: membership category and name, stored in the encrypted cookie of the reader only.

Each reader reads one of two catalogues: ITU members theirs, everybody else the public one. Anything outside of it gets
the same answer, whether it exists for others or not.

The cookie is valid for `read_session_minutes` from sign-in and is never renewed, so a change of membership takes effect
after that time at the latest. A sign-out here or at the provider, or another sign-in, ends it in every process
(`app.dissemination.ended_sessions`).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.responses import Response

from app.core import clock
from app.core.errors import DomainError, Forbidden, Unauthenticated
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.dissemination.catalogue import NotInCatalogue
from app.dissemination.ended_sessions import SessionMarks
from app.dissemination.state import ReadPathState, get_read_path_state
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.domain.releases.models import Audience
from app.http.csrf import create_form_token
from app.http.error_pages import error_page
from app.http.labels import MEMBERSHIP_LABELS
from app.http.oidc.strict_json import JSONObject

SESSION_COOKIE = "cwg_read"
READER_STATE_KEY = "reader_in_cookie"
"""Key of the request state under which the reader in its cookie is stored once it was read."""
READING_MEMBERSHIPS = frozenset(MembershipCategory) - {MembershipCategory.EXTERNAL}


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in reader. `id` is random, created for this session, and binds its forms to it; by `marks` its end is
    recognised."""

    id: str
    name: str
    membership: MembershipCategory
    marks: SessionMarks

    @property
    def is_member(self) -> bool:
        """Whether they belong to a member of ITU in any category."""
        return self.membership in READING_MEMBERSHIPS

    @property
    def acts_for(self) -> None:
        """None: readers do not act for anybody."""

    @property
    def capacity(self) -> LazyText:
        return MEMBERSHIP_LABELS[self.membership]

    @property
    def locale(self) -> None:
        """None: the language is negotiated by the browser."""


def start_reader_session(
    state: ReadPathState, response: Response, claims: Claims, provider_sid: str | None = None
) -> None:
    """Start a session: set the session cookie on a response. `provider_sid` is the session at the provider, if it names
    one."""
    session_id, digests = secrets.token_urlsafe(16), state.ended_sessions.digests
    ended_by = [digests.digest_id(session_id), digests.digest_subject(claims.issuer, claims.subject)]
    if provider_sid is not None:
        ended_by.append(digests.digest_provider_session(claims.issuer, provider_sid))
    content = {
        "id": session_id,
        "name": claims.name,
        "membership": claims.membership.value,
        "began": clock.now().timestamp(),
        "ended_by": ended_by,
    }
    response.set_cookie(
        state.cookie_name(SESSION_COOKIE),
        state.session_sealer.seal(content, state.session_lifetime),
        max_age=int(state.session_lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=state.is_secure,
    )


def delete_session_cookie(state: ReadPathState, response: Response) -> None:
    """Delete the session cookie."""
    response.delete_cookie(state.cookie_name(SESSION_COOKIE), httponly=True, samesite="lax", secure=state.is_secure)


def parse_session_cookie(state: ReadPathState, cookies: Mapping[str, str]) -> Reader | None:
    """Return the reader in the cookies, whose session may have ended; None without a valid session cookie."""
    opened = state.session_sealer.unseal_with_end(cookies.get(state.cookie_name(SESSION_COOKIE), ""))
    return _read(*opened) if opened and "ended_by" in opened[0] else None


async def find_live_reader(state: ReadPathState, cookies: Mapping[str, str]) -> Reader | None:
    """Return the reader in the cookies; None without a session that lives. Only a valid cookie asks the database."""
    reader = parse_session_cookie(state, cookies)
    return reader if reader and await state.ended_sessions.is_live(reader.marks) else None


async def current_reader(request: Request) -> Reader | None:
    """FastAPI dependency: the reader of this request; sets the page context."""
    state = get_read_path_state(request)
    known = request.scope.get("state", {})
    reader = known[READER_STATE_KEY] if READER_STATE_KEY in known else await find_live_reader(state, request.cookies)
    request.state.reader = reader
    request.state.form_token = create_form_token(state.session_secret, reader.id) if reader else ""
    request.state.menu = _menu(request.url.path)
    return reader


async def set_reader_page_context(request: Request) -> None:
    """Set the page context for a page without a guard, such as the 404 page."""
    await current_reader(request)


def _read(content: JSONObject, expires_at: float) -> Reader:
    marks = SessionMarks(cast("float", content["began"]), expires_at, cast("list[str]", content["ended_by"]))
    return Reader(str(content["id"]), str(content["name"]), MembershipCategory(str(content["membership"])), marks)


def _menu(path: str) -> list[tuple[str, LazyText, bool]]:
    return [
        ("/outputs", _("Outputs"), path == "/" or path.startswith("/outputs")),
        ("/search", _("Search"), path == "/search"),
        ("/verify", _("Check a file"), path.startswith("/verify")),
        ("/help", _("Help"), path == "/help"),
    ]


OptionalReader = Annotated[Reader | None, Depends(current_reader)]


def reader_audience(reader: Reader | None) -> Audience:
    """Return the audience of a reader: members or the public."""
    return Audience.MEMBERS if reader and reader.is_member else Audience.PUBLIC


class ReaderCatalogueGuard:
    """Guard of the read path: admits everybody and selects the catalogue they may read."""

    async def __call__(self, request: Request) -> None:
        request.state.audience = reader_audience(await current_reader(request))


class PublicCatalogueGuard:
    """Guard of routes for programs without a key: always the public catalogue."""

    async def __call__(self, request: Request) -> None:
        request.state.audience = Audience.PUBLIC


async def not_in_catalogue_response(request: Request, reason: Exception) -> Response:
    """Return the one answer for anything outside the catalogue of this reader; without a session it asks to sign in."""
    reader: Reader | None = getattr(request.state, "reader", None)
    assert isinstance(reason, NotInCatalogue)
    error: DomainError = reason
    if reader is None:
        error = Unauthenticated(
            _(
                "There is no public content at this address. ITU members can sign in to check whether other "
                "content is available."
            )
        )
    elif not reader.is_member:
        error = Forbidden(
            _(
                "Content that is not public is reserved for ITU members, and your account does not belong to "
                "any member. If you work for a member, ask the member to have your account registered under "
                "its name."
            )
        )
    return error_page(get_read_path_state(request).templates, request, error)
