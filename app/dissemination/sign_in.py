"""Sign-in and sign-out of the read path. Sign-ins under way and sessions are encrypted cookies; all that is stored is,
for its remaining minutes, which session has ended (`app.dissemination.ended_sessions`).

A session ends at a sign-out, at the next sign-in of its browser, and when the provider reports a sign-out (OpenID
Connect Back-Channel Logout 1.0). The log states why a sign-in was refused and never whose it was.
"""

from typing import Annotated

import structlog
from anyio import from_thread
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from app.core.errors import DomainError, Unauthenticated, Unavailable
from app.core.i18n import lazy_gettext as _
from app.dissemination.reader_sessions import (
    Reader,
    current_reader,
    delete_session_cookie,
    parse_session_cookie,
    start_reader_session,
)
from app.dissemination.state import ReadPath
from app.domain.identity.models.claims import Claims
from app.http.csrf import verify_csrf
from app.http.downloads import CLEAR_BROWSER_DATA
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.flow import CompletedSignIn
from app.http.oidc.logout import verify_logout_token
from app.http.route_guards import AllowAnyone, RefuseHead
from app.http.sign_in.refusals import SignInRefusal, show_refusal
from app.http.sign_in.sign_out_hint import delete_sign_out_hint, read_sign_out_hint, set_sign_out_hint
from app.http.sign_in.steps import finish_at_callback, redirect_to_provider

router = APIRouter()
log = structlog.get_logger()


@router.get("/sign-in", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def start_sign_in(request: Request, state: ReadPath) -> Response:
    """Redirect to the identity provider."""
    return await redirect_to_provider(state, request)


@router.get("/sign-in/callback", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def finish_sign_in(request: Request, state: ReadPath) -> Response:
    """Verify the answer of the provider, end the session that this browser had, and start the reader session."""

    async def start_session(response: Response, signed_in: CompletedSignIn, claims: Claims) -> None:
        if before := parse_session_cookie(state, request.cookies):
            await run_in_threadpool(state.ended_sessions.end_session, before.id, before.marks)
        sid = signed_in.claims.get("sid")
        start_reader_session(state, response, claims, sid if isinstance(sid, str) else None)
        set_sign_out_hint(state, response, signed_in.id_token, state.session_lifetime)

    return await finish_at_callback(state, request, start_session)


@router.get("/sign-in/refused/{refusal}", dependencies=[Depends(AllowAnyone()), Depends(current_reader)])
async def show_refused_sign_in(request: Request, state: ReadPath, refusal: SignInRefusal) -> Response:
    """Show why a sign-in came to nothing."""
    return show_refusal(state, request, refusal)


async def require_sign_out_form(request: Request, state: ReadPath) -> Reader:
    """FastAPI dependency: the reader in the cookie, who sent the sign-out form made for them.


    Whether the session lives is not asked: a sign-out does no harm twice, and is possible while the database is down.
    Raises Unauthenticated, Forbidden.
    """
    reader = parse_session_cookie(state, request.cookies)
    if reader is None:
        raise Unauthenticated(_("You are no longer signed in."))
    await verify_csrf(request, origin=state.settings.read_url, secret=state.session_secret, person=reader.id)
    return reader


@router.post("/sign-out", dependencies=[Depends(AllowAnyone())])
def end_session(
    request: Request, state: ReadPath, reader: Annotated[Reader, Depends(require_sign_out_form)]
) -> Response:
    """End the session in every process and delete its cookie; then sign out at the provider too, if it offers that."""
    try:
        state.ended_sessions.end_session(reader.id, reader.marks)
    except Unavailable:  # the cookie leaves this browser all the same; a copy of it counts until it expires
        log.error("reader-session-not-ended")
    try:
        hint = read_sign_out_hint(state, request)
        url = from_thread.run(state.provider.end_session_url, state.settings.read_url + "/", hint)
    except DomainError:
        url = None
    response = RedirectResponse(url or "/", 303, CLEAR_BROWSER_DATA)
    delete_session_cookie(state, response)
    delete_sign_out_hint(state, response)
    return response


@router.post("/sign-in/backchannel-logout", dependencies=[Depends(AllowAnyone())])
async def receive_backchannel_logout(state: ReadPath, logout_token: Annotated[str, Form()] = "") -> Response:
    """End the sessions that the provider reports as signed out (OpenID Connect Back-Channel Logout 1.0)."""
    headers = {"Cache-Control": "no-store"}
    try:
        notice = await verify_logout_token(state.provider, logout_token)
        await run_in_threadpool(state.ended_sessions.end_sessions_from_provider, notice)
    except OidcVerificationError as refusal:
        log.warning("logout token refused", cause=refusal.cause)
        return Response(status_code=400, headers=headers)
    return Response(status_code=200, headers=headers)
