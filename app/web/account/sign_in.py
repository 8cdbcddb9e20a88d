"""Sign-in and sign-out over OpenID Connect. The provider is called asynchronously; own records are written in short
transactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import ColumnElement, and_, or_
from starlette.concurrency import run_in_threadpool

from app.core.db import WriteSession, transaction
from app.core.errors import BadRequest, DomainError
from app.core.hashing import derive_secret, hash_secret
from app.core.i18n import lazy_gettext as _
from app.domain.identity.actions import accounts, sessions
from app.domain.identity.models.claims import Claims
from app.domain.identity.models.tables import Person, UserSession
from app.domain.identity.queries import find_session_by_secret, list_person_ids_by_secrets
from app.domain.identity.rules import END_SESSION, SEE_OWN_DASHBOARD
from app.domain.invitations.actions.acceptance import accept_invitations
from app.domain.outputs.rules.approvals import MAX_SIGN_IN_AGE, ApprovalStatement
from app.http.authentication import SignedInGuard, session_cookie_name, set_unguarded_page_context
from app.http.downloads import CLEAR_BROWSER_DATA
from app.http.oidc.errors import OidcVerificationError, SignInExpired
from app.http.oidc.flow import CompletedSignIn
from app.http.oidc.logout import LogoutNotice, verify_logout_token
from app.http.oidc.sealed_cookies import MAX_ATTEMPTS
from app.http.page_context import WriteContext
from app.http.portal_state import Portal, PortalState
from app.http.recent_sign_in import SIGN_IN_AGAIN_PATH
from app.http.route_guards import AllowAnyone, RefuseHead
from app.http.sign_in.refusals import SignInRefusal, show_refusal
from app.http.sign_in.sign_out_hint import delete_sign_out_hint, read_sign_out_hint, set_sign_out_hint
from app.http.sign_in.steps import finish_at_callback, redirect_to_provider
from app.http.templates import SIGNED_IN_AS_ANOTHER
from app.web.forms.parsing import RejectRepeatedFields

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])
log = structlog.get_logger()
MAX_LOGOUT_TOKEN_BYTES = 64 * 1024  # bytes; the endpoint is open to anybody


@router.get("/sign-in", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def start_sign_in(request: Request, portal: Portal) -> Response:
    """Redirect to the identity provider."""
    return await redirect_to_provider(portal, request)


@router.get(SIGN_IN_AGAIN_PATH, dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def start_recent_sign_in(request: Request, portal: Portal) -> Response:
    """Redirect to the identity provider, which asks a person who authenticated too long ago to do so again."""
    policy = portal.recent_sign_in_policy
    hint = await _load_login_hint(portal, request)
    return await redirect_to_provider(
        portal, request, max_age=policy.requested_max_age, acr=policy.acr, login_hint=hint
    )


@router.get("/sign-in/approval", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def start_sign_in_for_approval(request: Request, portal: Portal) -> Response:
    """Redirect to the identity provider for the approval that the page of an output has sealed. Raises BadRequest."""
    content = portal.approval_sealer.unseal(request.query_params.get("approval", ""))
    statement = ApprovalStatement.parse(str(content["statement"])) if content else None
    if content is None or statement is None:
        raise BadRequest(_("This link is valid for only a few minutes. Open the page of the text again."))
    hint = await _load_login_hint(portal, request)
    return await redirect_to_provider(
        portal,
        request,
        next_path=str(content["page"]),
        max_age=int(MAX_SIGN_IN_AGE.total_seconds()),
        acr=portal.recent_sign_in_policy.acr,
        statement=statement.to_json(),
        nonce=statement.nonce,
        login_hint=hint,
    )


async def _load_login_hint(portal: PortalState, request: Request) -> str:
    """Load the address of the person of this browser's session, so that the provider offers their account first."""
    if (secret := request.cookies.get(session_cookie_name(portal))) is None:
        return ""
    async with portal.limiter.acquire_slot(is_writer=False):
        return await run_in_threadpool(_find_address, portal, secret)


def _find_address(portal: PortalState, secret: str) -> str:
    with transaction(portal.read_sessions) as session:
        session_and_person = find_session_by_secret(session, secret, portal.session_limits)
        return session_and_person[1].email if session_and_person else ""


@router.get("/sign-in/callback", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def finish_sign_in(request: Request, portal: Portal) -> Response:
    """Verify the provider's answer, find or create the person, and start or renew a session under a new secret."""

    async def start_session(response: Response, signed_in: CompletedSignIn, claims: Claims) -> None:
        async with portal.limiter.acquire_slot(is_writer=True):  # not while the provider answers
            secret, is_another = await run_in_threadpool(_create_session, portal, request, signed_in, claims)
        if is_another:
            response.headers["Location"] = f"/account?done={SIGNED_IN_AS_ANOTHER}"
        response.set_cookie(session_cookie_name(portal), secret, httponly=True, samesite="lax", secure=portal.is_secure)
        if signed_in.statement:  # its ID token is the proof of an approval, and goes nowhere else
            delete_sign_out_hint(portal, response)
        else:
            set_sign_out_hint(portal, response, signed_in.id_token, portal.session_limits.absolute)

    async def note_refusal() -> None:
        await portal.refusals.note(request, "sign-in")

    return await finish_at_callback(portal, request, start_session, note_refusal)


@router.get("/sign-in/refused/{refusal}", dependencies=[Depends(AllowAnyone())])
async def show_refused_sign_in(request: Request, portal: Portal, refusal: SignInRefusal) -> Response:
    """Show why a sign-in came to nothing."""
    await set_unguarded_page_context(request)
    return show_refusal(portal, request, refusal)


def _create_session(
    portal: PortalState, request: Request, signed_in: CompletedSignIn, claims: Claims
) -> tuple[str, bool]:
    """Create the session; return its secret, and whether it took the place of another person's, who had begun an act.

    A person who signs in again for an act keeps their session, under a new secret. Raises SignInExpired if the state
    was used before, or if the session at the provider has ended meanwhile.
    """
    successive = _list_successive_secrets(portal, request)
    facts = _read_authentication_facts(signed_in)
    secret, is_another = None, False
    with transaction(portal.write_sessions) as session:
        # The state is spent in the database, for all processes, and only after the provider has confirmed the
        # person: unauthenticated visitors cannot add rows.
        if not sessions.mark_single_use_identifier_used(
            session, f"sign-in {signed_in.state_digest}", signed_in.expires_at
        ):
            raise SignInExpired("state")
        if (sid := facts["provider_sid"]) and sessions.has_provider_session_ended(session, claims.issuer, sid):
            raise SignInExpired("ended-at-provider")
        person = sessions.save_person_from_claims(session, claims)
        accept_invitations(session, person, claims)
        if signed_in.max_age is not None:
            secret = sessions.renew_user_session(session, person, successive, portal.session_limits, **facts)
        if secret is None:
            # Of an ended session too: a provider that changes the person signs the one before out first.
            before = set(list_person_ids_by_secrets(session, successive))
            is_another = signed_in.max_age is not None and bool(before - {person.id})
            sessions.end_sessions(session, _is_replaced(successive, person), "signed in again")
            browser = request.headers.get("User-Agent", "")
            secret = sessions.create_user_session(session, person, browser=browser, **facts)[0]
            sessions.end_surplus_sessions(session, person, portal.session_limits)
        if signed_in.statement and not is_another:
            sessions.keep_sign_in_for_approval(
                session, secret, statement=signed_in.statement, id_token=signed_in.id_token
            )
        return secret, is_another


def _is_replaced(successive: Sequence[str], person: Person) -> ColumnElement[bool]:
    """Match the session of the cookie, and, for the same person, one that it has become: an old cookie ends no
    session of another person."""
    first, *later = [hash_secret(each) for each in successive] or [""]
    is_own_later = and_(UserSession.secret_digest.in_(later), UserSession.person_id == person.id)
    return or_(UserSession.secret_digest == first, is_own_later)


def _list_successive_secrets(portal: PortalState, request: Request) -> list[str]:
    """List the secret of the cookie and those that follow it when its person signs in again, as often as there may be
    sign-ins under way in one browser; empty without a cookie.

    Each follows from the one before: if two tabs come back at once with the same cookie, both get the same new one.
    """
    if (secret := request.cookies.get(session_cookie_name(portal))) is None:
        return []
    successive, key = [secret], portal.settings.session_secret.get_secret_value()
    for _ignored in range(MAX_ATTEMPTS):
        successive.append(derive_secret(successive[-1], key=key, purpose="next secret of a session"))
    return successive


class AuthenticationFacts(TypedDict):
    """What a session keeps of the ID token: the session at the provider, and when and how the person authenticated."""

    provider_sid: str | None
    authenticated_at: datetime | None
    acr: str | None


def _read_authentication_facts(signed_in: CompletedSignIn) -> AuthenticationFacts:
    sid = signed_in.claims.get("sid")
    return AuthenticationFacts(
        provider_sid=sid if isinstance(sid, str) else None,
        authenticated_at=signed_in.authenticated_at,
        acr=signed_in.acr,
    )


@router.post("/sign-out", dependencies=[Depends(SignedInGuard(SEE_OWN_DASHBOARD))])
def sign_out(context: WriteContext, everywhere: Annotated[str, Form()] = "") -> Response:
    """End this session, or all sessions of the person, then redirect to the provider's sign-out."""
    if everywhere:
        accounts.end_all_own_sessions(context.session, context.actor)
    else:
        accounts.end_own_session(context.session, context.actor, context.request.state.user_session)
    answer = context.redirect("/sign-out/provider")
    answer.delete_cookie(
        session_cookie_name(context.portal), httponly=True, samesite="lax", secure=context.portal.is_secure
    )
    answer.headers.update(CLEAR_BROWSER_DATA)
    return answer


@router.get("/sign-out/provider", dependencies=[Depends(AllowAnyone()), Depends(RefuseHead())])
async def sign_out_at_provider(request: Request, portal: Portal) -> Response:
    """Redirect to the provider's sign-out page, if it has one. No transaction is open while the provider answers."""
    try:
        hint = read_sign_out_hint(portal, request)
        address = await portal.provider.end_session_url(portal.settings.portal_url + "/", hint)
    except DomainError:
        address = None
    response = RedirectResponse(address or "/", 303)
    delete_sign_out_hint(portal, response)
    return response


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
        async with portal.limiter.acquire_logout_slot():
            await run_in_threadpool(_end_sessions, portal, notice)
    except OidcVerificationError as refusal:
        log.warning("logout token refused", cause=refusal.cause)
        return Response(status_code=400, headers=headers)
    return Response(status_code=200, headers=headers)


def _end_sessions(portal: PortalState, notice: LogoutNotice) -> None:
    with transaction(portal.logout_sessions) as session:
        ended = notice.redeem(UsedLogoutTokenStore(session))
        sessions.end_sessions_from_provider(session, ended.issuer, sid=ended.sid, subject=ended.subject)


class UsedLogoutTokenStore:
    """Identifiers of redeemed logout tokens, kept as database rows."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    def use(self, identifier: str, until: datetime) -> bool:
        """Record the identifier; return whether it was new."""
        return sessions.mark_single_use_identifier_used(self._session, identifier, until)


@router.post("/sessions/{user_session}/end", dependencies=[Depends(SignedInGuard(END_SESSION))])
def end_session(context: WriteContext, user_session: UUID) -> Response:
    """End one of the person's own sessions, on any device."""
    accounts.end_own_session(context.session, context.actor, user_session)
    return context.redirect("/account?done=sessions-ended")
