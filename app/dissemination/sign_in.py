"""Sign-in and sign-out of the read path. Nothing is stored: sign-ins under way and sessions are encrypted cookies.

Hence no back-channel logout (OpenID Connect Back-Channel Logout 1.0): to end the session that the provider names, we
would have to store who has which session. Sessions are short instead and expire. For the same reason the log states why
a sign-in was refused and never whose it was.
"""

from anyio import from_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.errors import DomainError, Unauthenticated
from app.core.i18n import lazy_gettext as _
from app.dissemination.reader_sessions import (
    OptionalReader,
    current_reader,
    end_reader_session,
    start_reader_session,
)
from app.dissemination.state import ReadPath
from app.domain.identity.models.claims import Claims
from app.http.csrf import verify_csrf
from app.http.oidc.flow import CompletedSignIn
from app.http.route_guards import AllowAnyone, RefuseHead
from app.http.sign_in.refusals import SignInRefusal, show_refusal
from app.http.sign_in.sign_out_hint import delete_sign_out_hint, read_sign_out_hint, set_sign_out_hint
from app.http.sign_in.steps import finish_at_callback, redirect_to_provider

router = APIRouter()


@router.get("/sign-in", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def start_sign_in(request: Request, state: ReadPath) -> Response:
    """Redirect to the identity provider."""
    return await redirect_to_provider(state, request)


@router.get("/sign-in/callback", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def finish_sign_in(request: Request, state: ReadPath) -> Response:
    """Verify the answer of the provider and start the reader session."""

    async def start_session(response: Response, signed_in: CompletedSignIn, claims: Claims) -> None:
        start_reader_session(state, response, claims)
        set_sign_out_hint(state, response, signed_in.id_token, state.session_lifetime)

    return await finish_at_callback(state, request, start_session)


@router.get("/sign-in/refused/{refusal}", dependencies=[Depends(AllowAnyone()), Depends(current_reader)])
async def show_refused_sign_in(request: Request, state: ReadPath, refusal: SignInRefusal) -> Response:
    """Show why a sign-in came to nothing."""
    return show_refusal(state, request, refusal)


async def require_sign_out_form(request: Request, state: ReadPath, reader: OptionalReader) -> None:
    """FastAPI dependency: a signed-in reader sent the sign-out form made for them.

    Raises Unauthenticated, Forbidden.
    """
    if reader is None:
        raise Unauthenticated(_("You are not signed in any more."))
    await verify_csrf(request, origin=state.settings.read_url, secret=state.session_secret, person=reader.id)


@router.post("/sign-out", dependencies=[Depends(AllowAnyone()), Depends(require_sign_out_form)])
def end_session(request: Request, state: ReadPath) -> Response:
    """Delete the session cookie; then sign out at the provider too, if it offers that."""
    try:
        hint = read_sign_out_hint(state, request)
        url = from_thread.run(state.provider.end_session_url, state.settings.read_url + "/", hint)
    except DomainError:
        url = None
    response = RedirectResponse(url or "/", 303)
    end_reader_session(state, response)
    delete_sign_out_hint(state, response)
    return response
