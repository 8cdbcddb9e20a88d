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

from app.asgi.actors import Asks, SignedIn, cookie_name
from app.asgi.guards import Anyone
from app.asgi.house import House, TheHouse, Writing
from app.asgi.oidc.flow import BROWSER_COOKIE, begin, complete, known_browser
from app.asgi.oidc.logout import Notice, verify_logout_token
from app.asgi.oidc.refusal import Untrusted
from app.asgi.oidc.sealed import SealedAttempts
from app.asgi.refusals import refusal_page
from app.core.db import WriteSession, transaction
from app.core.errors import Refusal
from app.domain.identity import actions, people
from app.domain.identity.claims import read_claims
from app.domain.identity.models import UserSession
from app.domain.identity.rules import END_SESSION, SEE_OWN_DESK
from app.web.entries import EachFieldOnce

router = APIRouter(dependencies=[Depends(EachFieldOnce())])
log = structlog.get_logger()
BROWSER_SECONDS = 3600  # age of the cookie that ties a sign-in to one browser
LARGEST_NOTICE = 64 * 1024  # bytes; the endpoint is open to anybody


def _browser_cookie_name(house: House) -> str:
    return f"__Host-{BROWSER_COOKIE}" if _is_secure(house) else BROWSER_COOKIE


def _is_secure(house: House) -> bool:
    """Return whether the portal is served over HTTPS, so that cookies are marked Secure."""
    return urlsplit(house.settings.portal_url).scheme == "https"


def _callback_url(house: House) -> str:
    return f"{house.settings.portal_url}/sign-in/callback"


def _sealed_attempts(house: House, request: Request) -> SealedAttempts:
    """Return the pending sign-ins, which are encrypted in the browser's own cookies. No table grows by starting
    them."""
    return SealedAttempts(house.attempts, house.spent, request.cookies, secure=_is_secure(house), name="signing-in")


@router.get("/sign-in", name="sign-in", dependencies=[Depends(Anyone())])
async def sign_in(request: Request, house: TheHouse) -> Response:
    """Redirect to the identity provider; the requested page waits in an encrypted cookie."""
    browser = known_browser(request.cookies.get(_browser_cookie_name(house)))
    query = request.query_params
    address, attempt = await begin(
        house.provider,
        _callback_url(house),
        query.get("next"),
        browser,
        login_hint=query.get("login_hint", ""),
        languages=house.pages.language(request),
    )
    attempts = _sealed_attempts(house, request)
    attempts.keep(attempt)
    answer = RedirectResponse(address, 303)
    attempts.apply(answer)
    answer.set_cookie(
        _browser_cookie_name(house),
        browser,
        max_age=BROWSER_SECONDS,
        httponly=True,
        samesite="lax",
        secure=_is_secure(house),
    )
    return answer


@router.get("/sign-in/callback", name="sign-in-callback", dependencies=[Depends(Anyone())])
async def callback(request: Request, house: TheHouse) -> Response:
    """Verify the provider's answer, find or create the person, and start a session under a new secret."""
    attempts = _sealed_attempts(house, request)
    try:
        answer = await _complete_sign_in(request, house, attempts)
    except Refusal as refusal:
        log.warning("sign-in refused", cause=getattr(refusal, "cause", type(refusal).__name__))
        answer = refusal_page(house.pages, request, refusal)
    attempts.apply(answer)
    return answer


async def _complete_sign_in(request: Request, house: House, attempts: SealedAttempts) -> Response:
    """Exchange the authorization code and start the session. Raises Untrusted if the state was used before."""
    attempt = attempts.take(request.query_params.get("state", ""))
    browser = request.cookies.get(_browser_cookie_name(house))
    done = await complete(house.provider, _callback_url(house), request.query_params.multi_items(), attempt, browser)
    claims = read_claims(house.provider.issuer, done.claims, done.userinfo, house.claim_names)
    sid = done.claims.get("sid")

    def begin_session() -> str:
        with transaction(house.write) as session:
            # The state is spent in the database, for all processes, and only after the provider has confirmed the
            # person: unauthenticated visitors cannot add rows.
            if not people.first_use(session, f"sign-in {done.state_digest}", done.expires_at):
                raise Untrusted("state")
            person = people.know(session, claims)
            if (before := request.cookies.get(cookie_name(house))) is not None:
                people.end(session, UserSession.secret_digest == people.digest(before), "signed in anew")
            secret, _ = people.begin_session(
                session,
                person,
                provider_sid=sid if isinstance(sid, str) else None,
                browser=request.headers.get("User-Agent", ""),
            )
            return secret

    secret = await run_in_threadpool(begin_session)
    answer = RedirectResponse(done.next_path, 303)
    answer.set_cookie(cookie_name(house), secret, httponly=True, samesite="lax", secure=_is_secure(house))
    return answer


@router.post("/sign-out", name="sign-out", dependencies=[Depends(Asks(SEE_OWN_DESK))])
def sign_out(
    request: Request,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    everywhere: Annotated[str, Form()] = "",
) -> Response:
    """End this session, or all sessions of the person, then redirect to the provider's sign-out."""
    if everywhere:
        actions.end_all_sessions(session, actor)
    else:
        actions.end_session(session, actor, request.state.user_session)
    answer = RedirectResponse("/sign-out/provider", 303)
    answer.delete_cookie(cookie_name(house), httponly=True, samesite="lax", secure=_is_secure(house))
    return answer


@router.get("/sign-out/provider", name="sign-out-at-provider", dependencies=[Depends(Anyone())])
async def sign_out_at_provider(house: TheHouse) -> Response:
    """Redirect to the provider's sign-out page, if it has one. No transaction is open while the provider answers."""
    try:
        address = await house.provider.end_session_address(house.settings.portal_url + "/")
    except Refusal:
        address = None
    return RedirectResponse(address or "/", 303)


@router.post(
    "/sign-in/backchannel-logout",
    name="backchannel-logout",
    dependencies=[Depends(Anyone())],
    max_body_size=LARGEST_NOTICE,
)
async def backchannel_logout(house: TheHouse, logout_token: Annotated[str, Form()] = "") -> Response:
    """End the sessions that the provider reports as signed out (OpenID Connect Back-Channel Logout 1.0)."""
    headers = {"Cache-Control": "no-store"}
    try:
        notice = await verify_logout_token(house.provider, logout_token)
        await run_in_threadpool(_end_sessions, house, notice)
    except Untrusted as refusal:
        log.warning("logout token refused", cause=refusal.cause)
        return Response(status_code=400, headers=headers)
    return Response(status_code=200, headers=headers)


def _end_sessions(house: House, notice: Notice) -> None:
    with transaction(house.write) as session:
        ended = notice.redeem(UsedLogoutTokens(session))
        people.end_from_provider(session, ended.issuer, sid=ended.sid, subject=ended.subject)


class UsedLogoutTokens:
    """Identifiers of redeemed logout tokens, kept as database rows."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def use(self, identifier: str, until: datetime) -> bool:
        """Record the identifier; return whether it was new."""
        return people.first_use(self._session, identifier, until)


@router.post("/sessions/{user_session}/end", name="end-session", dependencies=[Depends(Asks(END_SESSION))])
def end_session(user_session: UUID, actor: SignedIn, session: Writing) -> Response:
    """End one of the person's own sessions, on any device."""
    actions.end_session(session, actor, user_session)
    return RedirectResponse("/account?done=sessions-ended", 303)
