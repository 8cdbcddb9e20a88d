"""Sign-in and sign-out over OpenID Connect. The provider is called asynchronously; own records are written in short
transactions."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from app.core.db import WriteSession, transaction
from app.core.errors import DomainError
from app.domain.identity.actions import accounts, sessions
from app.domain.identity.models.claims import read_claims
from app.domain.identity.models.tables import UserSession
from app.domain.identity.queries import hash_secret
from app.domain.identity.rules import END_SESSION, SEE_OWN_DASHBOARD
from app.http.authentication import SignedInFor, session_cookie_name
from app.http.error_pages import error_page
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.flow import BROWSER_COOKIE, begin_sign_in, complete_sign_in, get_browser_id
from app.http.oidc.logout import LogoutNotice, verify_logout_token
from app.http.oidc.sealed_cookies import AttemptCookies
from app.http.page_context import WriteContext
from app.http.portal_state import Portal, PortalState
from app.http.route_guards import AllowAnyone
from app.web.forms.parsing import RejectRepeatedFields

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])
log = structlog.get_logger()
BROWSER_COOKIE_MAX_AGE = 3600  # age of the cookie that ties a sign-in to one browser
MAX_LOGOUT_TOKEN_BYTES = 64 * 1024  # bytes; the endpoint is open to anybody


def _browser_cookie_name(portal: PortalState) -> str:
    return f"__Host-{BROWSER_COOKIE}" if _is_secure(portal) else BROWSER_COOKIE


def _is_secure(portal: PortalState) -> bool:
    """Return whether the portal is served over HTTPS, so that cookies are marked Secure."""
    return urlsplit(portal.settings.portal_url).scheme == "https"


def _callback_url(portal: PortalState) -> str:
    return f"{portal.settings.portal_url}/sign-in/callback"


def _sealed_attempts(portal: PortalState, request: Request) -> AttemptCookies:
    """Return the pending sign-ins, which are encrypted in the browser's own cookies. No table grows by starting
    them."""
    return AttemptCookies(
        portal.attempt_sealer, portal.replay_guard, request.cookies, secure=_is_secure(portal), name="signing-in"
    )


@router.get("/sign-in", dependencies=[Depends(AllowAnyone())])
async def start_sign_in(request: Request, portal: Portal) -> Response:
    """Redirect to the identity provider; the requested page waits in an encrypted cookie."""
    browser = get_browser_id(request.cookies.get(_browser_cookie_name(portal)))
    query = request.query_params
    address, attempt = await begin_sign_in(
        portal.provider,
        _callback_url(portal),
        query.get("next"),
        browser,
        login_hint=query.get("login_hint", ""),
        languages=portal.templates.negotiate_language(request),
    )
    attempts = _sealed_attempts(portal, request)
    attempts.store_attempt(attempt)
    answer = RedirectResponse(address, 303)
    attempts.apply_to(answer)
    answer.set_cookie(
        _browser_cookie_name(portal),
        browser,
        max_age=BROWSER_COOKIE_MAX_AGE,
        httponly=True,
        samesite="lax",
        secure=_is_secure(portal),
    )
    return answer


@router.get("/sign-in/callback", dependencies=[Depends(AllowAnyone())])
async def finish_sign_in(request: Request, portal: Portal) -> Response:
    """Verify the provider's answer, find or create the person, and start a session under a new secret."""
    attempts = _sealed_attempts(portal, request)
    try:
        answer = await _complete_sign_in(request, portal, attempts)
    except DomainError as refusal:
        log.warning("sign-in refused", cause=getattr(refusal, "cause", type(refusal).__name__))
        answer = error_page(portal.templates, request, refusal)
    attempts.apply_to(answer)
    return answer


async def _complete_sign_in(request: Request, portal: PortalState, attempts: AttemptCookies) -> Response:
    """Exchange the authorization code and start the session. Raises Untrusted if the state was used before."""
    attempt = attempts.take_attempt(request.query_params.get("state", ""))
    browser = request.cookies.get(_browser_cookie_name(portal))
    done = await complete_sign_in(
        portal.provider, _callback_url(portal), request.query_params.multi_items(), attempt, browser
    )
    claims = read_claims(portal.provider.issuer, done.claims, done.userinfo, portal.claim_names)
    sid = done.claims.get("sid")

    def begin_session() -> str:
        with transaction(portal.write_sessions) as session:
            # The state is spent in the database, for all processes, and only after the provider has confirmed the
            # person: unauthenticated visitors cannot add rows.
            if not sessions.mark_used_once(session, f"sign-in {done.state_digest}", done.expires_at):
                raise OidcVerificationError("state")
            person = sessions.save_person_from_claims(session, claims)
            if (before := request.cookies.get(session_cookie_name(portal))) is not None:
                sessions.end_sessions(session, UserSession.secret_digest == hash_secret(before), "signed in anew")
            secret, _ = sessions.create_user_session(
                session,
                person,
                provider_sid=sid if isinstance(sid, str) else None,
                browser=request.headers.get("User-Agent", ""),
            )
            return secret

    secret = await run_in_threadpool(begin_session)
    answer = RedirectResponse(done.next_path, 303)
    answer.set_cookie(session_cookie_name(portal), secret, httponly=True, samesite="lax", secure=_is_secure(portal))
    return answer


@router.post("/sign-out", dependencies=[Depends(SignedInFor(SEE_OWN_DASHBOARD))])
def sign_out(context: WriteContext, everywhere: Annotated[str, Form()] = "") -> Response:
    """End this session, or all sessions of the person, then redirect to the provider's sign-out."""
    if everywhere:
        accounts.end_all_own_sessions(context.session, context.actor)
    else:
        accounts.end_own_session(context.session, context.actor, context.request.state.user_session)
    answer = context.redirect("/sign-out/provider")
    answer.delete_cookie(
        session_cookie_name(context.portal), httponly=True, samesite="lax", secure=_is_secure(context.portal)
    )
    return answer


@router.get("/sign-out/provider", dependencies=[Depends(AllowAnyone())])
async def sign_out_at_provider(portal: Portal) -> Response:
    """Redirect to the provider's sign-out page, if it has one. No transaction is open while the provider answers."""
    try:
        address = await portal.provider.end_session_url(portal.settings.portal_url + "/")
    except DomainError:
        address = None
    return RedirectResponse(address or "/", 303)


@router.post(
    "/sign-in/backchannel-logout",
    dependencies=[Depends(AllowAnyone())],
    max_body_size=MAX_LOGOUT_TOKEN_BYTES,
)
async def receive_backchannel_logout(portal: Portal, logout_token: Annotated[str, Form()] = "") -> Response:
    """End the sessions that the provider reports as signed out (OpenID Connect Back-Channel Logout 1.0)."""
    headers = {"Cache-Control": "no-store"}
    try:
        notice = await verify_logout_token(portal.provider, logout_token)
        await run_in_threadpool(_end_sessions, portal, notice)
    except OidcVerificationError as refusal:
        log.warning("logout token refused", cause=refusal.cause)
        return Response(status_code=400, headers=headers)
    return Response(status_code=200, headers=headers)


def _end_sessions(portal: PortalState, notice: LogoutNotice) -> None:
    with transaction(portal.write_sessions) as session:
        ended = notice.redeem(UsedLogoutTokenStore(session))
        sessions.end_sessions_from_provider(session, ended.issuer, sid=ended.sid, subject=ended.subject)


class UsedLogoutTokenStore:
    """Identifiers of redeemed logout tokens, kept as database rows."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def use(self, identifier: str, until: datetime) -> bool:
        """Record the identifier; return whether it was new."""
        return sessions.mark_used_once(self._session, identifier, until)


@router.post("/sessions/{user_session}/end", dependencies=[Depends(SignedInFor(END_SESSION))])
def end_session(context: WriteContext, user_session: UUID) -> Response:
    """End one of the person's own sessions, on any device."""
    accounts.end_own_session(context.session, context.actor, user_session)
    return context.redirect("/account?done=sessions-ended")
